"""One step through time: clips look at the query, then at each other (paper, section 3.2).

Axes: B batch · T clips · L query tokens · H heads · D width.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


def positions(clips: int, dims: int, device: torch.device) -> Tensor:
    """Sine and cosine of each clip's relative place in the window.

    Args:
        clips: T, padding included.
        dims: D.
        device: Where to make them.

    Returns:
        [T, D] float32; even channels hold sines, odd ones cosines.
    """
    place = torch.arange(1, clips + 1, dtype=torch.float32, device=device) / (clips + 1e-6) * (2 * math.pi)
    channel = torch.arange(dims, device=device)
    angle = place[:, None] / 10000 ** (2 * torch.div(channel, 2, rounding_mode="floor") / dims)
    return torch.where(channel % 2 == 0, angle.sin(), angle.cos())


class Attention(nn.Module):
    """Multi-head attention with four projections of equal width."""

    def __init__(self, dims: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(dims, dims)
        self.key = nn.Linear(dims, dims)
        self.value = nn.Linear(dims, dims)
        self.output = nn.Linear(dims, dims)
        for linear in (self.query, self.key, self.value, self.output):
            nn.init.xavier_uniform_(linear.weight)
            nn.init.zeros_(linear.bias)

    def forward(self, query: Tensor, key: Tensor, value: Tensor, key_mask: Tensor | None) -> Tensor:
        """Attend.

        Args:
            query: [B, T, D].
            key: [B, L, D].
            value: [B, L, D].
            key_mask: [B, L], True where a key may be looked at; None for everywhere.

        Returns:
            [B, T, D].
        """
        # torch's fused attention is not used: in bfloat16 on the CPU its gradient is ten times slower than this.
        queries, keys = self._split(self.query(query)), self._split(self.key(key))
        values = self._split(self.value(value))
        logits = (queries @ keys.transpose(2, 3)).div_(math.sqrt(queries.shape[-1]))  # [B, H, T, L]
        if key_mask is not None:
            logits = logits.masked_fill(~key_mask[:, None, None, :], -math.inf)
        mixed = logits.softmax(dim=-1).to(values.dtype) @ values
        output: Tensor = self.output(mixed.transpose(1, 2).flatten(2))  # [B, H, T, D/H] -> [B, T, D]
        return output

    def _split(self, x: Tensor) -> Tensor:
        return x.reshape(*x.shape[:2], self.heads, -1).transpose(1, 2)  # [B, T, D] -> [B, H, T, D/H]


class DropPath(nn.Module):
    """Leave a residual branch out for some samples, in training only; the others grow to keep the mean."""

    def __init__(self, chance: float) -> None:
        super().__init__()
        self.chance = chance

    def forward(self, x: Tensor) -> Tensor:
        """Drop whole samples of x [B, ...]."""
        if not self.training or self.chance == 0:
            return x
        keep = 1 - self.chance
        kept = x.new_empty(x.shape[0], *[1] * (x.dim() - 1)).bernoulli_(keep)
        return x * kept / keep


class TemporalLayer(nn.Module):
    """Post-norm decoder layer: attention to the query, attention to the other clips, feed-forward."""

    def __init__(self, dims: int, heads: int, ffn_ratio: int, drop_path: float) -> None:
        super().__init__()
        self.query_attention = Attention(dims, heads)
        self.query_norm = nn.LayerNorm(dims)
        self.clip_attention = Attention(dims, heads)
        self.clip_norm = nn.LayerNorm(dims)
        self.widen = nn.Linear(dims, ffn_ratio * dims)
        self.narrow = nn.Linear(ffn_ratio * dims, dims)
        self.feedforward_norm = nn.LayerNorm(dims)
        self.drop_path = DropPath(drop_path)
        for linear in (self.widen, self.narrow):
            nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
            nn.init.zeros_(linear.bias)

    def forward(
        self, x: Tensor, query: Tensor, place: Tensor, query_mask: Tensor | None, clip_mask: Tensor | None
    ) -> Tensor:
        """Refine clips.

        Args:
            x: [B, T, D], the clips.
            query: [B, L, D].
            place: [T, D] from `positions`; enters queries and keys, never values or residuals.
            query_mask: [B, L] or None.
            clip_mask: [B, T] or None.

        Returns:
            [B, T, D].
        """
        x = self.query_norm(x + self.drop_path(self.query_attention(x + place, query, query, query_mask)))
        placed = x + place
        x = self.clip_norm(x + self.drop_path(self.clip_attention(placed, placed, x, clip_mask)))
        x = self.feedforward_norm(x + self.drop_path(self.narrow(self.widen(x).relu_())))
        return x
