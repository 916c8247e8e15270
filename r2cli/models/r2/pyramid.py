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

    def forward(self, groups: Sequence[Tensor]) -> list[Tensor]:
        """Halve each [B, T, D] -> [B, T // 2, D]."""
        halves = [x[:, : x.shape[1] // 2 * 2].reshape(len(x), x.shape[1] // 2, -1) for x in groups]  # [B, T // 2, 2*D]
        pairs = torch.cat([half.flatten(0, 1) for half in halves])
        weight = self.conv.weight.transpose(1, 2).flatten(1)  # [D, D, 2] -> [D, 2*D]: a product is the faster way
        halved = self.norm(functional.linear(pairs, weight, self.conv.bias)).relu()
        parts = torch.split(halved, [half.shape[0] * half.shape[1] for half in halves])
        return [part.view(*half.shape[:2], -1) for part, half in zip(parts, halves, strict=True)]


class Pyramid(nn.Module):
    """The window at several rates, each level made from the finest with weights of its own."""

    def __init__(self, dims: int, strides: Sequence[int]) -> None:
        super().__init__()
        self.strides = tuple(strides)
        self.levels = nn.ModuleList(
            nn.Sequential(*(Halving(dims) for _ in range(stride.bit_length() - 1))) for stride in self.strides
        )

    def forward(self, groups: Sequence[Tensor]) -> list[list[Tensor]]:
        """Build the levels of windows, in groups of windows of equal length.

        Args:
            groups: [B, T, D] each, already behind its ReLU.

        Returns:
            For each group one [B, T // stride, D] for each stride that is not longer than its windows.
        """
        built: list[list[Tensor]] = [[] for _ in groups]
        for stride, level in zip(self.strides, self.levels, strict=True):
            long = [number for number, x in enumerate(groups) if x.shape[1] >= stride]
            for number, x in zip(long, level([groups[number] for number in long]) if long else (), strict=True):
                built[number].append(x)
        return built


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
