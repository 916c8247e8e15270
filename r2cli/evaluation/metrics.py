"""Measures of grounding, as the field defines them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

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
