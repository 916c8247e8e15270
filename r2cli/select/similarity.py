"""Scores that also say whether the query is in the video at all."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from r2cli.findings import Moment

_CERTAIN = 1e-6


def weigh_similarity(
    moments: Sequence[Moment],
    similarity: NDArray[np.float64],
    clips_per_second: float,
    *,
    weight: float,
    level: float,
) -> list[Moment]:
    """Raise the scores of moments that show what the query says, and lower those of the others.

    The R² model is good at telling where in a video a query fits best, CLIP's plain similarity at telling whether it
    fits at all. The two are added as log-odds: `logit(score) + weight * (similarity - level)`.

    Args:
        moments: As selected; their boundaries stay as they are.
        similarity: [T], the cosine of every clip's frame and the query, as CLIP embeds them.
        clips_per_second: Clips per second.
        weight: Log-odds per unit of similarity.
        level: The similarity that changes nothing.

    Returns:
        The same moments, best first. The clip that counts is the most similar one of each moment.
    """

    def rescored(moment: Moment) -> Moment:
        nearest = float(similarity[most_similar(moment, similarity, clips_per_second)])
        odds = _logit(moment.score) + weight * (nearest - level)
        return Moment(moment.start, moment.end, 1 / (1 + math.exp(-odds)))

    return sorted(map(rescored, moments), key=lambda moment: (-moment.score, moment.start, moment.end))


def clips_of(moment: Moment, clips: int, clips_per_second: float) -> range:
    """Which clips of so many a moment touches; one at least."""
    first = min(int(moment.start * clips_per_second), clips - 1)
    return range(first, min(max(math.ceil(moment.end * clips_per_second), first + 1), clips))


def most_similar(moment: Moment, similarity: NDArray[np.float64], clips_per_second: float) -> int:
    """The clip of a moment that shows most of the query; among equals the first."""
    clips = clips_of(moment, len(similarity), clips_per_second)
    return clips[int(similarity[clips.start : clips.stop].argmax())]


def _logit(score: float) -> float:
    score = min(max(score, _CERTAIN), 1 - _CERTAIN)
    return math.log(score / (1 - score))
