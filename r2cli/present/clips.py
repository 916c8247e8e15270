"""The table of written clips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from r2cli.present.text import visible
from r2cli.timecode import format_time

if TYPE_CHECKING:
    from r2cli.findings import Clip, Reel

_DECIMALS = 3
"""Milliseconds tell pictures apart."""


def clip_table(clips: Sequence[Clip]) -> Table:
    """Each clip with the times that were asked for and those that it really has."""
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    for header in ("rank", "asked", "actual", "cut"):
        table.add_column(header, justify="right" if header == "rank" else "left", no_wrap=True)
    table.add_column("clip", overflow="fold")
    for clip in clips:
        cells = [str(clip.rank), _span(clip.asked_start, clip.asked_end), _span(clip.start, clip.end), clip.mode.value]
        table.add_row(*cells, Text(visible(str(clip.path))))
    return table


def reel_table(reel: Reel) -> Table:
    """Each part of a reel: when it begins, and what it shows."""
    several = len({part.video for part in reel.parts}) > 1
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    for header in ("at", "asked", "actual"):
        table.add_column(header, no_wrap=True)
    if several:
        table.add_column("video", overflow="fold")
    for part in reel.parts:
        cells = [format_time(part.at, _DECIMALS), _span(part.asked_start, part.asked_end), _span(part.start, part.end)]
        table.add_row(*cells, *([Text(visible(str(part.video)))] if several else []))
    return table


def reel_line(reel: Reel) -> str:
    """A reel in a line: where it is, how long, and its format."""
    rate = f"{float(reel.rate):.2f}".rstrip("0").rstrip(".")
    shape = f"{reel.width}x{reel.height}, {rate} pictures per second"
    return f"{visible(str(reel.path))}: {format_time(reel.duration, _DECIMALS)}, {shape}"


def _span(start: float, end: float) -> str:
    return f"{format_time(start, _DECIMALS)} - {format_time(end, _DECIMALS)}"
