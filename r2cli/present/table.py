"""The table of moments, and under it a curve per video and query."""

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
    """Moments of all videos and queries in one ranking, best first.

    Which video and which query a row is about is said where there are several. With several queries the rows of each
    stand together, in the order of the queries; the rank is the place among all, as `r2 cut --ranks` takes it.
    """
    queries = list(dict.fromkeys(found.query for found in findings))
    several_queries, several_videos = len(queries) > 1, len(findings) > len(queries)
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    for header in ("rank", "start", "end", "score"):
        table.add_column(header, justify="right", no_wrap=True)
    for header, is_needed in (("query", several_queries), ("video", several_videos)):
        if is_needed:
            table.add_column(header, overflow="fold")
    rows = list(enumerate(ranked(findings), start=1))
    for rank, (moment, found) in sorted(rows, key=lambda row: queries.index(row[1][1].query)):
        cells = [str(rank), format_time(moment.start), format_time(moment.end), f"{moment.score:.2f}"]
        names = [found.query] * several_queries + [str(found.video.path)] * several_videos
        # Text, not str: a name may look like markup
        table.add_row(*cells, *(Text(visible(name)) for name in names))
    return table


def curve_lines(findings: Sequence[Findings], *, unicode: bool = True) -> list[str]:
    """A curve for each in which something was found, with the name of what tells it from the others.

    Args:
        findings: One per video and query.
        unicode: Whether block characters can be shown.
    """
    queries = {found.query for found in findings}
    several_queries, several_videos = len(queries) > 1, len(findings) > len(queries)
    lines = []
    for found in findings:
        names = [f'"{visible(found.query)}"'] * several_queries + [visible(str(found.video.path))] * several_videos
        if found.moments:
            lines.append("  ".join([_curve(found, unicode=unicode), *names]))
    return lines


def _curve(found: Findings, *, unicode: bool) -> str:
    """Saliency over one video in a line, between its first and its last second."""
    curve = draw_curve(found.saliency, CURVE_WIDTH, UNICODE_BARS if unicode else ASCII_BARS)
    peak = max(clip.score for clip in found.saliency)
    return f"{format_time(0)} {curve} {format_time(found.video.duration)}  peak {peak:.2f}"
