"""Measures of grounding, as the field defines them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

Span = tuple[float, float]
"""Start and end in seconds."""


def auroc(present: Sequence[float], absent: Sequence[float]) -> float:
    """Chance that a random present query scores higher than a random absent one; ties count half (Mann-Whitney)."""
    if not present or not absent:
        return float("nan")
    higher = np.subtract.outer(np.asarray(present), np.asarray(absent))
    return float(np.mean((higher > 0) + 0.5 * (higher == 0)))


def average_precision(scores: ArrayLike, relevant: ArrayLike) -> float:
    """Mean of the precision at each relevant clip of a ranking, best score first; ties are taken together.

    Args:
        scores: One per clip.
        relevant: Whether it is a highlight; without any there is no such figure (nan).
    """
    values, hits = np.asarray(scores, dtype=float), np.asarray(relevant, dtype=bool)
    if not hits.any():
        return float("nan")
    order = np.argsort(-values, kind="stable")
    found, last = np.cumsum(hits[order]), np.append(np.diff(values[order]) != 0, True)  # the last of each tie
    precision, reached = (found / np.arange(1, len(hits) + 1))[last], found[last] / hits.sum()
    return float((precision * np.diff(reached, prepend=0.0)).sum())


def interpolated_precision(right: ArrayLike, total: int) -> float:
    """Area under the interpolated precision of a ranked list of answers.

    Args:
        right: For each answer, best first, whether it is right.
        total: How many right answers there are.
    """
    hits = np.asarray(right, dtype=bool)
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    best_from_here = np.maximum.accumulate(precision[::-1])[::-1]
    return float(best_from_here[hits].sum() / total)
