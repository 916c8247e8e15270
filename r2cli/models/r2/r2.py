"""R²-Tuning's model, in two halves (Liu et al., ECCV 2024, arXiv 2404.00801).

Axes: V videos · B queries · K layers of CLIP, lowest first · T clips · P patches, CLS first · L query tokens ·
N points of the pyramid · D width.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from r2cli.models.family import Prediction
from r2cli.models.r2.block import R2Block
from r2cli.models.r2.config import R2Config
from r2cli.models.r2.grounding import Grounding, WindowMemory
from r2cli.models.r2.heads import ConvHead, LevelRows, QueryPooling
from r2cli.models.r2.prediction import read_predictions, read_traces
from r2cli.models.r2.pyramid import Pyramid, level_mask, level_sizes, make_points, stretch_levels
from r2cli.models.trace import Trace
from r2cli.models.transformer.places import end_points

MAPPED = 1 << 20
"""Values of CLIP's tokens that are mapped at once on a processor."""
CHUNK = 16
"""Videos that are best asked in one call: more no longer save anything, but leave the processor's caches."""


class R2(nn.Module):
    """Ground queries in videos, from the tokens of CLIP's last layers."""

    def __init__(self, config: R2Config) -> None:
        super().__init__()
        self.config = config
        self.block = R2Block(config)
        self.pyramid = Pyramid(config.dims, config.strides)
        self.pooling = QueryPooling(config.dims)
        self.class_head = ConvHead(config.dims, 1)
        self.coord_head = ConvHead(config.dims, 2) if config.boundaries else None
        self.reach = nn.Parameter(torch.ones(len(config.strides)))

    def encode_video(self, tokens: Tensor, clip_mask: Tensor | None = None) -> WindowMemory:
        """Do everything that does not depend on the query.

        Args:
            tokens: [V, K, T, P, Dv], finite also where padded.
            clip_mask: [V, T], True where a clip is not padding; None when all are.

        Returns:
            The memory of V videos, for `ground`.

        Raises:
            ValueError: There is no clip, or the shape is another model's.
        """
        self._check_tokens(tokens, self.config.vision_width, "vision")
        if tokens.shape[2] == 0:
            raise ValueError("a video must have at least one clip")
        return WindowMemory(self.block.map_video(tokens), clip_mask)

    @torch.inference_mode()
    def memorise(self, parts: Sequence[Tensor]) -> WindowMemory:
        """`encode_video` of one video in 8 bits.

        On a processor it takes a few clips at a time: no more are ever there in float32, and they stay in its caches.

        Args:
            parts: [K, T_i, P, Dv] each, one after the other in time.

        Returns:
            The memory of one video, quantised.
        """
        sizes = [part.shape[1] for part in parts]
        ends = torch.split(end_points(sum(sizes), parts[0]), sizes)
        step = max(1, MAPPED // parts[0][:, 0].numel()) if parts[0].device.type == "cpu" else max(sizes)
        pieces = [
            WindowMemory(self.block.map_video(tokens[None], where)).quantise()
            for part, part_ends in zip(parts, ends, strict=True)
            for tokens, where in zip(torch.split(part, step, dim=1), torch.split(part_ends, step), strict=True)
        ]
        return WindowMemory.of_clips(pieces)

    def ground(self, memory: WindowMemory, query_tokens: Tensor, query_mask: Tensor | None = None) -> Grounding:
        """Ask queries about encoded videos.

        Args:
            memory: Of V videos.
            query_tokens: [B, K, L, Dq], where B is a multiple of V: the first B/V rows ask about the first video, the
                next about the second, and so on; they share its memory without a copy. For any other order see
                `WindowMemory.expand`.
            query_mask: [B, L], True where a token is not padding; None when all are.

        Returns:
            What the heads say.

        Raises:
            ValueError: The numbers of queries and videos do not fit, or the shape is another model's.
        """
        self._check_tokens(query_tokens, self.config.query_width, "query")
        if query_tokens.shape[0] % memory.videos:
            raise ValueError(f"{query_tokens.shape[0]} queries cannot be shared out among {memory.videos} videos")
        share = query_tokens.shape[0] // memory.videos
        clip_mask = None if memory.clip_mask is None else memory.clip_mask.repeat_interleave(share, dim=0)
        query = self.block.map_query(query_tokens)
        refined: Tensor = self.block(memory, query, clip_mask, query_mask)
        pooled = self.pooling(query, None if query_mask is None else query_mask[:, None])  # [B, K, D]
        layer_video = memory.cls().repeat_interleave(share, dim=0)  # [B, K, T, D]
        (grounding,) = self._read_heads([_Refined(refined.relu(), pooled, layer_video, clip_mask)])
        return grounding

    def forward(
        self,
        tokens: Tensor,
        query_tokens: Tensor,
        clip_mask: Tensor | None = None,
        query_mask: Tensor | None = None,
    ) -> Grounding:
        """Both halves, see `encode_video` and `ground`."""
        return self.ground(self.encode_video(tokens, clip_mask), query_tokens, query_mask)

    @torch.inference_mode()
    def predict(
        self,
        memory: WindowMemory,
        query_tokens: Tensor,
        query_mask: Tensor | None = None,
        *,
        clips_per_second: float,
    ) -> list[Prediction]:
        """Answer queries; see `ground` for the arguments.

        Returns:
            One prediction per query, in seconds from the window's start.
        """
        grounding = self.ground(memory, query_tokens, query_mask)
        return read_predictions(grounding, clips_per_second, self.config.max_moments)

    @torch.inference_mode()
    def ask(
        self, memories: Sequence[WindowMemory], query_tokens: Tensor, *, clips_per_second: float
    ) -> list[Prediction]:
        """`predict` for one query about videos of any lengths, at the cost of one batch.

        Args:
            memories: Without padding; all videos of a memory are of equal length.
            query_tokens: [K, L, Dq].
            clips_per_second: Rate at which the clips were sampled.

        Returns:
            One prediction per video, in order of the memories.

        Raises:
            ValueError: A memory is padded, or the shape is another model's.
        """
        groundings = self._ground_each(memories, query_tokens)
        predictions = (read_predictions(one, clips_per_second, self.config.max_moments) for one in groundings)
        return list(chain.from_iterable(predictions))

    @torch.inference_mode()
    def trace(self, memories: Sequence[WindowMemory], query_tokens: Tensor, *, clips_per_second: float) -> list[Trace]:
        """`ask` once more, with what its answers come from."""
        gates = self.block.gates()
        traces = (
            read_traces(one, clips_per_second, self.config, gates) for one in self._ground_each(memories, query_tokens)
        )
        return list(chain.from_iterable(traces))

    def _ground_each(self, memories: Sequence[WindowMemory], query_tokens: Tensor) -> list[Grounding]:
        self._check_tokens(query_tokens[None], self.config.query_width, "query")
        if any(memory.clip_mask is not None for memory in memories):
            raise ValueError("a padded memory cannot be asked; hand over videos of other lengths in other memories")
        query = self.block.map_query(query_tokens[None])  # [1, K, L, D]
        pooled = self.pooling(query, None)  # [1, K, D]
        cls = [memory.cls() for memory in memories]
        refined = [
            _Refined(video.relu(), pooled.expand(len(video), -1, -1), layer_video, None)
            for video, layer_video in zip(self.block.ask(memories, cls, query[0]), cls, strict=True)
        ]
        return self._read_heads(refined)

    def _read_heads(self, groups: Sequence[_Refined]) -> list[Grounding]:
        rows = LevelRows.of(self.pyramid([group.video for group in groups]))
        classes = self.class_head(rows)
        reaches = [None] * len(groups) if self.coord_head is None else self.coord_head(rows)
        return [self._ground(*parts) for parts in zip(groups, classes, reaches, strict=True)]

    def _ground(self, group: _Refined, class_output: Tensor, reach: Tensor | None) -> Grounding:
        # Scores and coordinates are read in float32 even where autocast made the rest shorter.
        video, layer_query = group.video, group.layer_query
        clips, strides = video.shape[1], self.config.strides
        sizes = level_sizes(clips, strides)
        class_logit = class_output[..., 0].float()  # [B, N]
        cosine = functional.cosine_similarity(video.float(), layer_query[:, :1].float(), dim=-1)  # [B, T]
        saliency = stretch_levels(class_logit.sigmoid(), clips, strides)
        mask = video.new_ones(video.shape[:2], dtype=torch.bool) if group.clip_mask is None else group.clip_mask
        return Grounding(
            class_logit=class_logit,
            coord=None if reach is None else reach.float().exp() * self._scale_of_reach(sizes),
            points=make_points(clips, strides, video.device),
            level_sizes=sizes,
            clip_mask=mask,
            point_mask=level_mask(mask, strides),
            video_embedding=video.float(),
            query_embedding=layer_query[:, 0].float(),
            cosine=cosine,
            saliency=saliency * cosine if self.config.merge else saliency,
            layer_video=group.layer_video.float(),
            layer_query=layer_query.float(),
        )

    def _scale_of_reach(self, sizes: Sequence[int]) -> Tensor:
        scale = [one.expand(size) for one, size in zip(self.reach, sizes, strict=False)]
        return torch.cat(scale)[:, None]  # [N, 1]

    def _check_tokens(self, tokens: Tensor, width: int, kind: str) -> None:
        if tokens.shape[1] != self.config.layers or tokens.shape[-1] != width:
            raise ValueError(
                f"{kind} tokens of {self.config.layers} layers and width {width} expected, "
                f"not of {tokens.shape[1]} layers and width {tokens.shape[-1]}"
            )


class _Refined(NamedTuple):
    """What the heads read, of B samples of equal length."""

    video: Tensor
    """[B, T, D], behind its ReLU."""
    layer_query: Tensor
    """[B, K, D], pooled."""
    layer_video: Tensor
    """[B, K, T, D]."""
    clip_mask: Tensor | None
    """[B, T]."""
