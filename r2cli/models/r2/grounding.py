"""What passes between the two halves of the model, and what its heads say.

Axes: V videos · B queries · K layers, lowest first · T clips · P patches, CLS first · N points · D width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

LARGEST = 127
"""Of a quantised value; -128 is left out, so that both signs reach equally far."""
_SMALLEST = torch.finfo(torch.float32).tiny
"""Scale of a token of zeros, which cannot be divided by 0."""


@dataclass(frozen=True)
class WindowMemory:
    """Everything that the model needs of videos, whatever the query; compute it once and ask many times."""

    patches: Tensor
    """[V, K, T, P, D], floating point; or int8, to be multiplied by `scale`."""
    clip_mask: Tensor | None = None
    """[V, T], True where a clip is not padding; None when all are."""
    scale: Tensor | None = None
    """[V, K, T, P], what a step of each int8 token is worth; None when the patches are floating point."""

    @property
    def videos(self) -> int:
        """V."""
        return self.patches.shape[0]

    @property
    def clips(self) -> int:
        """T, padding included."""
        return self.patches.shape[2]

    def quantise(self) -> WindowMemory:
        """The same memory in 8 bits, with a scale for each token: a quarter of the size of float32.

        The largest value of a token becomes 127 or -127; the others are rounded to the nearest step, halves to even.
        A memory that is quantised already is returned as it is.
        """
        if self.scale is not None:
            return self
        patches = self.patches.float()
        largest = torch.maximum(patches.amax(dim=-1), -patches.amin(dim=-1))  # [V, K, T, P]
        scale = (largest / LARGEST).clamp(min=_SMALLEST)
        return WindowMemory((patches / scale[..., None]).round().to(torch.int8), self.clip_mask, scale)

    @classmethod
    def of_clips(cls, pieces: Sequence[WindowMemory]) -> WindowMemory:
        """One memory out of those of neighbouring clips, [V, K, t, P, D] each; of the same videos, without padding."""
        scales = [piece.scale for piece in pieces if piece.scale is not None]
        patches = torch.cat([piece.patches for piece in pieces], dim=2)
        return cls(patches, scale=torch.cat(scales, dim=2) if scales else None)

    def cls(self) -> Tensor:
        """What the first token of each clip is, [V, K, T, D], in the precision of the patches or in float32."""
        first = self.patches[:, :, :, 0]
        return first if self.scale is None else first * self.scale[..., 0, None].float()

    def expand(self, index: Tensor) -> WindowMemory:
        """Pick, repeat or reorder videos, so that each query of a batch has its own row.

        Gradients flow back to the videos. Where every video has the same number of queries, one after the other, hand
        the memory to `R2.ground` as it is: it shares the rows without copying them.

        Args:
            index: [B] int64, the video of each query.

        Returns:
            A memory of B rows.
        """
        mask, scale = (None if part is None else part.index_select(0, index) for part in (self.clip_mask, self.scale))
        return WindowMemory(self.patches.index_select(0, index), mask, scale)

    def to(self, device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> WindowMemory:
        """The same memory elsewhere, or in another floating-point precision.

        A quantised memory stays quantised unless a precision is asked for.
        """
        mask = None if self.clip_mask is None else self.clip_mask.to(device=device)
        if self.scale is None:
            return WindowMemory(self.patches.to(device=device, dtype=dtype), mask)
        patches, scale = self.patches.to(device=device), self.scale.to(device=device)
        if dtype is None:
            return WindowMemory(patches, mask, scale)
        return WindowMemory((patches * scale[..., None].float()).to(dtype), mask)


@dataclass(frozen=True)
class Grounding:
    """Everything that the heads say about a batch of queries, float32, with what the training losses compare."""

    class_logit: Tensor
    """[B, N]; its sigmoid is a point's score."""
    coord: Tensor | None
    """[B, N, 2]: reach to the left and right of each point, in strides; None in a highlight-only model."""
    points: Tensor
    """[N, 4]: position in clips, range of reach in clips (low, high), stride."""
    level_sizes: tuple[int, ...]
    """Points on each level, finest first; their sum is N."""
    clip_mask: Tensor
    """[B, T]."""
    point_mask: Tensor
    """[B, N], True where a point stands on a valid clip."""
    video_embedding: Tensor
    """[B, T, D], not negative."""
    query_embedding: Tensor
    """[B, D], the pooled query of the lowest layer."""
    cosine: Tensor
    """[B, T], between the two."""
    saliency: Tensor
    """[B, T]."""
    layer_video: Tensor
    """[B, K, T, D], the mapped CLS token of every clip and layer."""
    layer_query: Tensor
    """[B, K, D], the pooled query of every layer."""

    def boundaries(self, clips_per_second: float | Tensor) -> Tensor:
        """Where each point says that its moment begins and ends.

        Args:
            clips_per_second: One rate, or one per query [B].

        Returns:
            [B, N, 3]: start s, end s, score; in order of the points, neither clamped nor suppressed.

        Raises:
            ValueError: The model has no coordinate head.
        """
        if self.coord is None:
            raise ValueError("a highlight-only model knows no boundaries")
        rate = torch.as_tensor(clips_per_second, dtype=torch.float32, device=self.coord.device).reshape(-1, 1)
        position, stride = self.points[:, 0], self.points[:, 3]
        start = (position - self.coord[..., 0] * stride) / rate
        end = (position + self.coord[..., 1] * stride) / rate
        return torch.stack((start, end, self.class_logit.sigmoid()), dim=-1)
