"""The R² Block: reversed recurrence over CLIP's layers, last layer first (paper, section 3.2).

Axes: V videos · R queries of each video · B = V*R · K layers, lowest first · T clips · S clips of several videos, one
after the other · P patches, CLS first · L query tokens · D width.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from r2cli.models.r2.config import R2Config
from r2cli.models.r2.dropout import Dropout
from r2cli.models.r2.grounding import WindowMemory
from r2cli.models.r2.temporal import TemporalLayer
from r2cli.models.transformer.places import end_points, positions

CACHED = 1 << 19
"""Values of the memory that are worked on at once on a processor: as float32 they fit in the caches of two cores."""


class TokenMap(nn.Module):
    """Two normalised linear layers from CLIP's width to the block's; one map serves all layers of CLIP."""

    def __init__(self, inputs: int, dims: int, dropout: float) -> None:
        super().__init__()
        self.input_norm = nn.LayerNorm(inputs)
        self.input = nn.Linear(inputs, dims)
        self.output_norm = nn.LayerNorm(dims)
        self.output = nn.Linear(dims, dims)
        self.dropout = Dropout(dropout)

    def forward(self, tokens: Tensor) -> Tensor:
        """Map tokens [..., inputs] -> [..., D]."""
        hidden = self.input(self.dropout(self.input_norm(tokens))).relu()
        mapped: Tensor = self.output(self.dropout(self.output_norm(hidden)))
        return mapped


class PatchAttention(nn.Module):
    """Every query token gathers the patches of a clip that speak of it; the strongest token wins in each channel."""

    def __init__(self, dims: int, ignore_padding: bool) -> None:
        super().__init__()
        self.query = nn.Linear(dims, dims)
        self.patch = nn.Linear(dims, dims)
        self.ignore_padding = ignore_padding

    def forward(self, patches: Tensor, scale: Tensor | None, query: Tensor, query_mask: Tensor | None) -> Tensor:
        """Gather patches.

        The patch projection is applied to the query instead: (W_q q + b_q)(W_v v + b_v)ᵀ is ((W_q q + b_q) W_v) vᵀ plus
        a constant for each query token, which the softmax over patches ignores. So no matrix of the block's width
        meets a patch here, and `patch.bias` has no effect; it is kept because checkpoints have it.

        Args:
            patches: [V, T, P, D], floating point, or int8 to be multiplied by `scale`.
            scale: [V, T, P], or None.
            query: [V, R, L, D], the R queries of each video.
            query_mask: [V, R, L] or None; used only when padding is ignored.

        Returns:
            [V, R, T, D].
        """
        gathered = _gather(patches, scale, self._keys(query).flatten(1, 2))  # [V, T, R*L, D]
        gathered += query.flatten(1, 2)[:, None]
        tokens = gathered.view(*gathered.shape[:2], *query.shape[1:])  # [V, T, R, L, D]
        if self.ignore_padding and query_mask is not None:
            tokens = tokens.masked_fill(~query_mask[:, None, :, :, None], -math.inf)
        strongest: Tensor = tokens.amax(dim=3)
        return strongest.transpose(1, 2)  # [V, T, R, D] -> [V, R, T, D]

    def ask(self, patches: Tensor, scale: Tensor | None, query: Tensor) -> Tensor:
        """`forward` for one query about all videos, without padding and without a gradient.

        On a processor it takes a few clips at a time, so that their patches stay in its caches between all steps.

        Args:
            patches: [V, T, P, D], as for `forward`.
            scale: [V, T, P] or None.
            query: [L, D].

        Returns:
            [V*T, D].
        """
        keys = self._keys(query)
        if patches.device.type != "cpu":
            gathered = _gather(patches, scale, keys.expand(len(patches), -1, -1))  # [V, T, L, D]
            return gathered.add_(query).amax(dim=2).flatten(0, 1)
        videos, clips, count, dims = patches.shape
        step = max(1, CACHED // (count * dims))
        strongest = keys.new_empty(videos, clips, dims)
        held = keys.new_empty(min(step, clips), count, dims)  # the same memory for all pieces
        for video in range(videos):
            for start in range(0, clips, step):
                piece = slice(start, start + step)
                values = held[: clips - start].copy_(patches[video, piece])  # [t, P, D]
                logits = keys.expand(len(values), -1, -1) @ values.transpose(1, 2)  # [t, L, P]
                if scale is not None:
                    logits *= scale[video, piece, None]
                weights = logits.softmax(dim=-1)
                if scale is not None:
                    weights *= scale[video, piece, None]
                torch.amax((weights @ values).add_(query), dim=1, out=strongest[video, piece])
        return strongest.flatten(0, 1)

    def _keys(self, query: Tensor) -> Tensor:
        """What patches are compared with: [..., L, D] -> [..., L, D]."""
        keys: Tensor = self.query(query) @ self.patch.weight / math.sqrt(query.shape[-1])
        return keys


def _gather(patches: Tensor, scale: Tensor | None, keys: Tensor) -> Tensor:
    """The mean of each clip's patches under the attention of every key: [V, T, P, D], [V, N, D] -> [V, T, N, D].

    Values in 8 bits are only cast; the scale multiplies what they are multiplied with.
    """
    values = patches.to(keys.dtype)
    logits = values.flatten(1, 2) @ keys.transpose(1, 2)  # [V, T*P, N]
    logits = logits.view(*patches.shape[:3], -1).transpose(2, 3)  # [V, T, N, P]
    if scale is not None:
        logits = logits * scale[:, :, None]
    weights = logits.softmax(dim=-1)
    if scale is not None:
        weights = weights * scale[:, :, None]
    gathered: Tensor = weights.to(values.dtype) @ values
    return gathered


class R2Block(nn.Module):
    """Refine clips from CLIP's last layer down, all steps sharing all weights but their gate and scale."""

    def __init__(self, config: R2Config) -> None:
        super().__init__()
        self.gate = nn.Parameter(torch.zeros(config.layers - 1))
        self.scale = nn.Parameter(torch.zeros(config.layers))
        self.video_map = TokenMap(config.vision_inputs, config.dims, config.dropout)
        self.query_map = TokenMap(config.query_width, config.dims, config.dropout)
        self.patch_attention = PatchAttention(config.dims, config.ignore_padding)
        self.temporal = TemporalLayer(config.dims, config.heads, config.ffn_ratio, config.drop_path)
        self.tef = config.tef

    def map_video(self, tokens: Tensor, ends: Tensor | None = None) -> Tensor:
        """Map vision tokens; knows no query.

        Args:
            tokens: [V, K, T, P, Dv].
            ends: [T, 2] from `end_points`, where the clips are but some of a window's; None: they are the window.

        Returns:
            [V, K, T, P, D].
        """
        if self.tef:
            ends = end_points(tokens.shape[2], tokens) if ends is None else ends
            tokens = torch.cat((tokens, ends[:, None].expand(*tokens.shape[:-1], 2)), dim=-1)
        mapped: Tensor = self.video_map(tokens)
        return mapped

    def map_query(self, tokens: Tensor) -> Tensor:
        """Map query tokens [B, K, L, Dq] -> [B, K, L, D]."""
        mapped: Tensor = self.query_map(tokens)
        return mapped

    def forward(
        self, memory: WindowMemory, query: Tensor, clip_mask: Tensor | None, query_mask: Tensor | None
    ) -> Tensor:
        """Run the recurrence.

        Args:
            memory: Of V videos, made of what `map_video` returns.
            query: [B, K, L, D] from `map_query`; rows v*R .. v*R+R-1 belong to video v.
            clip_mask: [B, T] or None; of the queries, whatever the memory's is.
            query_mask: [B, L] or None.

        Returns:
            [B, T, D].
        """
        videos, layers, clips, _, dims = memory.patches.shape
        place = positions(clips, dims, memory.patches.device)
        grouped = query.reshape(videos, -1, *query.shape[1:])  # [V, R, K, L, D]
        grouped_mask = None if query_mask is None else query_mask.reshape(videos, -1, query_mask.shape[1])
        # Unbound once, not indexed step by step: the gradient of an index is a tensor of full size, mostly zeros.
        layer_patches, layer_cls = memory.patches.unbind(1), memory.cls().unbind(1)
        layer_scale = [None] * layers if memory.scale is None else memory.scale.unbind(1)
        last: Tensor | None = None
        for k in reversed(range(layers)):
            gathered = self.patch_attention(
                layer_patches[k], layer_scale[k], grouped[:, :, k], grouped_mask
            )  # [V, R, T, D]
            x = self._take_in(k, layer_cls[k][:, None], gathered, None if last is None else last.view_as(gathered))
            last = self.temporal(x.flatten(0, 1), query[:, k], place, query_mask, clip_mask)  # [B, T, D]
        assert last is not None  # R2Config asks for at least one layer
        return last

    def ask(self, memories: Sequence[WindowMemory], cls: Sequence[Tensor], query: Tensor) -> list[Tensor]:
        """Run the recurrence for one query about videos of any lengths, without a gradient.

        What is done to each clip by itself is done to those of all videos at once.

        Args:
            memories: Of V videos each, without padding.
            cls: What their `cls` gives, [V, K, T, D] each.
            query: [K, L, D] from `map_query`.

        Returns:
            [V, T, D] of each memory.
        """
        shapes = [(memory.videos, memory.clips) for memory in memories]
        dims, device = query.shape[-1], query.device
        place = torch.cat([positions(clips, dims, device).repeat(videos, 1) for videos, clips in shapes])  # [S, D]
        layer_cls = torch.cat([one.transpose(0, 1).flatten(1, 2) for one in cls], dim=1)  # [K, S, D]
        last: Tensor | None = None
        for k in reversed(range(len(query))):
            gathered = [
                self.patch_attention.ask(one.patches[:, k], None if one.scale is None else one.scale[:, k], query[k])
                for one in memories
            ]
            x = self._take_in(k, layer_cls[k], torch.cat(gathered), last)
            last = self.temporal.ask(x, query[k], place, shapes)
        assert last is not None  # R2Config asks for at least one layer
        parts = torch.split(last, [videos * clips for videos, clips in shapes])
        return [part.view(*shape, dims) for part, shape in zip(parts, shapes, strict=True)]

    def gates(self) -> Tensor:
        """Share in which each layer of CLIP is taken in, [K], lowest first; nothing comes before the last one."""
        return torch.cat((self.gate.sigmoid(), self.gate.new_ones(1)))

    def _take_in(self, k: int, cls: Tensor, gathered: Tensor, last: Tensor | None) -> Tensor:
        """What a layer of CLIP adds to what the layers above it have given."""
        x = cls + self.scale[k].tanh() * gathered
        if last is None:
            return x
        gate = self.gate[k].sigmoid()
        return gate * x + (1 - gate) * last
