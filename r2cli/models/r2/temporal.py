"""One step through time: clips look at the query, then at each other (paper, section 3.2).

Axes: B batch · T clips · S clips of several windows, one after the other · L query tokens · H heads · D width.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


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

    def to_few(self, query: Tensor, key: Tensor) -> Tensor:
        """`forward` for clips of which all look at the same keys; these are the values too.

        The four projections are applied to the keys alone: as long as there are fewer of them, over all heads, than the
        block is wide, that is less work for each clip.

        Args:
            query: [S, D].
            key: [L, D].

        Returns:
            [S, D].
        """
        clips, (length, dims) = len(query), key.shape
        if self.heads * length >= dims:
            few: Tensor = self(query[None], key[None], key[None], None)
            return few[0]
        keys, values = self._split(self.key(key)[None])[0], self._split(self.value(key)[None])[0]  # [H, L, D/H]
        keys = keys / math.sqrt(keys.shape[-1])
        seen = keys @ self.query.weight.view(self.heads, -1, dims)  # [H, L, D]
        bias = keys @ self.query.bias.view(self.heads, -1, 1)  # [H, L, 1]
        told = values @ self.output.weight.view(dims, self.heads, -1).permute(1, 2, 0)  # [H, L, D]
        # Clips come last: a softmax over the few keys is fastest across rows.
        logits = torch.addmm(bias.flatten(0, 1), seen.flatten(0, 1), query.T)  # [H*L, S]
        weights = logits.view(self.heads, length, clips).softmax(dim=1).flatten(0, 1)
        return torch.addmm(self.output.bias, weights.T, told.flatten(0, 1))

    def within(self, placed: Tensor, x: Tensor, shapes: Sequence[tuple[int, int]]) -> Tensor:
        """`forward` for clips of several windows, each looking at those of its own window.

        Args:
            placed: [S, D], queries and keys.
            x: [S, D], values.
            shapes: Windows, and clips of each, of every group of windows of equal length; S clips in all.

        Returns:
            [S, D].
        """
        weight = torch.cat((self.query.weight, self.key.weight))
        looks = functional.linear(placed, weight, torch.cat((self.query.bias, self.key.bias)))  # [S, 2*D]
        values, mixed = self.value(x), torch.empty_like(x)
        sizes = [windows * clips for windows, clips in shapes]
        for shape, look, value, out in zip(
            shapes, *(torch.split(one, sizes) for one in (looks, values, mixed)), strict=True
        ):
            queries, keys = look.view(*shape, 2, self.heads, -1).permute(2, 0, 3, 1, 4)  # [B, H, T, D/H]
            logits = (queries @ keys.transpose(2, 3)).div_(math.sqrt(queries.shape[-1]))  # [B, H, T, T]
            heads = logits.softmax(dim=-1) @ self._split(value.view(*shape, -1))
            out.view(*shape, self.heads, -1).copy_(heads.transpose(1, 2))
        output: Tensor = self.output(mixed)
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
        return self._refine(
            x,
            place,
            lambda placed: self.query_attention(placed, query, query, query_mask),
            lambda placed, x: self.clip_attention(placed, placed, x, clip_mask),
        )

    def ask(self, x: Tensor, query: Tensor, place: Tensor, shapes: Sequence[tuple[int, int]]) -> Tensor:
        """Refine the clips of several windows for one query; without a gradient.

        Args:
            x: [S, D].
            query: [L, D].
            place: [S, D], each clip's in its own window.
            shapes: Windows, and clips of each, of every group of windows of equal length.

        Returns:
            [S, D].
        """
        return self._refine(
            x,
            place,
            lambda placed: self.query_attention.to_few(placed, query),
            lambda placed, x: self.clip_attention.within(placed, x, shapes),
        )

    def _refine(
        self,
        x: Tensor,
        place: Tensor,
        look_at_query: Callable[[Tensor], Tensor],
        look_at_clips: Callable[[Tensor, Tensor], Tensor],
    ) -> Tensor:
        x = self.query_norm(x + self.drop_path(look_at_query(x + place)))
        x = self.clip_norm(x + self.drop_path(look_at_clips(x + place, x)))
        x = self.feedforward_norm(x + self.drop_path(self.narrow(self.widen(x).relu_())))
        return x
