"""Kernel temporal segmentation: from the pictures of a video to its shots (Potapov et al., ECCV 2014)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BLOCK = 600
"""Clips that are segmented at once: work grows with the cube of it. Twenty minutes at a clip every two seconds."""
_NOISE_FLOOR = 0.01
"""Least squared distance (of unit vectors) that two pictures of one shot are taken to have: a cosine of 0.995. Two
pictures of something still have less, however they were coded."""


def segment(embeddings: NDArray[np.float32], *, shortest: int = 1) -> list[tuple[int, int]]:
    """Cut a video where its pictures change.

    The number of cuts, m, is the one with the least `L + C m (log(T / m) + 1)`, where L is how far the pictures of each
    shot scatter about their mean. C is taken from the video itself: it is what neighbouring pictures differ by anyway.
    Videos of more than `BLOCK` clips are segmented block by block, each from the last cut of the one before.

    Args:
        embeddings: [T, E], of unit length.
        shortest: Clips that a shot must have, unless the whole video has fewer.

    Returns:
        First clip and the one after the last of every shot: in order, without gaps. Empty for an empty video.
    """
    clips = len(embeddings)
    penalty = noise(embeddings)
    ends: list[int] = []
    start = 0
    while start < clips:
        block = embeddings[start : start + BLOCK]
        found = [start + end for end in segment_block(block, penalty, shortest)]
        if start + len(block) < clips and len(found) > 1:
            found.pop()  # the last shot goes on in the next block
        ends += found
        start = ends[-1]
    return list(zip([0, *ends], ends, strict=False))


def noise(embeddings: NDArray[np.float32]) -> float:
    """How much pictures of one shot differ: the median squared distance of neighbours, but a least measure.

    That is twice their variance. With the variance alone, a shot for every clip would cost no more than one for all.
    """
    if len(embeddings) < 2:
        return _NOISE_FLOOR
    steps = np.square(np.diff(embeddings.astype(np.float64), axis=0)).sum(axis=1)
    return max(float(np.median(steps)), _NOISE_FLOOR)


def segment_block(embeddings: NDArray[np.float32], penalty: float, shortest: int = 1) -> list[int]:
    """The exact solution for a video, or a part of one, that is not too long.

    Args:
        embeddings: [n, E], n > 0.
        penalty: C.
        shortest: Clips that a shot must have.

    Returns:
        The clip after the last of every shot; the last of them is n.
    """
    import ruptures  # late: brings scipy along

    clips = len(embeddings)
    most = clips // shortest - 1
    if most < 1:
        return [clips]
    solver = ruptures.KernelCPD(kernel="linear", min_size=shortest).fit(embeddings)
    solver.predict(n_bkps=most)  # one run of dynamic programming solves for every smaller number too
    candidates = [[clips], *(solver.predict(n_bkps=cuts) for cuts in range(1, most + 1))]
    scatter = Scatter(embeddings)
    costs = [scatter(ends) + penalty * _complexity(len(ends) - 1, clips) for ends in candidates]
    return [int(end) for end in candidates[int(np.argmin(costs))]]


def _complexity(cuts: int, clips: int) -> float:
    return cuts * (float(np.log(clips / cuts)) + 1) if cuts else 0.0


class Scatter:
    """Sums of squared distances from means, for many segmentations of the same clips.

    Args:
        embeddings: [n, E].
    """

    def __init__(self, embeddings: NDArray[np.float32]) -> None:
        exact = embeddings.astype(np.float64)
        self._squares = float(np.square(exact).sum())
        self._sums = np.concatenate((np.zeros((1, exact.shape[1])), exact.cumsum(axis=0)))  # [n + 1, E]

    def __call__(self, ends: list[int]) -> float:
        """How far all clips are from the mean of their shot; `ends` as `segment_block` returns them."""
        edges = np.asarray([0, *ends])
        sums = np.diff(self._sums[edges], axis=0)  # [shots, E]
        return self._squares - float((np.einsum("se,se->s", sums, sums) / np.diff(edges)).sum())
