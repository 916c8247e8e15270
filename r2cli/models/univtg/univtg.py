"""The model, in two halves: `UniVTG.map_clips` does everything that does not depend on the query.

Axes: V windows of equal length · T clips · L query tokens · N = T + L, clips first · D width.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from r2cli.models.transformer.places import end_points, positions
from r2cli.models.univtg.config import UniVTGConfig

_EPSILON = 1e-5
"""Added to the length of features before they are divided by it."""


@dataclass(frozen=True)
class Answer:
    """What the model says about one query."""

    probability: Tensor
    """[V, T], that a clip shows it."""
    window: Tensor
    """[V, T, 2], each clip's view of where that begins and ends, as shares of the window; unclamped."""
    saliency: Tensor
    """[V, T], -1 to 1."""


class UniVTG(nn.Module):
    """Ground queries in windows, from one CLIP embedding of each clip."""

    def __init__(self, config: UniVTGConfig) -> None:
        super().__init__()
        self.config = config
        self.clip_map = FeatureMap(config.embedding_width + 2, config.dims)
        self.query_map = FeatureMap(config.query_width, config.dims)
        self.kinds = nn.Parameter(torch.randn(2, config.dims) * 0.02)
        """[2, D]: added to words, added to clips."""
        self.text_places = TextPlaces(config) if config.text_positions else None
        self.encoder = nn.ModuleList(EncoderLayer(config) for _ in range(config.depth))
        self.pooling = nn.Linear(config.dims, 1, bias=False)
        self.class_head = ConvHead(config.dims, 1)
        self.span_head = ConvHead(config.dims, 2)

    def map_clips(self, embeddings: Tensor) -> Tensor:
        """What is remembered of a window.

        Args:
            embeddings: [T, E], of unit length.

        Returns:
            [T, D].
        """
        placed = torch.cat((embeddings, end_points(len(embeddings), embeddings)), dim=-1)
        clips: Tensor = self.clip_map(placed) + self.kinds[1]
        return clips

    def ask(self, clips: Tensor, words: Tensor) -> Answer:
        """Answer one query.

        Windows of other lengths are asked in other calls: the heads' convolutions would read padding.

        Args:
            clips: [V, T, D] from `map_clips`.
            words: [L, Dq], CLIP's text tokens as they are after their last normalisation.
        """
        lengths = words.norm(dim=-1, keepdim=True)
        query = self.query_map(words / (lengths + _EPSILON)) + self.kinds[0]  # [L, D]
        seen = self._encode(clips, query)
        offsets = self.span_head(seen).sigmoid() * seen.new_tensor([-1.0, 1.0])
        # With two seconds a clip, the authors' "middle" of a clip, in clips, is its end: the weights know no other.
        ends = torch.arange(1, clips.shape[1] + 1, dtype=clips.dtype, device=clips.device) / clips.shape[1]
        weights = self.pooling(query).softmax(dim=0)  # [L, 1]
        saliency = functional.cosine_similarity(clips, (weights * query).sum(dim=0), dim=-1)
        return Answer(self.class_head(seen).sigmoid()[..., 0], ends[:, None] + offsets, saliency)

    def _encode(self, clips: Tensor, query: Tensor) -> Tensor:
        windows, count, dims = clips.shape
        places = self.text_places(query) if self.text_places else torch.zeros_like(query)
        place = torch.cat((positions(count, dims, clips.device), places))  # [N, D]
        x = torch.cat((clips, query.expand(windows, -1, -1)), dim=1)
        for layer in self.encoder:
            x = layer(x, place)
        return x[:, :count]


class FeatureMap(nn.Module):
    """Two normalised linear layers; nothing after the second."""

    def __init__(self, inputs: int, dims: int) -> None:
        super().__init__()
        self.input_norm = nn.LayerNorm(inputs)
        self.input = nn.Linear(inputs, dims)
        self.output_norm = nn.LayerNorm(dims)
        self.output = nn.Linear(dims, dims)

    def forward(self, features: Tensor) -> Tensor:
        """Map [..., inputs] -> [..., D]."""
        mapped: Tensor = self.output(self.output_norm(self.input(self.input_norm(features)).relu()))
        return mapped


class TextPlaces(nn.Module):
    """Learned positions of words, which lean on the words themselves."""

    def __init__(self, config: UniVTGConfig) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(config.text_positions, config.dims) * 0.02)
        self.norm = nn.LayerNorm(config.dims)

    def forward(self, query: Tensor) -> Tensor:
        """Of words [L, D]: [L, D]."""
        placed: Tensor = self.norm(query + self.table[: len(query)])
        return placed


class EncoderLayer(nn.Module):
    """Post-norm: attention of everything to everything, feed-forward; places enter queries and keys only."""

    def __init__(self, config: UniVTGConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.entry = nn.Linear(config.dims, 3 * config.dims)
        self.output = nn.Linear(config.dims, config.dims)
        self.attention_norm = nn.LayerNorm(config.dims)
        self.widen = nn.Linear(config.dims, config.inner)
        self.narrow = nn.Linear(config.inner, config.dims)
        self.feedforward_norm = nn.LayerNorm(config.dims)

    def forward(self, x: Tensor, place: Tensor) -> Tensor:
        """Refine x [V, N, D]; place is [N, D]."""
        x = self.attention_norm(x + self._attend(x, x + place))
        refined: Tensor = self.feedforward_norm(x + self.narrow(functional.gelu(self.widen(x))))
        return refined

    def _attend(self, x: Tensor, placed: Tensor) -> Tensor:
        dims = x.shape[-1]
        looks = functional.linear(placed, self.entry.weight[: 2 * dims], self.entry.bias[: 2 * dims])
        values = functional.linear(x, self.entry.weight[2 * dims :], self.entry.bias[2 * dims :])
        queries, keys = (self._split(part) for part in looks.chunk(2, dim=-1))
        weights = (queries @ keys.transpose(2, 3) / math.sqrt(dims // self.heads)).softmax(dim=-1)  # [V, H, N, N]
        mixed: Tensor = self.output((weights @ self._split(values)).transpose(1, 2).flatten(2))
        return mixed

    def _split(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)  # [V, N, D] -> [V, H, N, D/H]


class ConvHead(nn.Module):
    """Three convolutions over three clips each."""

    def __init__(self, dims: int, outputs: int) -> None:
        super().__init__()
        self.first = nn.Conv1d(dims, dims, 3, padding=1)
        self.second = nn.Conv1d(dims, dims, 3, padding=1)
        self.output = nn.Conv1d(dims, outputs, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Of clips [V, T, D]: [V, T, outputs], before any sigmoid."""
        hidden = self.second(self.first(x.transpose(1, 2)).relu()).relu()
        said: Tensor = self.output(hidden).transpose(1, 2)
        return said
