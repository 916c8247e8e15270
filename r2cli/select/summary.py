"""Which shots tell a video in less time: the standard protocol (Zhang et al., ECCV 2016), and an exact length."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from r2cli.findings import Shot
from r2cli.select.knapsack import pack
from r2cli.select.timeline import EPSILON, Timeline
from r2cli.timecode import format_time

SAME = 0.95
"""Cosine of two shots' mean embeddings from which one repeats the other."""
SHORTEST_PART = 2.0
"""Seconds: less of a shot than that is a flash, and only shown where nothing else is left."""
_FINEST, _MOST_UNITS = 0.001, 20_000
"""Seconds of the knapsack's unit at least, and how many of them its capacity has at most."""

TAKEN = "among the best that fit"
PART = "its best part, to fill the time that was left"
FILLER = "repeats another shot, but there was time left"
LESS = "worth less for its time than what was taken"
TOO_LONG = "longer than the whole summary"
WHOLE = "everything is shown"


def choose_shots(
    spans: Sequence[tuple[int, int]],
    timeline: Timeline,
    embeddings: NDArray[np.float32],
    length: float,
    *,
    edges: Sequence[float] | None = None,
    among: Collection[int] | None = None,
) -> list[Shot]:
    """Choose what a summary plays.

    The set of whole shots that is worth most is found exactly; a shot is worth its mean saliency times its length, and
    one that looks like a better one is worth nothing. What is then left of the time is filled with the best part of the
    next best shot, or, if it is too little for that, by letting a chosen shot last longer.

    Args:
        spans: First clip and the one after the last of every shot, in order.
        timeline: Of the video; nowhere below 0.
        embeddings: [T, E], of unit length.
        length: Seconds to fill; what is played adds up to this, or to the video if that is shorter.
        edges: When the first shot begins, and when each ends, in seconds; None: where clips do.
        among: Places of shots that come before all others: those chosen while edges were less sharp. None: all.

    Returns:
        Every shot, in order of time.
    """
    edges = edges_of(spans, timeline) if edges is None else edges
    shots = [_shot(timeline, start, end) for start, end in zip(edges, edges[1:], strict=False)]
    if length >= timeline.duration - EPSILON:
        return [replace(shot, reason=WHOLE, played=(shot.start, shot.end)) for shot in shots]
    originals = find_repeats([shot.score for shot in shots], spans, embeddings)
    shots = [_with_reason(shot, shots, original, length) for shot, original in zip(shots, originals, strict=True)]
    preferred = range(len(shots)) if among is None else among
    distinct = [place for place, original in enumerate(originals) if original is None and place in preferred]
    for place in _pack(shots, distinct, length):
        shots[place] = replace(shots[place], reason=TAKEN, played=(shots[place].start, shots[place].end))

    def rank(place: int) -> tuple[bool, bool, float, int]:
        return place not in preferred, originals[place] is not None, -shots[place].score, place

    order = sorted(range(len(shots)), key=rank)
    _fill(shots, order, originals, timeline, length)
    _stretch(shots, timeline, length)
    return shots


def edges_of(spans: Sequence[tuple[int, int]], timeline: Timeline) -> list[float]:
    """When the first shot begins, and when each ends, in seconds, as far as clips tell."""
    return [float(timeline.edges[clip]) for clip in (0, *(stop for _, stop in spans))]


def _shot(timeline: Timeline, start: float, end: float) -> Shot:
    return Shot(start, end, timeline.score(start, end), LESS)


def _with_reason(shot: Shot, shots: Sequence[Shot], original: int | None, length: float) -> Shot:
    if original is not None:
        return replace(shot, reason=f"looks like the better one at {format_time(shots[original].start)}")
    return replace(shot, reason=TOO_LONG if shot.end - shot.start > length + EPSILON else LESS)


def find_repeats(
    scores: Sequence[float], spans: Sequence[tuple[int, int]], embeddings: NDArray[np.float32]
) -> list[int | None]:
    """For every shot the best-rated one that it looks like, if that is not itself.

    A shot does not repeat the one that it follows on or that follows on it: that is the same scene going on.

    Args:
        scores: One per shot.
        spans: Clips of the shots.
        embeddings: [T, E].
    """
    means = np.stack([embeddings[first:stop].astype(np.float64).mean(axis=0) for first, stop in spans])
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), EPSILON)
    originals: list[int | None] = [None] * len(spans)
    kept: list[int] = []
    for place in sorted(range(len(spans)), key=lambda place: (-scores[place], place)):
        alike = np.where(np.abs(np.subtract(kept, place)) > 1, means[kept] @ means[place], -1.0)
        if kept and alike.max() >= SAME:
            originals[place] = kept[int(alike.argmax())]
        else:
            kept.append(place)
    return originals


def _pack(shots: Sequence[Shot], distinct: Sequence[int], length: float) -> list[int]:
    unit = max(_FINEST, length / _MOST_UNITS)
    weights = [max(1, math.ceil((shots[p].end - shots[p].start) / unit - EPSILON)) for p in distinct]
    chosen = pack([shots[place].value for place in distinct], weights, int(length / unit + EPSILON))
    return [distinct[number] for number in chosen]


def _left(shots: Sequence[Shot], length: float) -> float:
    return length - sum(shot.played[1] - shot.played[0] for shot in shots if shot.played)


def _fill(
    shots: list[Shot], order: Sequence[int], originals: Sequence[int | None], timeline: Timeline, length: float
) -> None:
    """Show parts of further shots while there is time for more than a flash."""
    for place in order:
        left, shot = _left(shots, length), shots[place]
        is_empty = all(one.played is None for one in shots)
        if left <= EPSILON or (left < SHORTEST_PART and not is_empty):
            return
        if shot.played is None:
            played = _best_part(timeline, shot, left)
            shots[place] = replace(shot, reason=PART if originals[place] is None else FILLER, played=played)


def _best_part(timeline: Timeline, shot: Shot, length: float) -> tuple[float, float]:
    if shot.end - shot.start <= length:
        return shot.start, shot.end
    starts = timeline.starts(shot.start, shot.end, length)
    best = float(starts[int(np.round(timeline.mean(starts, starts + length), 9).argmax())])
    return best, best + length


def _stretch(shots: list[Shot], timeline: Timeline, length: float) -> None:
    """Let what is played end later or begin sooner, whichever shows more, the best first, until the time is filled."""
    for place in sorted(range(len(shots)), key=lambda place: (-shots[place].score, place)):
        left, played = _left(shots, length), shots[place].played
        if left <= EPSILON:
            return
        if played is None:
            continue
        others = [one.played for one in shots if one.played and one.played != played]
        behind = min((start for start, _ in others if start >= played[1] - EPSILON), default=timeline.duration)
        before = max((end for _, end in others if end <= played[0] + EPSILON), default=0.0)
        end, start = min(played[1] + left, behind), max(played[0] - left, before)
        if timeline.score(start, played[0]) > timeline.score(played[1], end):
            end = min(played[1] + left - (played[0] - start), behind)
        else:
            start = max(played[0] - (left - (end - played[1])), before)
        shots[place] = replace(shots[place], played=(start, end))
