"""What an R² model learns from in one step.

Axes: V videos · B queries, a multiple of V · K layers of CLIP · T clips · P patches · L query tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from r2cli.models.r2 import R2
from r2cli.training.losses import LossWeights, losses
from r2cli.training.targets import Truth
from r2cli.training.team import ALONE, Team


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
    whole: int | None = None
    """Of how many queries this is a share; None: it is all."""

    def to(self, device: torch.device) -> Batch:
        """The same, somewhere else."""
        rest = (self.truth.windows, self.truth.window_mask, self.clip_mask, self.query_mask)
        windows, window_mask, clip_mask, query_mask = (None if one is None else one.to(device) for one in rest)
        truth = Truth(self.truth.saliency.to(device), self.truth.positive_clip.to(device), windows, window_mask)
        return Batch(self.video.to(device), self.query.to(device), truth, clip_mask, query_mask, self.whole)

    def as_long_as(self, team: Team) -> Batch:
        """The same, padded to the longest that any process of a team has, so that all have the same points.

        Args:
            team: Whose processes each hold a share, with its masks, as `collate` makes it.
        """
        windows = self.truth.windows
        clips, tokens, moments = team.longest(
            self.video.shape[2], self.query.shape[2], 0 if windows is None else windows.shape[1]
        )
        truth = Truth(
            _padded(self.truth.saliency, 1, clips),
            self.truth.positive_clip,
            None if windows is None else _padded(windows, 1, moments),
            None if self.truth.window_mask is None else _padded(self.truth.window_mask, 1, moments),
        )
        return replace(
            self,
            video=_padded(self.video, 2, clips),
            query=_padded(self.query, 2, tokens),
            truth=truth,
            clip_mask=None if self.clip_mask is None else _padded(self.clip_mask, 1, clips),
            query_mask=None if self.query_mask is None else _padded(self.query_mask, 1, tokens),
        )


def _padded(tensor: Tensor, dim: int, length: int) -> Tensor:
    """With zeros, or False, at the end of one dimension."""
    missing = length - tensor.shape[dim]
    if not missing:
        return tensor
    return torch.cat((tensor, tensor.new_zeros([*tensor.shape[:dim], missing, *tensor.shape[dim + 1 :]])), dim)


def pad_tokens(tokens: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Stack tokens of different lengths.

    Args:
        tokens: n tensors [K, length, ...].

    Returns:
        [n, K, longest, ...] with zeros where padded, and [n, longest] True where not.
    """
    mask = pad_sequence([torch.ones(one.shape[1], dtype=torch.bool) for one in tokens], batch_first=True)
    return pad_sequence([one.transpose(0, 1) for one in tokens], batch_first=True).transpose(1, 2), mask


def batch_losses(
    model: R2,
    batch: Batch,
    weights: LossWeights,
    *,
    half: bool = False,
    team: Team = ALONE,
) -> dict[str, Tensor]:
    """The losses of a batch.

    Args:
        model: What is asked.
        batch: What it is asked, and what is true; of a team, this process's share.
        weights: Of the losses.
        half: Compute in bfloat16 what bears it: faster on processors that have it.
        team: The processes that share the batch.
    """
    where: AbstractContextManager[object] = torch.autocast("cpu", torch.bfloat16) if half else nullcontext()
    with where:
        grounding = model(batch.video, batch.query, batch.clip_mask, batch.query_mask)
    whole = len(batch.query) if batch.whole is None else batch.whole
    return losses(team.gather(grounding, whole), team.gather(batch.truth, whole), weights)
