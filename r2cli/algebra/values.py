"""What expressions are computed on: spans with scores, and what combining them gives.

A value is a table [N, 3] of float64, one span in each row: start and end in seconds, and a score in [0, 1]. Its *curve*
says for each time the highest score of the spans that hold it, and 0 where there is none.

Axes: N, M, K spans.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Value = NDArray[np.float64]

MOST_SPANS = 5000
"""Of a value, the best; some hours of film hold fewer. It bounds the time that any expression takes."""
SHARED = 0.5
"""Of the shorter span's time: two that share more tell of one event, and the better one stands for both."""
INSIDE = 0.5
"""Of a span's time that must lie in another one for it to happen during that."""
_NOTHING: Value = np.zeros((0, 3))


def make_value(spans: object) -> Value:
    """A value of rows (start, end, score), without spans of no length or of no score."""
    value = np.array(spans, dtype=np.float64).reshape(-1, 3)
    return value[(value[:, 1] > value[:, 0]) & (value[:, 2] > 0)]


def curve_at(value: Value, times: NDArray[np.float64]) -> NDArray[np.float64]:
    """The curve of a value.

    Args:
        value: [N, 3].
        times: [T], seconds, ascending.

    Returns:
        [T]
    """
    curve = np.zeros(len(times))
    for start, end, score in value[np.argsort(value[:, 2], kind="stable")].tolist():
        curve[np.searchsorted(times, start) : np.searchsorted(times, end)] = score
    return curve


def bounded(value: Value) -> Value:
    """The same curve in as few spans as tell it with their own edges: none that lies in another of at least its score.

    Returns:
        [N, 3], best first; no more than `MOST_SPANS`.
    """
    starts: list[float] = []
    ends: list[float] = []
    kept: list[list[float]] = []
    for row in _ordered(value).tolist():
        start, end, _ = row
        place = bisect_right(starts, start)
        if place and ends[place - 1] >= end:
            continue
        first, last = bisect_left(starts, start), bisect_right(ends, end)
        starts[first:last], ends[first:last] = [start], [end]
        kept.append(row)
        if len(kept) == MOST_SPANS:
            break
    return make_value(kept)


def _ordered(value: Value) -> Value:
    """Best first; of equals the earlier, then the longer."""
    return value[np.lexsort((-value[:, 1], value[:, 0], -value[:, 2]))]


def distinct(value: Value) -> Value:
    """One span for each event: none shares more than half of the shorter one's time with a better one.

    Returns:
        [N, 3], best first.
    """
    kept: list[tuple[float, float]] = []  # none lies in another, so that their ends are in order too
    rows: list[list[float]] = []
    for start, end, score in _ordered(value).tolist():
        place = bisect_left(kept, (start, start))
        # Those further away share less with it.
        if not any(_share(start, end, *other) > SHARED for other in kept[max(place - 1, 0) : place + 1]):
            kept.insert(place, (start, end))
            rows.append([start, end, score])
    return make_value(rows)


def _share(start: float, end: float, other_start: float, other_end: float) -> float:
    shared = min(end, other_end) - max(start, other_start)
    return shared / min(end - start, other_end - other_start)


def any_value(one: Value, other: Value) -> Value:
    """What either shows; the curve is the maximum of both."""
    return bounded(np.concatenate((one, other)))


def agreed(
    one: NDArray[np.float64] | float, other: NDArray[np.float64] | float, weights: tuple[float, float] = (1.0, 1.0)
) -> NDArray[np.float64]:
    """How sure two scores are together: their geometric mean, the product on the scale of a single score."""
    first, second = weights
    mean: NDArray[np.float64] = (np.asarray(one) ** first * np.asarray(other) ** second) ** (1 / (first + second))
    return mean


def both_values(one: Value, other: Value, weights: tuple[float, float] = (1.0, 1.0)) -> Value:
    """What spans of both share; the curve is `agreed` of both."""
    return _shared(one, other, lambda score, scores: agreed(score, scores, weights))


def limited(one: Value, other: Value) -> Value:
    """What spans of both share; the curve is the minimum of both."""
    return _shared(one, other, np.minimum)


def _shared(one: Value, other: Value, scored: Callable[[float, NDArray[np.float64]], NDArray[np.float64]]) -> Value:
    found = [_NOTHING]
    for start, end, score in one.tolist():
        starts, ends = np.maximum(other[:, 0], start), np.minimum(other[:, 1], end)
        shared = ends > starts
        found.append(np.column_stack((starts[shared], ends[shared], scored(score, other[shared, 2]))))
    return bounded(np.concatenate(found))


def opposite(value: Value, duration: float, level: float) -> Value:
    """When a value is not there: every stretch of a film in which its curve stays below a score.

    Args:
        value: [N, 3].
        duration: Of the film, seconds.
        level: The score from which on something counts as there; see `possible`.

    Returns:
        [M, 3]; all of them score one.
    """
    found, clock = [], 0.0
    there = value[value[:, 2] >= level]
    for start, end, _ in there[np.argsort(there[:, 0])].tolist():
        found.append((clock, start, 1.0))
        clock = max(clock, end)
    return make_value([*found, (clock, duration, 1.0)])


def possible(level: float) -> float:
    """The score from which on something may be there, if at a level it is as likely there as not: half those odds."""
    return level / (2 - level)
