"""Spans of time: by how much they overlap, and which of them stay.

Axes: N spans · M pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

_HAIR = 1e-6
"""Seconds; more than what rounding adds to a time."""
_AT_ONCE = 1 << 18
"""Pairs that are looked at in one step; bounds the memory."""


def overlap(start: Floats | float, end: Floats | float, starts: Floats, ends: Floats) -> Floats:
    """Intersection over union of one span with many, or of pairs of spans; spans of no length overlap nothing."""
    shared = (np.minimum(end, ends) - np.maximum(start, starts)).clip(0)
    union = (end - start) + (ends - starts) - shared
    share: Floats = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return share


def keep_best(
    starts: Floats,
    ends: Floats,
    least: float,
    *,
    may_drop: Callable[[Places, Places], NDArray[np.bool_]] | None = None,
) -> NDArray[np.bool_]:
    """Drop every span that a better one overlaps; what is dropped drops nothing itself.

    Args:
        starts: [N], seconds; of the best span first.
        ends: [N].
        least: Overlap (intersection over union) from which on a span is dropped; more than 0.
        may_drop: Says of pairs, [M] places of better and [M] of worse spans, which are compared at all; None: all.

    Returns:
        [N], True where a span stays.
    """
    stays = [True] * len(starts)
    dropped_by: dict[int, list[int]] = {}
    for one, other in _meeting(starts, ends):
        better, worse = np.minimum(one, other), np.maximum(one, other)
        drops = overlap(starts[better], ends[better], starts[worse], ends[worse]) >= least
        if may_drop is not None:
            drops &= may_drop(better, worse)
        for place, loser in zip(better[drops].tolist(), worse[drops].tolist(), strict=True):
            dropped_by.setdefault(place, []).append(loser)
    for place in sorted(dropped_by):
        if stays[place]:
            for loser in dropped_by[place]:
                stays[loser] = False
    return np.array(stays, dtype=np.bool_)


def _meeting(starts: Floats, ends: Floats) -> Iterator[tuple[Places, Places]]:
    """Yield the places of spans that share some time, many pairs at once; each pair once, and some that only touch."""
    order = np.argsort(starts, kind="stable")
    first = np.arange(1, len(order) + 1)  # only spans that begin later, up to where this one ends
    counts = np.maximum(np.searchsorted(starts[order], ends[order] + _HAIR, side="right") - first, 0)
    upto, begin = np.concatenate(([0], np.cumsum(counts))), 0
    while begin < len(order):
        stop = max(begin + 1, int(np.searchsorted(upto, upto[begin] + _AT_ONCE, side="right")) - 1)
        some = counts[begin:stop]
        step = np.arange(some.sum()) - np.repeat(np.cumsum(some) - some, some)
        yield order[np.repeat(np.arange(begin, stop), some)], order[np.repeat(first[begin:stop], some) + step]
        begin = stop
