"""Frames that look like one that was encoded already: fixed cameras, slides, black."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BLOCK = 16
"""Side of the squares, in pixels, in which frames are compared: half a patch of ViT-B/32, a patch of ViT-B/16."""
LARGEST_DIFFERENCE = 0.125
"""Of 255, on the average of a square and its three colours.

Chosen with tests/bench/redundancy.py: of the five best moments for each query, whatever their level, none moved by more
than 0.03 s. At 0.25 one moved by 0.08 s, at 0.5 by 0.11 s. A fixed camera and black still save 97 frames of a hundred,
slides 61, of which 0.5 would save 82.
"""


def find_models(pixels: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Find for every frame the one whose tokens stand for it: itself, or an earlier one that looks the same.

    A frame is compared with the one whose tokens it would take, not with the one before it, so that a slow change
    never adds up. Something small that moves changes the average of a frame by nothing, and that of a square by a lot.

    Args:
        pixels: Consecutive frames, uint8 [n, 3, S, S].

    Returns:
        [n], ascending; a frame that must be encoded has its own index.
    """
    models = np.arange(len(pixels))
    for frame in range(1, len(pixels)):
        if _largest_difference(pixels[models[frame - 1]], pixels[frame]) <= LARGEST_DIFFERENCE:
            models[frame] = models[frame - 1]
    return models


def _largest_difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """The largest mean absolute difference over a square, squares at the right and lower edge being smaller."""
    difference = np.maximum(one, other) - np.minimum(one, other)  # [3, S, S]; stays in 8 bits
    edges = np.arange(0, difference.shape[-1], BLOCK)
    sums = difference.sum(axis=0, dtype=np.uint16)
    sums = np.add.reduceat(np.add.reduceat(sums, edges, axis=0, dtype=np.uint32), edges, axis=1)
    sides = np.diff(np.append(edges, difference.shape[-1]))
    return float((sums / (3 * np.outer(sides, sides))).max())
