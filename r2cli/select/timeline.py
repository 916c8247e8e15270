"""Saliency over time: a curve that is constant over every clip."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Curve = NDArray[np.float64]

EPSILON = 1e-6
"""Seconds that are no time at all."""


class Timeline:
    """Saliency of the clips of a video, the last of which may be cut short by the video's end.

    Args:
        saliency: [T], one value per clip; what is not finite counts as the lowest.
        clips_per_second: Clips per second.
        duration: Of the video, in seconds.
    """

    def __init__(self, saliency: Curve, clips_per_second: float, duration: float) -> None:
        self.curve = _finite(saliency)
        self.duration = duration
        self.edges = np.minimum(np.arange(len(self.curve) + 1) / clips_per_second, duration)
        self.edges[-1] = duration
        self._sums = np.concatenate(([0.0], np.cumsum(self.curve * np.diff(self.edges))))

    def mean(self, start: Curve, end: Curve) -> Curve:
        """Mean saliency between times; 0 where no time passes."""
        spent = np.asarray(end - start)
        sums = np.interp(end, self.edges, self._sums) - np.interp(start, self.edges, self._sums)
        means: Curve = np.divide(sums, spent, out=np.zeros_like(spent), where=spent > 0)
        return means

    def score(self, start: float, end: float) -> float:
        """Mean saliency of one stretch."""
        return float(self.mean(np.asarray([start]), np.asarray([end]))[0])

    def peak(self, start: float, end: float) -> float:
        """When a stretch is at its best: the middle of the most salient clip's part in it."""
        first = max(int(np.searchsorted(self.edges, start, side="right")) - 1, 0)
        stop = max(int(np.searchsorted(self.edges, end, side="left")), first + 1)
        best = first + int(self.curve[first:stop].argmax())
        return float(max(start, self.edges[best]) + min(end, self.edges[best + 1])) / 2

    def starts(self, start: float, end: float, length: float) -> Curve:
        """Where a stretch of some length may begin between two times: where clips do, and as late as possible."""
        latest = max(end - length, start)
        return np.unique(np.append(self.edges[(self.edges >= start) & (self.edges <= latest)], [start, latest]))


def _finite(saliency: Curve) -> Curve:
    curve = np.asarray(saliency, dtype=np.float64)
    good = np.isfinite(curve)
    return np.where(good, curve, curve[good].min() if good.any() else 0.0)
