"""The number of occurrences, from the scores of spans: each is there or not, whatever the others are.

Axes: N spans.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from r2cli.algebra.tally import CERTAINTY, Count

_NEVER = 1e-4
"""Chances below are none: thousands of them would not make one occurrence."""
_HAIR = 1e-9


def count(scores: NDArray[np.float64], slope: float, offset: float) -> Count:
    """The most likely number of spans that are there, and the shortest run of numbers around it that is sure enough.

    Args:
        scores: [N], in [0, 1], one for each event.
        slope: See `chances`.
        offset: See `chances`.
    """
    shares = number_of(chances(scores, slope, offset))
    likely = low = high = int(shares.argmax())
    around = np.concatenate(([-1.0], shares, [-1.0]))  # on both sides of the peak they only fall
    while shares[low : high + 1].sum() < CERTAINTY - _HAIR:
        if around[low] > around[high + 2]:
            low -= 1
        else:
            high += 1
    return Count(likely, low, high)


def chances(scores: NDArray[np.float64], slope: float, offset: float) -> NDArray[np.float64]:
    """How likely each span is there: the log-odds of its score, stretched and moved (Platt's scaling)."""
    known = scores.clip(1e-9, 1 - 1e-9)
    odds: NDArray[np.float64] = slope * np.log(known / (1 - known)) + offset
    return 1 / (1 + np.exp(-odds))


def number_of(chances: NDArray[np.float64]) -> NDArray[np.float64]:
    """How likely each number of them is (the Poisson binomial distribution), [at most N + 1]."""
    shares = np.ones(1)
    for chance in chances[chances > _NEVER].tolist():
        shares = np.convolve(shares, (1 - chance, chance))
    return shares
