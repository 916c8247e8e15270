"""The table of written clips."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from r2cli.files import readable_size
from r2cli.present.layout import NameTable
from r2cli.present.links import linked
from r2cli.present.text import visible
from r2cli.timecode import format_time

if TYPE_CHECKING:
    from r2cli.cuts import Clip, Reel

_DECIMALS = 3
"""Milliseconds tell pictures apart."""


def clip_table(clips: Sequence[Clip]) -> NameTable:
    """Each clip with the times that were asked for and those that it really has."""
    table = NameTable(("rank", "asked", "actual", "cut"), ("clip",), left=("asked", "actual", "cut"))
    for clip in clips:
        cells = [str(clip.rank), _span(clip.asked_start, clip.asked_end), _span(clip.start, clip.end), clip.mode.value]
        table.add_row(cells, [linked(clip.path)])
    return table


def reel_table(reel: Reel) -> NameTable:
    """Each part of a reel: when it begins, and what it shows."""
    several = len({part.video for part in reel.parts}) > 1
    headers = ("at", "asked", "actual")
    table = NameTable(headers, ("video",) * several, left=headers)
    for part in reel.parts:
        cells = [format_time(part.at, _DECIMALS), _span(part.asked_start, part.asked_end), _span(part.start, part.end)]
        table.add_row(cells, [linked(part.video)] * several)
    return table


def reel_line(reel: Reel) -> Text:
    """A reel in a line: where it is, how long, and its format."""
    rate = f"{float(reel.rate):.2f}".rstrip("0").rstrip(".")
    shape = f"{reel.width}x{reel.height}, {rate} pictures per second"
    return Text.assemble(linked(reel.path), f": {format_time(reel.duration, _DECIMALS)}, {shape}")


def trial_lines(films: Iterable[tuple[Path, float, float]]) -> list[str]:
    """Films that would be written, in a line together, then the name of each.

    Args:
        films: Path; seconds; bytes, about.
    """
    known = list(films)
    files = "1 file" if len(known) == 1 else f"{len(known)} files"
    seconds, size = sum(one[1] for one in known), sum(one[2] for one in known)
    names = (f"  {visible(str(path))}  {format_time(length)}" for path, length, _ in known)
    return [f"would write {files}, {seconds:.0f} s, about {readable_size(size)}:", *names]


def _span(start: float, end: float) -> str:
    return f"{format_time(start, _DECIMALS)} - {format_time(end, _DECIMALS)}"
