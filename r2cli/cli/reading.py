"""How a command reads videos: its options put together, and what there is to say about it afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from r2cli.cli.options import Looking, LookingOnce
from r2cli.errors import CommandLineError

if TYPE_CHECKING:
    from r2cli.memory import Reading, ReadingReport

_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}", re.ASCII)


def make_reading(looking: Looking) -> Reading:
    """Put the options for reading together.

    Raises:
        CommandLineError: `hwaccel` can be no name.
    """
    from r2cli.memory import Reading

    if not _NAME.fullmatch(looking.hwaccel):
        raise CommandLineError(
            f"--hwaccel {looking.hwaccel!r} is no way of decoding",
            "as in: --hwaccel cuda; r2 doctor lists what FFmpeg has",
        )
    cache = not (isinstance(looking, LookingOnce) and looking.no_cache)
    return Reading(sampling=looking.sampling, hwaccel=looking.hwaccel, cache=cache)


def reading_note(reports: Iterable[ReadingReport]) -> str:
    """What spared work while videos were read, in a line; empty where nothing did."""
    known = list(reports)
    clips, cached, reused = (sum(getattr(report, name) for report in known) for name in ("clips", "cached", "reused"))
    said = []
    if cached:
        said.append("read from the cache" if cached == clips else f"{cached} of {clips} clips were in the cache")
    if reused:
        said.append(f"{reused} of {clips} pictures looked like the one before, and were not looked at again")
    return "; ".join(said)
