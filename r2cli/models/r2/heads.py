"""What is read off the pyramid and the query.

Axes: B batch · T points of one level · N points of all levels · R rows · L query tokens · D width.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class LevelRows:
    """The points of all samples and levels as rows of one matrix, with a row of zeros behind each level.

    Few large products are three times as fast on a processor as a convolution for each level.
    """

    rows: Tensor
    """[R, D]: of each group B * (N + levels)."""
    is_point: Tensor
    """[R, 1]: 0 for the rows of zeros, 1 for all others."""
    groups: tuple[tuple[int, tuple[int, ...]], ...]
    """Samples of each group, and points of each of its levels."""

    @classmethod
    def of(cls, groups: Sequence[Sequence[Tensor]]) -> LevelRows:
        """Lay out the levels, [B, T, D] each, of groups of samples of equal length."""
        shapes = tuple((levels[0].shape[0], tuple(level.shape[1] for level in levels)) for levels in groups)
        # Made where the levels are, and not of numbers from here, for which a graphics card would wait.
        marks = [[torch.ones_like(level[..., :1]) for level in levels] for levels in groups]
        return cls(_with_zeros_behind(groups), _with_zeros_behind(marks), shapes)

    def points(self, values: Tensor) -> list[Tensor]:
        """What belongs to points alone, of values that belong to rows.

        Args:
            values: [R, outputs].

        Returns:
            [B, N, outputs] of each group.
        """
        padded = [[size + 1 for size in sizes] for _, sizes in self.groups]
        rows = [samples * sum(sizes) for (samples, _), sizes in zip(self.groups, padded, strict=True)]
        points = []
        for part, (samples, _), sizes in zip(torch.split(values, rows), self.groups, padded, strict=True):
            levels = torch.split(part.view(samples, sum(sizes), -1), sizes, dim=1)
            points.append(torch.cat([level[:, :-1] for level in levels], dim=1))
        return points


def _with_zeros_behind(groups: Sequence[Sequence[Tensor]]) -> Tensor:
    """All levels [B, T, outputs] as rows [R, outputs], each with one of zeros behind it."""
    padded = ([functional.pad(level, (0, 0, 0, 1)) for level in levels] for levels in groups)
    return torch.cat([torch.cat(levels, dim=1).flatten(0, 1) for levels in padded])


class ConvHead(nn.Module):
    """Two convolutions over time, shared by all levels."""

    def __init__(self, dims: int, outputs: int) -> None:
        super().__init__()
        self.hidden = nn.Conv1d(dims, dims, 3, padding=1)
        self.output = nn.Conv1d(dims, outputs, 3, padding=1)

    def forward(self, levels: LevelRows) -> list[Tensor]:
        """Read all levels -> [B, N, outputs] of each group."""
        hidden = _convolve(levels.rows, self.hidden).relu() * levels.is_point
        return levels.points(_convolve(hidden, self.output))


def _convolve(rows: Tensor, conv: nn.Conv1d) -> Tensor:
    """A convolution along rows, padded with zeros, as one product for each of its taps: [R, D] -> [R, outputs]."""
    padded = functional.pad(rows, (0, 0, conv.kernel_size[0] // 2, conv.kernel_size[0] // 2))
    taps = conv.weight.permute(2, 1, 0).contiguous()  # [outputs, D, taps] -> [taps, D, outputs]
    values = conv.bias if conv.bias is not None else rows.new_zeros(())
    for tap, weight in enumerate(taps):
        values = torch.addmm(values, padded[tap : tap + len(rows)], weight)
    return values


class QueryPooling(nn.Module):
    """The query as one vector: a mean of its valid tokens with learned weights."""

    def __init__(self, dims: int) -> None:
        super().__init__()
        self.score = nn.Linear(dims, 1, bias=False)

    def forward(self, tokens: Tensor, mask: Tensor | None) -> Tensor:
        """Pool tokens.

        Args:
            tokens: [..., L, D].
            mask: [..., L], True where valid; None for everywhere.

        Returns:
            [..., D].
        """
        scores: Tensor = self.score(tokens)[..., 0]
        if mask is not None:
            scores = scores.masked_fill(~mask, -math.inf)
        weights = scores.softmax(dim=-1)
        return (weights[..., None, :].to(tokens.dtype) @ tokens)[..., 0, :]  # [..., 1, L] @ [..., L, D] -> [..., D]
