"""The temporal pyramid and the points it judges (paper, section 3.3).

Axes: B batch · T clips · N points of all levels · D width.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


class Halving(nn.Module):
    """Join clips two by two; an odd one at the end is left out."""

    def __init__(self, dims: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(dims, dims, 2, stride=2)
        self.norm = nn.LayerNorm(dims)

    def forward(self, x: Tensor) -> Tensor:
        """Halve x [B, T, D] -> [B, T // 2, D]."""
        batch, clips, dims = x.shape
        pairs = x[:, : clips // 2 * 2].reshape(batch, clips // 2, 2 * dims)
        weight = self.conv.weight.transpose(1, 2).flatten(1)  # [D, D, 2] -> [D, 2*D]: a product is the faster way
        halved: Tensor = self.norm(functional.linear(pairs, weight, self.conv.bias))
        return halved.relu()


class Pyramid(nn.Module):
    """The window at several rates, each level made from the finest with weights of its own."""

    def __init__(self, dims: int, strides: Sequence[int]) -> None:
        super().__init__()
        self.strides = tuple(strides)
        self.levels = nn.ModuleList(
            nn.Sequential(*(Halving(dims) for _ in range(stride.bit_length() - 1))) for stride in self.strides
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        """Build the levels.

        Args:
            x: [B, T, D], already behind its ReLU.

        Returns:
            One [B, T // stride, D] for each stride that is not longer than the window.
        """
        return [level(x) for level in list(self.levels)[: len(level_sizes(x.shape[1], self.strides))]]


def level_sizes(clips: int, strides: Sequence[int]) -> tuple[int, ...]:
    """How many points each level has in a window of so many clips; levels without any are left out."""
    return tuple(clips // stride for stride in strides if clips >= stride)


def make_points(clips: int, strides: Sequence[int], device: torch.device) -> Tensor:
    """The places that the heads judge.

    Args:
        clips: T, padding included.
        strides: Of the levels, rising.
        device: Where to make them.

    Returns:
        [N, 4] float32: position in clips, shortest and longest reach in clips that the level answers for, stride.
    """
    levels = []
    for number, size in enumerate(level_sizes(clips, strides)):
        stride = strides[number]
        low = 0 if number == 0 else strides[number]
        high = math.inf if number == len(strides) - 1 else 2 * stride
        position = torch.arange(size, dtype=torch.float32, device=device) * stride
        rest = torch.tensor((low, high, stride), dtype=torch.float32, device=device).expand(size, 3)
        levels.append(torch.cat((position[:, None], rest), dim=1))
    return torch.cat(levels)


def level_mask(clip_mask: Tensor, strides: Sequence[int]) -> Tensor:
    """Which points stand on at least one valid clip: [B, T] -> [B, N]."""
    valid = clip_mask[:, None].float()
    levels = [
        functional.max_pool1d(valid, stride)[:, 0]
        for stride, _ in zip(strides, level_sizes(clip_mask.shape[1], strides), strict=False)
    ]
    return torch.cat(levels, dim=1) > 0


def stretch_levels(values: Tensor, clips: int, strides: Sequence[int]) -> Tensor:
    """Repeat every level's values until each reaches all clips, and take the highest.

    Args:
        values: [B, N].
        clips: T.
        strides: Of the levels.

    Returns:
        [B, T].
    """
    sizes = level_sizes(clips, strides)
    clip = torch.arange(clips, device=values.device)
    levels = [
        level[:, (clip // (clips // size)).clamp(max=size - 1)]
        for level, size in zip(torch.split(values, list(sizes), dim=1), sizes, strict=True)
    ]
    return torch.stack(levels).amax(dim=0)
