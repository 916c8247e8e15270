"""From a curve of saliency to the best stretches of a video: around its peaks, ranked, without overlap."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from r2cli.findings import Highlight
from r2cli.select.timeline import EPSILON, Curve, Timeline

SHORTEST, LONGEST = 4.0, 20.0
"""Seconds of a stretch whose length follows the curve."""
_INNER = (1.0, 0.5, 0.25)
"""Shares of a stretch, about its middle, whose mean saliency counts: a peak comes to stand in the middle."""


def select_highlights(
    saliency: Curve,
    clips_per_second: float,
    duration: float,
    *,
    length: float | None = None,
    min_score: float = -math.inf,
) -> list[Highlight]:
    """Find the best stretches of a video, by suppression in time: the best one first, then the best beside it ...

    Args:
        saliency: [T], one value per clip; what is not finite counts as the lowest.
        clips_per_second: Clips per second.
        duration: Of the video, in seconds.
        length: Seconds of every stretch, less only where the video is shorter; None: as long as the curve stays above
            the middle between the peak and its ground level, within `SHORTEST` and `LONGEST`.
        min_score: Least mean saliency of a stretch.

    Returns:
        Best first, among equals the earlier first. A stretch is the same however many others are wanted.
    """
    if not len(saliency) or duration <= 0:
        return []
    timeline = Timeline(saliency, clips_per_second, duration)
    spans = _around_peaks(timeline) if length is None else _of_length(timeline, min(length, duration))
    found = [Highlight(start, end, timeline.score(start, end), timeline.peak(start, end)) for start, end in spans]
    return sorted((one for one in found if one.score >= min_score), key=lambda one: (-one.score, one.start))


def _of_length(timeline: Timeline, length: float) -> Iterator[tuple[float, float]]:
    """Every start at which a clip begins, best first, and none that reaches into a better one."""
    starts = timeline.starts(0.0, timeline.duration, length)
    worth = np.zeros(len(starts))
    for share in _INNER:
        margin = (1 - share) / 2 * length
        worth += timeline.mean(starts + margin, starts + length - margin)
    worth = np.round(worth, 9)  # equal values must not be told apart by what the running sum has lost
    while np.isfinite(worth).any():
        best = float(starts[int(worth.argmax())])
        yield best, min(best + length, timeline.duration)
        worth[np.abs(starts - best) < length - EPSILON] = -np.inf


def _around_peaks(timeline: Timeline) -> Iterator[tuple[float, float]]:
    """From the highest free clip as far as the curve stays high; then from the highest of those that are left."""
    edges, free = timeline.edges, np.ones(len(timeline.curve), dtype=bool)
    low = ground_level(timeline.curve)
    while free.any():
        peak = int(np.where(free, timeline.curve, -np.inf).argmax())
        first, stop = _grow(timeline, free, peak, (timeline.curve[peak] + low) / 2)
        free[first:stop] = False
        if edges[stop] - edges[first] >= min(SHORTEST, timeline.duration) - EPSILON:
            yield float(edges[first]), float(edges[stop])


def ground_level(curve: Curve) -> float:
    """What a curve is like where nothing happens: its lowest tenth, but not below 0 if it rises above that at all.

    Saliency that is a product with a cosine may dip far below 0 for a moment, which says nothing about the peaks.
    """
    low = float(np.percentile(curve, 10))
    return max(low, 0.0) if curve.max() > 0 else low


def _grow(timeline: Timeline, free: NDArray[np.bool_], peak: int, level: float) -> tuple[int, int]:
    """Take the higher neighbour, as long as it is above a level or the stretch too short."""
    curve, edges = timeline.curve, timeline.edges
    first, stop = peak, peak + 1
    while True:
        before = curve[first - 1] if first > 0 and free[first - 1] else -np.inf
        behind = curve[stop] if stop < len(curve) and free[stop] else -np.inf
        earlier = before > behind
        reached = edges[stop] - edges[first - 1] if earlier else edges[min(stop + 1, len(curve))] - edges[first]
        is_short = edges[stop] - edges[first] < SHORTEST - EPSILON
        if max(before, behind) == -np.inf or (not is_short and max(before, behind) < level):
            return first, stop
        if not is_short and reached > LONGEST + EPSILON:
            return first, stop
        first, stop = (first - 1, stop) if earlier else (first, stop + 1)
