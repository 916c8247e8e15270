"""Measures of grounding, as the field defines them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

Span = tuple[float, float]
"""Start and end in seconds."""


def iou(first: Span, second: Span) -> float:
    """Intersection over union of two spans; 0 when both are empty."""
    overlap = max(0.0, min(first[1], second[1]) - max(first[0], second[0]))
    union = first[1] - first[0] + second[1] - second[0] - overlap
    return overlap / union if union > 0 else 0.0


def best_iou(found: Span | None, true: Sequence[Span]) -> float:
    """How well a span meets the true span that it meets best; 0 when nothing was found."""
    return max((iou(found, span) for span in true), default=0.0) if found else 0.0


def recall_at_1(ious: Sequence[float], threshold: float) -> float:
    """Share of queries whose first answer reaches an IoU (R1@threshold)."""
    return float(np.mean(np.asarray(ious) >= threshold)) if len(ious) else float("nan")


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
