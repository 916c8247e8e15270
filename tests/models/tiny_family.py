"""A family that nobody would use: a clip is as good as CLIP finds it similar, and a moment is a run of good clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from r2cli.models.family import Array, Clips, Family, Memory, Prediction, QueryReader, T, Task


@dataclass(frozen=True)
class TinyConfig:
    """It reads CLIP's last layer, of any width, and has one weight."""

    embedding_width: ClassVar[int] = 0
    steepness: float = 4.0
    layers: int = 1
    vision_width: int = 0
    query_width: int = 0


class Tiny(nn.Module):
    """One weight, which a file has to bring."""

    def __init__(self, config: TinyConfig) -> None:
        super().__init__()
        self.config = config
        self.level = nn.Parameter(torch.zeros(1))


class TinyFamily(Family[Tiny, TinyConfig]):
    """Remembers one vector of each clip, and needs the query's."""

    chunk = 3

    def config(self, shape: Mapping[str, Any]) -> TinyConfig:
        return TinyConfig(**shape)

    def tasks(self, config: TinyConfig) -> tuple[Task, ...]:
        return ("moments", "highlights")

    def build(self, config: TinyConfig) -> Tiny:
        return Tiny(config)

    def arrays(self, config: TinyConfig, *, patches: int, embedding: int) -> tuple[Array, ...]:
        return (Array("vectors", "float16", (T, embedding)),)

    @torch.inference_mode()
    def remember(self, model: Tiny, clips: Sequence[Clips]) -> Memory:
        return Memory({"vectors": torch.cat([part.embeddings for part in clips])[None].half()})

    def read_query(self, model: Tiny, backbone: QueryReader, text: str) -> Tensor:
        return backbone.embed_queries([text])[0]

    @torch.inference_mode()
    def ask(
        self, model: Tiny, memories: Sequence[Memory], query: Tensor, *, clips_per_second: float
    ) -> list[Prediction]:
        # One window at a time: a score does not depend on how many are asked.
        rows = [row for memory in memories for row in memory["vectors"]]
        return [self._about((row.float() * query).sum(dim=-1), model, clips_per_second) for row in rows]

    def _about(self, similarity: Tensor, model: Tiny, rate: float) -> Prediction:
        score = (model.config.steepness * (similarity - model.level)).sigmoid()
        good = [False, *(score >= score.mean()).tolist(), False]
        starts = [clip for clip in range(len(score)) if good[clip + 1] and not good[clip]]
        ends = [clip + 1 for clip in range(len(score)) if good[clip + 1] and not good[clip + 2]]
        found = [
            (start / rate, end / rate, score[start:end].max().item()) for start, end in zip(starts, ends, strict=True)
        ]
        boundary = torch.tensor(sorted(found, key=lambda row: -row[2])).reshape(-1, 3)
        return Prediction(boundary, score)


FAMILY = TinyFamily()
