"""What an R² model learns from in one step.

Axes: V videos · B queries, a multiple of V · K layers of CLIP · T clips · P patches · L query tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from r2cli.models.r2 import R2
from r2cli.training.losses import LossWeights, losses
from r2cli.training.targets import Truth


@dataclass(frozen=True)
class Batch:
    """Videos, queries about them, and what is true of those."""

    video: Tensor
    """[V, K, T, P, Dv], zero where padded."""
    query: Tensor
    """[B, K, L, Dq], zero where padded; the first B/V queries are about the first video, and so on."""
    truth: Truth
    """Of the B queries."""
    clip_mask: Tensor | None = None
    """[V, T], True where a clip is not padding; None when all are."""
    query_mask: Tensor | None = None
    """[B, L], True where a token is not padding; None when all are."""

    def to(self, device: torch.device) -> Batch:
        """The same, somewhere else."""
        rest = (self.truth.windows, self.truth.window_mask, self.clip_mask, self.query_mask)
        windows, window_mask, clip_mask, query_mask = (None if one is None else one.to(device) for one in rest)
        truth = Truth(self.truth.saliency.to(device), self.truth.positive_clip.to(device), windows, window_mask)
        return Batch(self.video.to(device), self.query.to(device), truth, clip_mask, query_mask)


def pad_tokens(tokens: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Stack tokens of different lengths.

    Args:
        tokens: n tensors [K, length, ...].

    Returns:
        [n, K, longest, ...] with zeros where padded, and [n, longest] True where not.
    """
    mask = pad_sequence([torch.ones(one.shape[1], dtype=torch.bool) for one in tokens], batch_first=True)
    return pad_sequence([one.transpose(0, 1) for one in tokens], batch_first=True).transpose(1, 2), mask


def batch_losses(model: R2, batch: Batch, weights: LossWeights, *, half: bool = False) -> dict[str, Tensor]:
    """The losses of a batch.

    Args:
        model: What is asked.
        batch: What it is asked, and what is true.
        weights: Of the losses.
        half: Compute in bfloat16 what bears it: faster on processors that have it.
    """
    where: AbstractContextManager[object] = torch.autocast("cpu", torch.bfloat16) if half else nullcontext()
    with where:
        grounding = model(batch.video, batch.query, batch.clip_mask, batch.query_mask)
    return losses(grounding, batch.truth, weights)
