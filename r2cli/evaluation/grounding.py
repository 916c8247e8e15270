"""Measures of moment retrieval and highlight detection, as QVHighlights defines them (Lei et al., NeurIPS 2021).

Every measure gives a value per query, so that their mean is the figure that papers print and that differences between
two models can be tested query by query. NaN: the query does not count.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from r2cli.datasets.dataset import Sample, Span
from r2cli.evaluation.metrics import interpolated_precision
from r2cli.evaluation.submission import Prediction

Floats = NDArray[np.float64]

RECALL_LEVELS: Floats = np.round(np.arange(0.3, 0.96, 0.05), 2)
"""Overlaps (intersection over union) from which an answer counts, for R1 and R5."""
PRECISION_LEVELS: Floats = np.round(np.arange(0.5, 0.96, 0.05), 2)
"""The same for mAP."""
LENGTHS = {"full": (-np.inf, np.inf), "long": (30.0, np.inf), "middle": (10.0, 30.0), "short": (0.0, 10.0)}
"""Seconds: longer than the first, at most the second."""
GRADES = {"Fair": 2, "Good": 3, "VeryGood": 4}
"""Ratings, of 0 to 4, from which a clip is a highlight to somebody."""
_MOST = 10
"""Answers per query of which mAP takes account."""


def grounding_table(samples: Sequence[Sample], predictions: Sequence[Prediction]) -> dict[str, Floats]:
    """Every measure of moments, and of highlights where there are ratings.

    Args:
        samples: What is true.
        predictions: Of the same queries, in the same order.

    Returns:
        For each measure, by its official name, one value in [0, 1] per query.
    """
    table: dict[str, Floats] = {}
    for name, (above, most) in LENGTHS.items():
        rows = [
            _moment_values([span for span in sample.windows or () if above < span[1] - span[0] <= most], found)
            for sample, found in zip(samples, predictions, strict=True)
        ]
        table |= _named(name, np.array(rows).reshape(len(samples), -1))
    if any(sample.ratings is not None for sample in samples):
        table |= _highlight_table(samples, predictions)
    return {name: values for name, values in table.items() if not np.isnan(values).all()}


def _named(name: str, rows: Floats) -> dict[str, Floats]:
    recalls = [f"MR-{name}-R{rank}@{level:g}" for rank in (1, 5) for level in RECALL_LEVELS]
    precisions = [f"MR-{name}-mAP@{level:g}" for level in PRECISION_LEVELS]
    columns = [f"MR-{name}-mIoU", f"MR-{name}-mAP", *recalls, *precisions]
    return dict(zip(columns, rows.T, strict=True))


def _moment_values(true: Sequence[Span], found: Prediction) -> Floats:
    """Of one query: mIoU, mAP, R1 at all levels, R5 at all levels, AP at all levels."""
    if not true:
        return np.full(2 + 2 * len(RECALL_LEVELS) + len(PRECISION_LEVELS), np.nan)
    overlaps = overlap_matrix(found.windows[:, :2], np.asarray(true, dtype=np.float64))  # [found, true]
    best = overlaps.max(axis=1, initial=0.0)
    first, five = best[:1].max(initial=0.0), best[:5].max(initial=0.0)
    precision = _precisions(overlaps[:_MOST], found.windows[:_MOST, 2])
    head = (first, precision.mean())
    return np.concatenate((head, first >= RECALL_LEVELS, five >= RECALL_LEVELS, precision))


def overlap_matrix(first: Floats, second: Floats) -> Floats:
    """Intersection over union of every span of [N, 2] and every one of [M, 2]; 0 for two empty ones."""
    shared = np.minimum(first[:, None, 1], second[:, 1]) - np.maximum(first[:, None, 0], second[:, 0])
    shared = shared.clip(min=0)
    union = (first[:, 1] - first[:, 0])[:, None] + (second[:, 1] - second[:, 0]) - shared
    overlaps: Floats = np.divide(shared, union, out=np.zeros_like(union), where=union > 0)
    return overlaps


def _precisions(overlaps: Floats, scores: Floats) -> Floats:
    """Average precision of a query's answers at each of `PRECISION_LEVELS`; every true moment is found once at most."""
    order = np.argsort(-scores, kind="stable")
    values = np.zeros(len(PRECISION_LEVELS))
    for column, level in enumerate(PRECISION_LEVELS):
        open_, right = np.ones(overlaps.shape[1], dtype=bool), np.zeros(len(order), dtype=bool)
        for place, row in enumerate(overlaps[order]):
            fits = np.where(open_ & (row >= level), row, -1.0)
            target = int(fits.argmax())
            if fits[target] >= 0:
                open_[target], right[place] = False, True
        values[column] = interpolated_precision(right, overlaps.shape[1])
    return values


def _highlight_table(samples: Sequence[Sample], predictions: Sequence[Prediction]) -> dict[str, Floats]:
    table = {f"HL-min-{grade}-{what}": np.full(len(samples), np.nan) for grade in GRADES for what in ("mAP", "Hit1")}
    for place, (sample, found) in enumerate(zip(samples, predictions, strict=True)):
        if sample.ratings is None:
            continue
        scores = np.zeros(len(sample.ratings))
        told = min(len(scores), len(found.saliency))
        scores[:told] = found.saliency[:told]
        for grade, least in GRADES.items():
            liked = sample.ratings >= least  # [clips, raters]
            table[f"HL-min-{grade}-Hit1"][place] = liked[scores.argmax()].any()
            table[f"HL-min-{grade}-mAP"][place] = np.mean([_rank_precision(scores, one) for one in liked.T])
    return table


def _rank_precision(scores: Floats, relevant: NDArray[np.bool_]) -> float:
    """Area under the interpolated precision of a ranking of clips; equal scores are taken together."""
    if relevant.all() or not relevant.any():
        return float(relevant.all())
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.diff(scores[order]) != 0, True)
    found = np.cumsum(relevant[order])[last]
    precision = found / (np.flatnonzero(last) + 1)
    reached = np.diff(found / relevant.sum(), prepend=0.0)
    return float((np.maximum.accumulate(precision[::-1])[::-1] * reached).sum())
