"""The table of moments, and under it a curve per video and query."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from r2cli.findings import Findings, ranked
from r2cli.present.curve import ASCII_BARS, UNICODE_BARS, draw_curve, moment_drawer
from r2cli.present.layout import NameTable
from r2cli.present.links import linked
from r2cli.present.text import visible
from r2cli.timecode import format_time

CURVE = "curve"
CURVE_WIDTH = 60
_NARROWEST = 20
"""Columns of a curve, unless the terminal leaves less."""
ANY_WIDTH = 10_000
"""Columns of an output that is not a terminal: nothing is ever wrapped or cut for a file or a pipe."""


def moment_table(findings: Sequence[Findings], *, unicode: bool = True) -> NameTable:
    """Moments of all videos and queries in one ranking, best first, each with its curve where there is room for them.

    Which video and which query a row is about is said where there are several. With several queries the rows of each
    stand together, in the order of the queries; the rank is the place among all, as `r2 cut --ranks` takes it.

    Args:
        findings: One per video and query.
        unicode: Whether block characters can be shown.
    """
    queries = list(dict.fromkeys(found.query for found in findings))
    several_queries, several_videos = len(queries) > 1, len(findings) > len(queries)
    headers, names = (
        ("rank", "start", "end", "score", CURVE),
        ("query",) * several_queries + ("video",) * several_videos,
    )
    table = NameTable(headers, names, spare=1)
    draw = {id(found): moment_drawer(found, unicode=unicode) for found in findings}
    rows = list(enumerate(ranked(findings), start=1))
    for rank, (moment, found) in sorted(rows, key=lambda row: queries.index(row[1][1].query)):
        cells = [str(rank), format_time(moment.start), format_time(moment.end), f"{moment.score:.2f}"]
        cells.append(draw[id(found)](moment))
        queried, video = [visible(found.query)] * several_queries, [linked(found.video.path)] * several_videos
        table.add_row(cells, [*queried, *video])
    return table


def curve_lines(findings: Sequence[Findings], *, unicode: bool = True, columns: int = ANY_WIDTH) -> list[str]:
    """A curve for each in which something was found, with the name of what tells it from the others.

    Args:
        findings: One per video and query.
        unicode: Whether block characters can be shown.
        columns: Of the terminal.
    """
    queries = {found.query for found in findings}
    several_queries, several_videos = len(queries) > 1, len(findings) > len(queries)
    lines = []
    for found in findings:
        names = [visible(found.asked)] * several_queries + [visible(str(found.video.path))] * several_videos
        if found.moments:
            lines += curve_of(found, names, unicode=unicode, columns=columns)
    return lines


def curve_of(found: Findings, names: Sequence[str], *, unicode: bool, columns: int) -> list[str]:
    """Saliency over one video between its first and its last second, and its peak; names below, where they must."""
    first, last = format_time(0), format_time(found.video.duration)
    peak = max(clip.score for clip in found.saliency)
    rest = "  ".join([f"peak {peak:.2f}", *names])
    room = columns - len(f"{first}  {last}")
    beside = room - 2 - cell_len(rest)
    width = min(CURVE_WIDTH, beside if beside >= _NARROWEST else room)
    line = f"{first} {draw_curve(found.saliency, width, UNICODE_BARS if unicode else ASCII_BARS)} {last}"
    return [f"{line}  {rest}"] if beside >= _NARROWEST else [line, f"  {rest}"]
