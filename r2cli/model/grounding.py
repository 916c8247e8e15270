"""What passes between the two halves of the model, and what its heads say.

Axes: V videos · B queries · K layers, lowest first · T clips · P patches, CLS first · N points · D width.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class VideoMemory:
    """Everything that the model needs of videos, whatever the query; compute it once and ask many times."""

    patches: Tensor
    """[V, K, T, P, D]."""
    clip_mask: Tensor | None = None
    """[V, T], True where a clip is not padding; None when all are."""

    @property
    def videos(self) -> int:
        """V."""
        return self.patches.shape[0]

    @property
    def clips(self) -> int:
        """T, padding included."""
        return self.patches.shape[2]

    def expand(self, index: Tensor) -> VideoMemory:
        """Pick, repeat or reorder videos, so that each query of a batch has its own row.

        Gradients flow back to the videos. Where every video has the same number of queries, one after the other, hand
        the memory to `R2.ground` as it is: it shares the rows without copying them.

        Args:
            index: [B] int64, the video of each query.

        Returns:
            A memory of B rows.
        """
        mask = None if self.clip_mask is None else self.clip_mask.index_select(0, index)
        return VideoMemory(self.patches.index_select(0, index), mask)

    def to(self, device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> VideoMemory:
        """The same memory elsewhere, or in another precision (half precision halves a cache)."""
        mask = None if self.clip_mask is None else self.clip_mask.to(device=device)
        return VideoMemory(self.patches.to(device=device, dtype=dtype), mask)


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
