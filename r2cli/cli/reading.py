"""How a command reads videos: its options put together, and what there is to say about it afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterable

from r2cli.cli.options import Way
from r2cli.errors import CommandLineError
from r2cli.memory import Reading, ReadingReport

_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}", re.ASCII)


def make_reading(sampling: Way, hwaccel: str, *, no_cache: bool = False) -> Reading:
    """Put the options for reading together.

    Raises:
        CommandLineError: `hwaccel` can be no name.
    """
    if not _NAME.fullmatch(hwaccel):
        raise CommandLineError(
            f"--hwaccel {hwaccel!r} is no way of decoding", "as in: --hwaccel cuda; r2 doctor lists what FFmpeg has"
        )
    return Reading(sampling=sampling.value, hwaccel=hwaccel, cache=not no_cache)


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
