"""What is true of a batch of queries, and what each point of the pyramid should therefore say.

Axes: B queries · G true moments (padded) · T clips · N points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

NONE = -1
"""The positive clip of a query that is not answered anywhere in its video."""


@dataclass(frozen=True)
class Truth:
    """What is true of B queries. A query may have no true moment at all."""

    saliency: Tensor
    """[B, T] in [0, 1]; 0 where padded."""
    positive_clip: Tensor
    """[B] int64: one clip that the query is about, or `NONE`."""
    windows: Tensor | None = None
    """[B, G, 2]: start and end of the true moments, in clips; None for highlight-only models."""
    window_mask: Tensor | None = None
    """[B, G], True where a window is not padding; None when all are."""

    @property
    def answered(self) -> Tensor:
        """[B], True for the queries that have a positive clip."""
        return self.positive_clip != NONE


@dataclass(frozen=True)
class PointTargets:
    """What the points of a batch should say."""

    positive: Tensor
    """[B, N], True where a point stands for a true moment."""
    reach: Tensor
    """[B, N, 2]: true reach to the left and right, in strides; means something only where positive."""


def pad_windows(windows: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Stack lists of moments of different length.

    Args:
        windows: B tensors [G_b, 2]; G_b may be 0.

    Returns:
        [B, G, 2] with zeros where padded, and [B, G] True where not; G is at least 1.
    """
    longest = max(1, *(len(rows) for rows in windows))
    stacked = torch.zeros(len(windows), longest, 2)
    mask = torch.zeros(len(windows), longest, dtype=torch.bool)
    for row, moments in enumerate(windows):
        stacked[row, : len(moments)] = moments
        mask[row, : len(moments)] = True
    return stacked, mask


def assign_points(
    points: Tensor, windows: Tensor, window_mask: Tensor | None = None, radius: float = 1.5
) -> PointTargets:
    """Decide which points answer for which moment.

    A point is positive when it stands inside a moment, at most `radius` strides from the moment's middle, and the
    longer of its two reaches is one that its level answers for. Among several moments it takes the shortest.

    Args:
        points: [N, 4] from the model.
        windows: [B, G, 2] in clips.
        window_mask: [B, G], True where a window is not padding; None when all are.
        radius: In strides.

    Returns:
        The targets of every point.
    """
    position, low, high, stride = points.unbind(dim=1)
    start, end = windows[..., None, 0], windows[..., None, 1]  # [B, G, 1]
    centre, near = (start + end) / 2, radius * stride
    left, right = position - start, end - position  # [B, G, N]
    inside = (position >= torch.maximum(centre - near, start)) & (position <= torch.minimum(centre + near, end))
    longer = torch.maximum(left, right)
    fits = inside & (longer >= low) & (longer <= high)
    if window_mask is not None:
        fits &= window_mask[..., None]
    length = (end - start).expand_as(left).masked_fill(~fits, torch.inf)
    chosen = length.argmin(dim=1, keepdim=True)  # [B, 1, N]
    reach = torch.cat((left.gather(1, chosen), right.gather(1, chosen)), dim=1).transpose(1, 2)  # [B, N, 2]
    return PointTargets(fits.any(dim=1), reach / stride[:, None])
