"""The tables of highlights and of what a summary plays."""

from __future__ import annotations

from collections.abc import Sequence

from r2cli.findings import Highlight, Highlights, Summary, ranked
from r2cli.present.curve import moment_drawer
from r2cli.present.layout import NameTable
from r2cli.present.links import linked
from r2cli.present.table import ANY_WIDTH, CURVE, curve_of
from r2cli.present.text import visible
from r2cli.timecode import format_time


def highlight_table(found: Sequence[Highlights], *, unicode: bool = True) -> NameTable:
    """The best stretches of all videos in one ranking, each with its curve where there is room for them."""
    several = len(found) > 1
    headers = ("rank", "start", "end", "score", "peak", CURVE)
    table = NameTable(headers, ("video",) * several, spare=1)
    draw = {id(one): moment_drawer(one, unicode=unicode) for one in found}
    for rank, (one, source) in enumerate(ranked(found), start=1):
        peak = format_time(one.peak) if isinstance(one, Highlight) else ""
        cells = [str(rank), format_time(one.start), format_time(one.end), f"{one.score:.2f}", peak]
        cells.append(draw[id(source)](one))
        table.add_row(cells, [linked(source.video.path)] * several)
    return table


def highlight_curves(found: Sequence[Highlights], *, unicode: bool = True, columns: int = ANY_WIDTH) -> list[str]:
    """A curve for each video in which something stands out, with its name where there are several."""
    several = len(found) > 1
    return [
        line
        for one in found
        if one.moments
        for line in curve_of(one, [visible(str(one.video.path))] * several, unicode=unicode, columns=columns)
    ]


def summary_table(summary: Summary) -> NameTable:
    """What a summary plays, in order: when, what of the video, and why."""
    table = NameTable(("at", "start", "end", "score"), ("why",))
    best_first = sorted(summary.shots, key=lambda shot: (-shot.score, shot.start))
    place_of = {shot.start: place for place, shot in enumerate(best_first, start=1)}
    at = 0.0
    played = [(shot.played, shot) for shot in summary.shots if shot.played is not None]
    for (start, end), shot in sorted(played, key=lambda pair: pair[0]):
        table.add_row(
            [*map(format_time, (at, start, end)), f"{shot.score:.2f}"],
            [f"{_nth(place_of[shot.start])} of {len(best_first)}; {shot.reason}"],
        )
        at += end - start
    return table


def _nth(place: int) -> str:
    """A place among the best, in words: the best, the 2nd best."""
    if place == 1:
        return "the best"
    tail = {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th") if place // 10 % 10 != 1 else "th"
    return f"{place}{tail} best"
