"""What is read off the pyramid and the query.

Axes: B batch · T points of one level · N points of all levels · L query tokens · D width.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class LevelRows:
    """The points of all samples and levels as rows of one matrix, with a row of zeros behind each level.

    Few large products are three times as fast on a processor as a convolution for each level.
    """

    rows: Tensor
    """[B*S, D], with S = N + levels."""
    sizes: tuple[int, ...]
    """Points of each level; their sum is N."""

    @classmethod
    def of(cls, levels: Sequence[Tensor]) -> LevelRows:
        """Lay out levels, [B, T, D] each."""
        zeros = levels[0].new_zeros(levels[0].shape[0], 1, levels[0].shape[2])
        rows = torch.cat([part for level in levels for part in (level, zeros)], dim=1)  # [B, S, D]
        return cls(rows.flatten(0, 1), tuple(level.shape[1] for level in levels))

    def points(self, values: Tensor) -> Tensor:
        """What belongs to points alone, of values that belong to rows: [B*S, outputs] -> [B, N, outputs]."""
        parts = torch.split(self._by_sample(values), [size + 1 for size in self.sizes], dim=1)
        return torch.cat([part[:, :-1] for part in parts], dim=1)

    def clear(self, values: Tensor) -> Tensor:
        """The same values, [B*S, outputs], with zeros between the levels again."""
        by_sample = self._by_sample(values)
        is_point = values.new_ones(by_sample.shape[1])
        for end in accumulate(size + 1 for size in self.sizes):
            is_point[end - 1] = 0
        return (by_sample * is_point[:, None]).flatten(0, 1)

    def _by_sample(self, values: Tensor) -> Tensor:
        return values.view(-1, sum(self.sizes) + len(self.sizes), values.shape[-1])  # [B, S, outputs]


class ConvHead(nn.Module):
    """Two convolutions over time, shared by all levels."""

    def __init__(self, dims: int, outputs: int) -> None:
        super().__init__()
        self.hidden = nn.Conv1d(dims, dims, 3, padding=1)
        self.output = nn.Conv1d(dims, outputs, 3, padding=1)

    def forward(self, levels: LevelRows) -> Tensor:
        """Read all levels -> [B, N, outputs]."""
        hidden = levels.clear(_convolve(levels.rows, self.hidden).relu())
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
