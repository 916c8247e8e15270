"""The 0/1 knapsack, solved exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def pack(values: Sequence[float], weights: Sequence[int], capacity: int) -> list[int]:
    """Choose what is worth most and can be carried (dynamic programming over the weight).

    Args:
        values: What each thing is worth; things that are worth nothing are left.
        weights: Above 0.
        capacity: Most weight of all that is chosen.

    Returns:
        The chosen things' places, in order. The same input gives the same choice.

    Raises:
        ValueError: A weight is not above 0.
    """
    if any(weight <= 0 for weight in weights):
        raise ValueError("every weight must be above 0")
    if capacity <= 0:
        return []
    best = np.zeros(capacity + 1)
    taken = []  # per thing, one bit per capacity: whether the best choice for it takes the thing
    for value, weight in zip(values, weights, strict=True):
        with_it = best[: max(capacity + 1 - weight, 0)] + value
        better = np.zeros(capacity + 1, dtype=bool)
        better[weight:] = with_it > best[weight:]
        best[weight:] = np.maximum(best[weight:], with_it)
        taken.append(np.packbits(better))
    chosen, room = [], capacity
    for place in reversed(range(len(taken))):
        if taken[place][room >> 3] >> (7 - (room & 7)) & 1:
            chosen.append(place)
            room -= weights[place]
    return chosen[::-1]
