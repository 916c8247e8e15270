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
        first = min(int(moment.start * clips_per_second), len(similarity) - 1)
        last = max(math.ceil(moment.end * clips_per_second), first + 1)
        odds = _logit(moment.score) + weight * (float(similarity[first:last].max()) - level)
        return Moment(moment.start, moment.end, 1 / (1 + math.exp(-odds)))

    return sorted(map(rescored, moments), key=lambda moment: (-moment.score, moment.start, moment.end))


def _logit(score: float) -> float:
    score = min(max(score, _CERTAIN), 1 - _CERTAIN)
    return math.log(score / (1 - score))
