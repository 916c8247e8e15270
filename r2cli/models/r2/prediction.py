"""What the heads say, as the answer to one query about one window."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from r2cli.models.family import Prediction
from r2cli.models.r2.config import R2Config
from r2cli.models.r2.grounding import Grounding
from r2cli.models.r2.pyramid import stretch_levels
from r2cli.models.trace import Trace


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


def read_traces(grounding: Grounding, clips_per_second: float, config: R2Config, gates: Tensor) -> list[Trace]:
    """What `read_predictions` says, with what it comes from.

    Args:
        grounding: Of B queries, without padding.
        clips_per_second: Rate at which the clips were sampled.
        config: The model's shape.
        gates: [K], see `R2Block.gates`.

    Returns:
        B traces.
    """
    answers = read_predictions(grounding, clips_per_second, config.max_moments)
    clips = grounding.cosine.shape[1]
    certainty = stretch_levels(grounding.class_logit.sigmoid(), clips, config.strides).cpu()  # [B, T]
    layer_query = grounding.layer_query[:, :, None]  # [B, K, 1, D]
    layer_fit = functional.cosine_similarity(grounding.layer_video, layer_query, dim=-1).cpu()  # [B, K, T]
    rows = zip(answers, certainty, grounding.cosine.cpu(), layer_fit, strict=True)
    return [Trace(answer, sure, fit, gates.float().cpu(), layers) for answer, sure, fit, layers in rows]


def _best(boundary: Tensor, limit: int) -> Tensor:
    order = boundary[:, 2].argsort(descending=True, stable=True)
    return boundary[order[:limit]]
