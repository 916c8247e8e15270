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
    clips = len(embeddings)
    scatter = scatter_table(embeddings, shortest)
    least, before = scatter[0], []  # of the first t clips in one shot more each time: how far they scatter
    best, fewest = least[clips], 0
    for cuts in range(1, clips // shortest):
        if penalty * _complexity(cuts, clips) >= best:  # and more cuts cost more still
            break
        totals = least[:, None] + scatter  # [n + 1, n + 1]: the last shot from s to t
        before.append(totals.argmin(axis=0))
        least = np.take_along_axis(totals, before[-1][None], axis=0)[0]
        if (cost := least[clips] + penalty * _complexity(cuts, clips)) < best:
            best, fewest = cost, cuts
    ends = [clips]
    for last_shot in reversed(before[:fewest]):
        ends.append(int(last_shot[ends[-1]]))
    return ends[::-1]


def _complexity(cuts: int, clips: int) -> float:
    return cuts * (float(np.log(clips / cuts)) + 1) if cuts else 0.0


def scatter_table(embeddings: NDArray[np.float32], shortest: int = 1) -> NDArray[np.float64]:
    """How far the clips of every possible shot scatter: the sum of their squared distances from their mean.

    Args:
        embeddings: [n, E].
        shortest: Clips that a shot must have, unless it is the whole.

    Returns:
        [n + 1, n + 1]: of the clips from s to t, at [s, t]; infinite where these are too few.
    """
    exact, clips = embeddings.astype(np.float64), len(embeddings)
    sums = np.concatenate((np.zeros((1, exact.shape[1])), exact.cumsum(axis=0)))  # [n + 1, E]
    squares = np.concatenate(([0.0], np.square(exact).sum(axis=1).cumsum()))
    products = sums @ sums.T
    norms = products.diagonal()
    lengths = np.arange(clips + 1) - np.arange(clips + 1)[:, None]
    of_sum = norms + norms[:, None] - 2 * products  # |sum of the clips from s to t|^2
    table: NDArray[np.float64] = squares - squares[:, None] - of_sum / np.maximum(lengths, 1)
    table[lengths < shortest] = np.inf
    table[0, clips] = max(squares[clips] - norms[clips] / clips, 0.0)
    return table
