"""From one similarity per clip to stretches: neighbouring clips belong together as they are alike, and as they match.

A bare cut through the curve falls apart where it touches the cut. Here every clip is *in* or *out*, and the labelling
that fits best is found exactly (Viterbi's algorithm): a clip speaks for what its similarity says, and a change between
neighbours costs the more the more their pictures look alike.

Axes: T clips.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

DEPTH = 3.0
"""Logits below the peak at which a clip speaks neither for *in* nor for *out*: to CLIP, e^3 = 20 times less likely."""
CHANGE = 0.7
"""Cost of a change between clips that are half alike; a clip at the peak speaks for *in* by 1."""
TOP = 3
"""Clips whose mean is the peak of a curve or of a stretch: a single picture may deceive."""
PASSES = 3
"""How often it is looked for stretches around a lower peak in what is left."""
_CERTAIN = 1e6


@dataclass(frozen=True)
class Stretch:
    """Neighbouring clips that match a query: [first, stop)."""

    first: int
    stop: int
    logit: float
    """Mean similarity of its best clips."""


def find_stretches(logits: Floats, nearness: Floats) -> list[Stretch]:
    """Find where a query is shown.

    Args:
        logits: [T], similarity of each clip and the query, in units of the CLIP's own scale.
        nearness: [T - 1], the cosine of each clip's picture and the next one's.

    Returns:
        Stretches without overlap, best first, among equals the earlier first; at least one.
    """
    costs = CHANGE * (nearness.clip(0, 1) + 0.5)
    free, found = np.ones(len(logits), dtype=np.bool_), list[Stretch]()
    for _ in range(PASSES):
        if not free.any():
            break
        for first, stop in _runs(_label(_gains(logits, free), costs)):
            found.append(Stretch(first, stop, _peak(logits[first:stop])))
            free[first:stop] = False
    return sorted(found, key=lambda stretch: (-stretch.logit, stretch.first))


def _gains(logits: Floats, free: Flags) -> Floats:
    """What each clip speaks for *in*: 1 at the peak of what is free, 0 at `DEPTH` below it; the best one is in."""
    middle = _peak(logits[free]) - DEPTH
    gains: Floats = ((logits - middle) / DEPTH).clip(-1, 1)
    gains[~free] = -_CERTAIN
    gains[np.where(free, logits, -np.inf).argmax()] = _CERTAIN
    return gains


def _peak(logits: Floats) -> float:
    return float(np.sort(logits)[-TOP:].mean())


def _label(gains: Floats, costs: Floats) -> Flags:
    """The labelling, in or out, whose gains less the costs of its changes are highest."""
    inside, outside = float(gains[0]), 0.0
    came_in, came_out = [False], [True]  # whether the best way into each state begins in the same one
    for gain, cost in zip(gains[1:].tolist(), costs.tolist(), strict=True):
        came_in.append(inside >= outside - cost)
        came_out.append(outside >= inside - cost)
        inside, outside = max(inside, outside - cost) + gain, max(outside, inside - cost)
    labels = np.zeros(len(gains), dtype=np.bool_)
    is_in = inside >= outside
    for clip in range(len(gains) - 1, -1, -1):
        labels[clip] = is_in
        stays = came_in[clip] if is_in else came_out[clip]
        is_in = is_in if stays else not is_in
    return labels


def _runs(labels: Flags) -> list[tuple[int, int]]:
    steps = np.diff(np.concatenate(([0], labels.astype(np.int8), [0])))
    return list(zip(np.flatnonzero(steps == 1).tolist(), np.flatnonzero(steps == -1).tolist(), strict=True))
