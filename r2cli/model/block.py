"""The R² Block: reversed recurrence over CLIP's layers, last layer first (paper, section 3.2).

Axes: V videos · R queries of each video · B = V*R · K layers, lowest first · T clips · P patches, CLS first ·
L query tokens · D width.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from r2cli.model.config import R2Config
from r2cli.model.dropout import Dropout
from r2cli.model.grounding import VideoMemory
from r2cli.model.temporal import TemporalLayer, positions

CACHED = 1 << 19
"""Values of the memory that are worked on at once on a processor: as float32 they fit in the caches of two cores."""


def append_end_points(tokens: Tensor) -> Tensor:
    """Append to every token where its clip begins and ends, as shares of the window.

    Args:
        tokens: [V, K, T, P, Dv].

    Returns:
        [V, K, T, P, Dv + 2].
    """
    clips = tokens.shape[2]
    edges = torch.arange(clips + 1, dtype=tokens.dtype, device=tokens.device) / clips
    ends = torch.stack((edges[:-1], edges[1:]), dim=-1)  # [T, 2]
    return torch.cat((tokens, ends[:, None].expand(*tokens.shape[:-1], 2)), dim=-1)


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
        keys = self.query(query) @ self.patch.weight / math.sqrt(query.shape[-1])  # [V, R, L, D]
        gather = _gather if torch.is_grad_enabled() or patches.device.type != "cpu" else _gather_in_pieces
        gathered = gather(patches, scale, keys.flatten(1, 2))  # [V, T, R*L, D]
        gathered += query.flatten(1, 2)[:, None]
        tokens = gathered.view(*gathered.shape[:2], *query.shape[1:])  # [V, T, R, L, D]
        if self.ignore_padding and query_mask is not None:
            tokens = tokens.masked_fill(~query_mask[:, None, :, :, None], -math.inf)
        strongest: Tensor = tokens.amax(dim=3)
        return strongest.transpose(1, 2)  # [V, T, R, D] -> [V, R, T, D]


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


def _gather_in_pieces(patches: Tensor, scale: Tensor | None, keys: Tensor) -> Tensor:
    """`_gather`, a few clips at a time, so that their patches stay in the processor's caches between cast and use."""
    videos, clips, count, dims = patches.shape
    step = max(1, CACHED // (count * dims))
    gathered = keys.new_empty(videos, clips, *keys.shape[1:])
    held = keys.new_empty(min(step, clips), count, dims)  # the same memory for all pieces
    for video in range(videos):
        for start in range(0, clips, step):
            piece = slice(start, start + step)
            values = held[: clips - start].copy_(patches[video, piece])  # [t, P, D]
            logits = keys[video].expand(len(values), -1, -1) @ values.transpose(1, 2)  # [t, N, P]
            if scale is not None:
                logits *= scale[video, piece, None]
            weights = logits.softmax(dim=-1)
            if scale is not None:
                weights *= scale[video, piece, None]
            torch.bmm(weights, values, out=gathered[video, piece])
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

    def map_video(self, tokens: Tensor) -> Tensor:
        """Map vision tokens [V, K, T, P, Dv] -> [V, K, T, P, D]; knows no query."""
        mapped: Tensor = self.video_map(append_end_points(tokens) if self.tef else tokens)
        return mapped

    def map_query(self, tokens: Tensor) -> Tensor:
        """Map query tokens [B, K, L, Dq] -> [B, K, L, D]."""
        mapped: Tensor = self.query_map(tokens)
        return mapped

    def forward(
        self, memory: VideoMemory, query: Tensor, clip_mask: Tensor | None, query_mask: Tensor | None
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
            x = layer_cls[k][:, None] + self.scale[k].tanh() * gathered
            x = x.flatten(0, 1)  # [B, T, D]
            if last is not None:
                gate = self.gate[k].sigmoid()
                x = gate * x + (1 - gate) * last
            last = self.temporal(x, query[:, k], place, query_mask, clip_mask)
        assert last is not None  # R2Config asks for at least one layer
        return last
