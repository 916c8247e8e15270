"""Why a moment has its score, in words and in two small tables."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType

from r2cli.explanation import ClipFacts, Explanation
from r2cli.findings import Moment
from r2cli.present.layout import NameTable
from r2cli.present.text import visible
from r2cli.timecode import format_time

_CLIPS = (
    "Its best clips: saliency as in the curve, how sure the model is at best that a moment is there (0 to 1), and how "
    "well the clip, as the model sees it, fits the query (-1 to 1):"
)
_LAYERS = (
    "The model goes through CLIP from its last layer, which knows things, to earlier ones, which know shapes: how much "
    "of each it takes in (its own way, whatever the query), and how well the layer fits the query, in the moment and "
    "elsewhere:"
)
_MOST_CLIPS = 10
"""Rows; of a longer moment they are its best clips, in order of time."""


def explanation_parts(told: Explanation) -> list[RenderableType]:
    """What to show below the table of moments, each part after an empty line."""
    parts: list[RenderableType] = ["", " ".join(_sentences(told)), "", _CLIPS, _clip_table(_shown(told.clips))]
    return [*parts, "", _LAYERS, _layer_table(told)] if told.layers else parts


def _sentences(told: Explanation) -> list[str]:
    """The way of the score, from what the model said to what was shown."""
    start, end = map(format_time, told.window)
    said = [
        f'Moment {told.rank} ({_span(told.moment)} of {visible(str(told.video))}) matches "{visible(told.query)}" with '
        f"{told.moment.score:.2f}.",
        f"The model, which saw {start} to {end} at once, gave it {told.said:.2f}.",
    ]
    if told.kept < told.said:
        said.append(f"Better moments that share some of its time leave {told.kept:.2f} of that.")
    if told.similarity is not None:
        said.append(_similarity(told))
    gap, threshold = told.moment.score - told.threshold, f"{told.threshold:.2f}"
    said.append(f"A moment must reach {threshold} to be shown: it has {gap:.2f} more.")
    return [*said, *_rivals(told)]


def _similarity(told: Explanation) -> str:
    assert told.similarity is not None
    one, score = told.similarity, told.moment.score
    way = "raises" if score > told.kept else "lowers" if score < told.kept else "leaves"
    more = "more" if one.value > one.level else "less" if one.value < one.level else "no more"
    return (
        f"CLIP, which compares single pictures with the query, finds most of it at {format_time(one.time)}: "
        f"{one.value:.3f}, {more} than the {one.level:.3f} that would change nothing, which {way} the score "
        f"{'at' if way == 'leaves' else 'to'} {score:.2f}."
    )


def _rivals(told: Explanation) -> list[str]:
    following, elsewhere = told.following, told.elsewhere
    if following is None:
        return ["The model saw no other moment below it."]
    said = [f"The next one in the ranking, {_span(following)}, has {_compared(following, told.moment)}."]
    if elsewhere is None:
        said.append("None lies elsewhere in the video.")
    elif elsewhere != following:
        said.append(f"The best one elsewhere, {_span(elsewhere)}, has {_compared(elsewhere, told.moment)}.")
    return said


def _compared(other: Moment, moment: Moment) -> str:
    gap = moment.score - other.score
    return f"{other.score:.2f}, {abs(gap):.2f} {'less' if gap >= 0 else 'more'}"


def _shown(clips: Sequence[ClipFacts]) -> list[ClipFacts]:
    best = sorted(clips, key=lambda clip: -clip.saliency)[:_MOST_CLIPS]
    return sorted(best, key=lambda clip: clip.time)


def _clip_table(clips: Sequence[ClipFacts]) -> NameTable:
    is_traced = any(clip.certainty is not None for clip in clips)
    table = NameTable(("clip at", "saliency", "model sure", "fits query")[: 4 if is_traced else 2])
    for clip in clips:
        traced = [_figure(clip.certainty), _figure(clip.fit)] if is_traced else []
        table.add_row([format_time(clip.time), _figure(clip.saliency), *traced])
    return table


def _layer_table(told: Explanation) -> NameTable:
    table = NameTable(("CLIP's layer", "taken in", "fits in moment", "elsewhere"), left=("CLIP's layer",))
    for one in told.layers:
        name = "last" if one.layer == 1 else f"last - {one.layer - 1}"
        table.add_row([name, f"{one.gate:.0%}", _figure(one.inside), _figure(one.outside)])
    return table


def _span(moment: Moment) -> str:
    return f"{format_time(moment.start)} - {format_time(moment.end)}"


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
