"""From boundaries to moments: clamp, round, suppress overlaps, cut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import heapify, heappop, heappush
from itertools import islice
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from r2cli.findings import Moment
from r2cli.select.spans import Floats, keep_best, overlap

Suppression = Literal["normal", "linear"]

SAME_MOMENT = 0.7
"""Overlap (intersection over union) from which *normal* suppression takes two boundaries for one moment."""


def select_moments(
    boundary: ArrayLike,
    duration: float,
    *,
    unit: float | None,
    suppression: Suppression | None,
    min_score: float = 0.0,
    top: int | None = None,
) -> list[Moment]:
    """Turn boundaries into moments, as the released checkpoints were evaluated.

    Args:
        boundary: [N, 3]: start s, end s, score in [0, 1]; any order, may reach beyond the video.
        duration: Of the video, in seconds.
        unit: Seconds to whose multiples the data set's moments are cut; boundaries that end before the video are
            rounded to it. None to leave them.
        suppression: What happens to a boundary that overlaps with a better one: *normal* drops it from an overlap of
            0.7, *linear* lowers its score by the overlap, None leaves it.
        min_score: Least score of a moment.
        top: How many moments to return at most; None for all.

    Returns:
        Best first, among equals the earlier first; none of score 0. Neither `top` nor `min_score` changes a moment.
    """
    rows = np.asarray(boundary, dtype=np.float64).reshape(-1, 3)
    rows = _fit(rows[~np.isnan(rows).any(axis=1)], duration, unit)
    best = islice(_best_first(rows, suppression, min_score), top)
    # A unit that does not divide the duration may have rounded an end past it; scores were compared before this cut.
    return [Moment(start, min(end, duration), score) for start, end, score in map(np.ndarray.tolist, best)]


def _fit(rows: Floats, duration: float, unit: float | None) -> Floats:
    inner = rows[:, 1] < duration
    spans = rows[:, :2].clip(0, duration)
    if unit is not None:
        # The outer rounding only takes away what the product adds: 3 * 0.1 is 0.30000000000000004.
        spans[inner] = np.round(np.round(spans[inner] / unit) * unit, 9)
    return np.column_stack((spans, rows[:, 2]))


def _best_first(rows: Floats, suppression: Suppression | None, min_score: float) -> Iterable[Floats]:
    """The rows whose score counts after suppression, best first, among equals the earliest."""
    if suppression == "linear":
        return _weakened(rows, min_score)
    rows = rows[(rows[:, 2] > 0) & (rows[:, 2] >= min_score)]
    rows = rows[np.lexsort((rows[:, 1], rows[:, 0], -rows[:, 2]))]
    return rows if suppression is None else rows[keep_best(rows[:, 0], rows[:, 1], SAME_MOMENT)]


def _weakened(rows: Floats, min_score: float) -> Iterator[Floats]:
    """Yield the best remaining row and weaken what overlaps with it, until nothing that counts is left.

    Scores only ever sink, so the rows come best first and the loop may stop at the first that is too low. A row whose
    score has sunk since it was queued goes back into the queue.
    """
    rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]  # among equals the queue gives the first: the earliest
    starts, ends, scores = (np.ascontiguousarray(column) for column in rows.T)
    reach = np.maximum.accumulate(ends) if len(ends) else ends
    queue = [(-score, place) for place, score in enumerate(scores.tolist())]
    heapify(queue)
    while queue:
        score, place = heappop(queue)
        if -score != scores[place]:
            heappush(queue, (-float(scores[place]), place))
            continue
        if -score <= 0 or -score < min_score:
            return
        start, end = starts[place], ends[place]
        yield np.array((start, end, -score))
        scores[place] = 0
        near = slice(reach.searchsorted(start, "right"), starts.searchsorted(end, "left"))
        scores[near] *= 1 - overlap(start, end, starts[near], ends[near])
