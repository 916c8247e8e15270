"""How sure a figure is: what it would have been on other videos of the same kind (Efron's bootstrap)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DRAWS = 10_000
_AT_ONCE = 500
_BOUNDS = (2.5, 97.5)
"""Percentiles: 95 of 100 figures lie between."""


class Bootstrap:
    """Draws whole videos anew, with all queries about each: those about one video are not independent.

    Args:
        videos: For each query, which video it is about.
        draws: How often.
        seed: The same seed draws the same videos, so that differences between two models are paired.
    """

    def __init__(self, videos: Sequence[Hashable], draws: int = DRAWS, seed: int = 0) -> None:
        numbers = {video: number for number, video in enumerate(dict.fromkeys(videos))}
        self._group = np.array([numbers[video] for video in videos], dtype=np.intp)
        self._count, self._draws, self._seed = len(numbers), draws, seed

    @cached_property
    def _times(self) -> NDArray[np.uint8]:
        """[draws, videos]: how often each video was drawn."""
        rng, count = np.random.default_rng(self._seed), self._count
        parts = []
        for first in range(0, self._draws, _AT_ONCE):
            rows = min(_AT_ONCE, self._draws - first)
            drawn = rng.integers(0, count, (rows, count)) + count * np.arange(rows)[:, None]
            parts.append(np.bincount(drawn.ravel(), minlength=rows * count).reshape(rows, count).astype(np.uint8))
        return np.concatenate(parts)

    def intervals(self, table: Mapping[str, Floats]) -> dict[str, tuple[float, float]]:
        """Between which figures the mean of each measure lies in 95 of 100 draws.

        Args:
            table: For each measure a value per query; NaN: it does not count.
        """
        values = np.stack(list(table.values()), axis=1)  # [queries, measures]
        counted = ~np.isnan(values)
        sums = self._of_videos(np.where(counted, values, 0.0))
        counts = self._of_videos(counted.astype(np.float64))
        parts = []
        for first in range(0, self._draws, _AT_ONCE):
            times = self._times[first : first + _AT_ONCE].astype(np.float64)
            with np.errstate(invalid="ignore"):  # a draw may hold no video that counts
                parts.append((times @ sums) / (times @ counts))
        low, high = np.nanpercentile(np.concatenate(parts), _BOUNDS, axis=0)
        return {name: (float(low[place]), float(high[place])) for place, name in enumerate(table)}

    def _of_videos(self, values: Floats) -> Floats:
        """[videos, measures]: sums over the queries of each video."""
        sums = np.zeros((self._count, values.shape[1]))
        np.add.at(sums, self._group, values)
        return sums
