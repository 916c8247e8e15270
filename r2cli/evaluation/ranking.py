"""Measures of rankings of clips, a value per video; those of TVSum and YouTube Highlights as in UMT (CVPR 2022)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from r2cli.datasets.dataset import Sample
from r2cli.errors import UnreadableInputError
from r2cli.evaluation.metrics import average_precision
from r2cli.evaluation.submission import Prediction

Floats = NDArray[np.float64]
_TOP = 5


def ranking_table(samples: Sequence[Sample], predictions: Sequence[Prediction]) -> dict[str, Floats]:
    """One rater, who likes a clip or not: how well the clips are ranked, and whether the best-rated one is liked.

    Args:
        samples: With ratings [clips, 1] in [0, 1], from a half on for a highlight.
        predictions: Of the same videos, in the same order.

    Returns:
        `mAP` and `Hit1` of every video, in [0, 1]; NaN where nothing is a highlight.
    """
    precision, first = np.full(len(samples), np.nan), np.full(len(samples), np.nan)
    for place, (sample, found) in enumerate(zip(samples, predictions, strict=True)):
        clips = min(len(_ratings(sample)), len(found.saliency))
        scores, liked = np.asarray(found.saliency[:clips]), _ratings(sample)[:clips, 0] >= 0.5
        if liked.any():
            precision[place], first[place] = average_precision(scores, liked), liked[scores.argmax()]
    return {"mAP": precision, "Hit1": first}


def top_five_table(samples: Sequence[Sample], predictions: Sequence[Prediction]) -> dict[str, Floats]:
    """TVSum: how many of the five best-rated clips each of the raters puts in the upper half of the video.

    Args:
        samples: With ratings [clips, raters].
        predictions: Of the same videos, in the same order.

    Returns:
        `top-5 mAP` of every video, in [0, 1].
    """
    values = []
    for sample, found in zip(samples, predictions, strict=True):
        ratings = _ratings(sample)
        liked = ratings > np.sort(ratings, axis=0)[(len(ratings) - 1) // 2]  # above the lower median of every rater
        order = _order(found, len(ratings))
        values.append(np.mean([_area(one[order][:_TOP]) for one in liked.T]))
    return {"top-5 mAP": np.array(values)}


def trapezia_table(samples: Sequence[Sample], predictions: Sequence[Prediction]) -> dict[str, Floats]:
    """YouTube Highlights: how well the clips are ranked that are highlights.

    Args:
        samples: With ratings [clips, 1], 1 for a highlight.
        predictions: Of the same videos, in the same order.

    Returns:
        `mAP` of every video, in [0, 1].
    """
    values = []
    for sample, found in zip(samples, predictions, strict=True):
        ratings = _ratings(sample)
        values.append(_area(ratings[_order(found, len(ratings)), 0] >= 1))
    return {"mAP": np.array(values)}


def _ratings(sample: Sample) -> Floats:
    if sample.ratings is None:
        raise UnreadableInputError(f"the clips of {sample.video} are not rated", "evaluate on a split that is")
    return sample.ratings


def _order(found: Prediction, clips: int) -> NDArray[np.intp]:
    """The clips that were scored, best score first; a film may end a little before its ratings do, or after."""
    return np.argsort(-np.asarray(found.saliency[:clips], dtype=np.float64), kind="stable")


def _area(hits: NDArray[np.bool_]) -> float:
    """Area under a ranking's curve of precision over recall, by trapezia; 0 without any hit."""
    if not hits.any():
        return 0.0
    found = np.cumsum(hits)
    recall = np.append(0.0, found / found[-1])
    precision = np.append(1.0, found / np.arange(1, len(hits) + 1))
    return float((np.diff(recall) * (precision[1:] + precision[:-1]) / 2).sum())
