"""What the heads say, as the answer to one query about one window."""

from __future__ import annotations

from torch import Tensor

from r2cli.models.family import Prediction
from r2cli.models.r2.grounding import Grounding


def read_predictions(grounding: Grounding, clips_per_second: float, limit: int) -> list[Prediction]:
    """Take the best boundaries of every query.

    Args:
        grounding: Of B queries.
        clips_per_second: Rate at which the clips were sampled.
        limit: Most boundaries to keep for each query.

    Returns:
        B predictions.
    """
    saliency = [row[mask].cpu() for row, mask in zip(grounding.saliency, grounding.clip_mask, strict=True)]
    if grounding.coord is None:
        return [Prediction(row.new_zeros(0, 3), row) for row in saliency]
    candidates = [
        row[mask].cpu() for row, mask in zip(grounding.boundaries(clips_per_second), grounding.point_mask, strict=True)
    ]
    return [Prediction(_best(rows, limit), scores) for rows, scores in zip(candidates, saliency, strict=True)]


def _best(boundary: Tensor, limit: int) -> Tensor:
    order = boundary[:, 2].argsort(descending=True, stable=True)
    return boundary[order[:limit]]
