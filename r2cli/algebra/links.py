"""One thing after another: spans of two values that stand in some relation in time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from r2cli.algebra.values import INSIDE, SHARED, Value, agreed, bounded, make_value

Places = NDArray[np.intp]
Weights = tuple[float, float]
EQUAL = (1.0, 1.0)
Test = Callable[[Value, list[float]], NDArray[np.bool_]]


def following(one: Value, other: Value, reach: float | None, slack: float, weights: Weights = EQUAL) -> Value:
    """From the start of a span to the end of the next one of the other value, for each two that are neighbours.

    Two are neighbours if between them there is none that scores as high as the lower of the two: neither a span of the
    first value that ends later and is followed by the second, nor one of the second that follows the first and begins
    earlier.

    Args:
        one: [N, 3].
        other: [M, 3].
        reach: Seconds from the end of the first to the start of the second, at most; None: any.
        slack: Seconds by which they may overlap.
        weights: Of the two scores.

    Returns:
        [K, 3], scored by `agreed`.
    """
    later = other[np.lexsort((other[:, 1], other[:, 0]))]
    pairs = [(place, after, _levels(later[after, 2])) for place, after in _pairs(one, later, reach, slack)]
    before: dict[int, list[tuple[float, float]]] = {}
    for place, after, _ in pairs:
        for index in after.tolist():
            before.setdefault(index, []).append((float(one[place, 1]), float(one[place, 2])))
    found = []
    for place, after, levels in pairs:
        start, end, score = one[place].tolist()
        for index, between in zip(after.tolist(), levels.tolist(), strict=True):
            stop, other_score = later[index, 1:].tolist()
            lower = min(score, other_score)
            nearer = max((level for ending, level in before[index] if ending > end), default=0.0)
            if max(between, nearer) < lower:
                found.append((start, stop, float(agreed(score, other_score, weights))))
    return bounded(make_value(found))


def _pairs(one: Value, later: Value, reach: float | None, slack: float) -> Iterator[tuple[int, Places]]:
    """The place of each span of the first value, with the places of all that follow it."""
    for place, span in enumerate(one.tolist()):
        after = np.flatnonzero(follows(later, span, reach, slack))
        if len(after):
            yield place, after


def _levels(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """The highest score before each, in order of time."""
    return np.concatenate(([0.0], np.maximum.accumulate(scores)[:-1]))


def follows(spans: Value, first: list[float], reach: float | None, slack: float) -> NDArray[np.bool_]:
    """Which spans come after one: they begin at its end, or later, and end later.

    They may overlap by the slack, if that is no more than half of the shorter one.
    """
    start, end, _ = first
    gap, shorter = spans[:, 0] - end, np.minimum(spans[:, 1] - spans[:, 0], end - start)
    return (gap >= -np.minimum(slack, SHARED * shorter)) & (gap <= (math.inf if reach is None else reach))


def during(spans: Value, first: list[float]) -> NDArray[np.bool_]:
    """Which spans hold at least half of one."""
    start, end, _ = first
    shared = np.minimum(spans[:, 1], end) - np.maximum(spans[:, 0], start)
    return shared >= INSIDE * (end - start)


def near(spans: Value, first: list[float], reach: float | None) -> NDArray[np.bool_]:
    """Which spans are no further from one than so many seconds, on either side."""
    start, end, _ = first
    gap = np.maximum(spans[:, 0] - end, start - spans[:, 1])
    return gap <= (math.inf if reach is None else reach)


def chosen(one: Value, other: Value, test: Test, weights: Weights = EQUAL) -> Value:
    """The spans of one value for which there is one of another, scored by `agreed` with the best of those.

    Args:
        one: [N, 3].
        other: [M, 3].
        test: Which of the other's spans stand in the relation to one.
        weights: Of the two scores.

    Returns:
        [K, 3]
    """
    scores = agreed(one[:, 2], _best(one, other, test), weights)
    return bounded(make_value(np.column_stack((one[:, :2], scores))))


def alone(one: Value, other: Value, test: Test, level: float) -> Value:
    """The spans of one value for which there is none of another that scores so much."""
    return one[_best(one, other, test) < level]


def _best(one: Value, other: Value, test: Test) -> NDArray[np.float64]:
    return np.array([float(other[test(other, span), 2].max(initial=0.0)) for span in one.tolist()])
