"""The tables of highlights and of what a summary plays."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from r2cli.findings import Highlight, Highlights, Summary, ranked
from r2cli.present.table import curve_lines
from r2cli.present.text import visible
from r2cli.timecode import format_time


def highlight_table(found: Sequence[Highlights]) -> Table:
    """The best stretches of all videos in one ranking."""
    several = len(found) > 1
    table = _table("rank", "start", "end", "score", "peak")
    if several:
        table.add_column("video", overflow="fold")
    for rank, (one, source) in enumerate(ranked(found), start=1):
        peak = format_time(one.peak) if isinstance(one, Highlight) else ""
        cells = [str(rank), format_time(one.start), format_time(one.end), f"{one.score:.2f}", peak]
        table.add_row(*cells, *([Text(visible(str(source.video.path)))] if several else []))
    return table


def highlight_curves(found: Sequence[Highlights], *, unicode: bool = True) -> list[str]:
    """A curve for each video in which something stands out, with its name where there are several."""
    names = [f"  {visible(str(one.video.path))}" if len(found) > 1 else "" for one in found]
    return [line + name for one, name in zip(found, names, strict=True) for line in curve_lines([one], unicode=unicode)]


def summary_table(summary: Summary) -> Table:
    """What a summary plays, in order: when, what of the video, and why."""
    table = _table("at", "start", "end", "score")
    table.add_column("why", overflow="fold")
    at = 0.0
    played = [(shot.played, shot) for shot in summary.shots if shot.played is not None]
    for (start, end), shot in sorted(played, key=lambda pair: pair[0]):
        table.add_row(format_time(at), format_time(start), format_time(end), f"{shot.score:.2f}", shot.reason)
        at += end - start
    return table


def _table(*headers: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    for header in headers:
        table.add_column(header, justify="right", no_wrap=True)
    return table
