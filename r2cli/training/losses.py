"""The five training losses (paper, sections 3.3 and 3.4).

Axes: B queries · A the answered ones among them · K layers of CLIP · T clips · N points · D width.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from r2cli.models.r2 import Grounding
from r2cli.training.targets import PointTargets, Truth, assign_points

TEMPERATURE = 0.07
FOCUS = 2.0


@dataclass(frozen=True)
class LossWeights:
    """How much each loss counts; the defaults are those of QVHighlights."""

    cls: float = 1.0
    reg: float = 0.2
    sal: float = 0.1
    video_cal: float = 0.1
    layer_cal: float = 0.1


def losses(grounding: Grounding, truth: Truth, weights: LossWeights | None = None) -> dict[str, Tensor]:
    """Compare what the heads say with what is true.

    Queries without any true moment teach the class head only: the other losses leave them out.

    Args:
        grounding: Of B queries; highlight-only models (without coordinates) learn soft saliency instead of moments.
        truth: Of the same queries.
        weights: Of the losses.

    Returns:
        Weighted scalars, named as in `LossWeights`; their sum is the loss. `reg` is missing in highlight-only models.

    Raises:
        ValueError: The model has a coordinate head, and the truth no windows.
    """
    weights = weights or LossWeights()
    answered = truth.answered.nonzero()[:, 0]  # [A]
    clip = truth.positive_clip[answered]
    video = grounding.layer_video[answered, :, clip]  # [A, K, D]
    query = grounding.layer_query[answered]
    named: dict[str, Tensor] = {}
    if grounding.coord is None:
        named["cls"] = weights.cls * soft_class_loss(grounding.class_logit, truth.saliency, grounding.point_mask)
    else:
        if truth.windows is None:
            raise ValueError("a model with boundaries learns from windows")
        targets = assign_points(grounding.points, truth.windows, truth.window_mask)
        named["cls"] = weights.cls * focal_loss(grounding.class_logit, targets.positive, grounding.point_mask)
        named["reg"] = weights.reg * reach_loss(grounding.coord, targets)
    named["sal"] = weights.sal * saliency_loss(grounding, truth, across_batch=grounding.coord is not None)
    # [A, K, D] -> [K, A, D]: over the batch, for each layer; as it is: over the layers, for each query
    named["video_cal"] = weights.video_cal * contrast_loss(video.transpose(0, 1), query.transpose(0, 1))
    named["layer_cal"] = weights.layer_cal * contrast_loss(video, query)
    return named


def focal_loss(logit: Tensor, positive: Tensor, mask: Tensor) -> Tensor:
    """Cross-entropy that looks away from what is already right, per valid point.

    Args:
        logit: [B, N].
        positive: [B, N] bool.
        mask: [B, N] bool, valid points.

    Returns:
        A scalar.
    """
    target = positive.to(logit.dtype)
    entropy = functional.binary_cross_entropy_with_logits(logit, target, reduction="none")
    wrong = (logit.sigmoid() - target).abs()
    return (entropy * wrong**FOCUS * mask).sum() / mask.sum().clamp(min=1)


def soft_class_loss(logit: Tensor, saliency: Tensor, mask: Tensor) -> Tensor:
    """Cross-entropy against graded saliency, per valid clip.

    Args:
        logit: [B, T]; highlight-only models have one point per clip.
        saliency: [B, T] in [0, 1].
        mask: [B, T] bool.

    Returns:
        A scalar.
    """
    entropy = functional.binary_cross_entropy_with_logits(logit, saliency, reduction="none")
    return (entropy * mask).sum() / mask.sum().clamp(min=1)


def reach_loss(coord: Tensor, targets: PointTargets) -> Tensor:
    """Mean distance between found and true reach over the positive points; 0 without any.

    Args:
        coord: [B, N, 2] in strides.
        targets: Of the same points.

    Returns:
        A scalar.
    """
    distance = (coord - targets.reach).abs()[targets.positive]
    return distance.sum() / max(1, distance.numel())


def saliency_loss(grounding: Grounding, truth: Truth, *, across_batch: bool) -> Tensor:
    """Pick the positive clip out of the less salient ones; and, at that clip, the right video out of the batch.

    Args:
        grounding: Of B queries.
        truth: Of the same queries.
        across_batch: Whether to do the second as well.

    Returns:
        A scalar; 0 when no query is answered.
    """
    rows = truth.answered.nonzero()[:, 0]
    if not len(rows):
        return grounding.cosine.sum() * 0
    clip, saliency = truth.positive_clip[rows], truth.saliency[rows]
    own = saliency.gather(1, clip[:, None])  # [A, 1]
    rivals = grounding.clip_mask[rows] & (saliency <= own)
    logits = (grounding.cosine[rows] / TEMPERATURE).masked_fill(~rivals, -math.inf)  # [A, T]
    loss = functional.cross_entropy(logits, clip)
    if across_batch:
        # Only the clips that are some query's positive are compared: others may have no rival at all, and the softmax
        # of such a row has no finite gradient.
        picked = logits[:, clip].transpose(0, 1)  # [A clips, A queries]
        loss = loss + functional.cross_entropy(picked, torch.arange(len(rows), device=picked.device))
    return loss


def contrast_loss(video: Tensor, query: Tensor) -> Tensor:
    """Tell which query belongs to which video and the other way round (InfoNCE); mean of both ways.

    Args:
        video: [groups, n, D]; entry i belongs to entry i of `query`.
        query: [groups, n, D].

    Returns:
        A scalar; 0 when there is nothing to compare.
    """
    if not video.numel():
        return video.sum() * 0
    video, query = functional.normalize(video, dim=-1), functional.normalize(query, dim=-1)
    logits = video @ query.transpose(1, 2) / TEMPERATURE  # [groups, n, n]
    by_video = logits.log_softmax(dim=2).diagonal(dim1=1, dim2=2)
    by_query = logits.log_softmax(dim=1).diagonal(dim1=1, dim2=2)
    return -(by_video + by_query).mean() / 2
