"""The table of moments, and under it a curve per video."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from r2cli.findings import Findings, ranked
from r2cli.present.curve import ASCII_BARS, UNICODE_BARS, draw_curve
from r2cli.present.text import visible
from r2cli.timecode import format_time

CURVE_WIDTH = 60


def moment_table(findings: Sequence[Findings]) -> Table:
    """Moments of all videos in one ranking, best first; which video is said where there are several."""
    several = len(findings) > 1
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    for header in ("rank", "start", "end", "score"):
        table.add_column(header, justify="right", no_wrap=True)
    if several:
        table.add_column("video", overflow="fold")
    for rank, (moment, found) in enumerate(ranked(findings), start=1):
        cells = [str(rank), format_time(moment.start), format_time(moment.end), f"{moment.score:.2f}"]
        # Text, not str: a name may look like markup
        table.add_row(*cells, *([Text(visible(str(found.video.path)))] if several else []))
    return table


def curve_line(found: Findings, *, name_it: bool, unicode: bool = True) -> str:
    """Saliency over one video in a line, between its first and its last second.

    Args:
        found: What was found in the video.
        name_it: Whether to say which video it is.
        unicode: Whether block characters can be shown.
    """
    curve = draw_curve(found.saliency, CURVE_WIDTH, UNICODE_BARS if unicode else ASCII_BARS)
    line = f"{format_time(0)} {curve} {format_time(found.video.duration)}"
    peak = max(clip.score for clip in found.saliency)
    name = f"  {visible(str(found.video.path))}" if name_it else ""
    return f"{line}  peak {peak:.2f}{name}"
