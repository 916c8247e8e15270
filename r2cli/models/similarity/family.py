"""Plain similarity as a model family: what it remembers of a window, and how it is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from r2cli.models.family import Array, Clips, Family, Memory, Prediction, QueryReader, T, Task
from r2cli.models.similarity.config import SimilarityConfig
from r2cli.select.stretches import find_stretches


class Similarity(nn.Module):
    """What makes a similarity a probability: two numbers, fitted on queries with and without an answer."""

    def __init__(self, config: SimilarityConfig) -> None:
        super().__init__()
        self.config = config
        self.level = nn.Parameter(torch.tensor(25.0))
        """The logit of clip and query (cosine times scale) at which it is as likely there as not."""
        self.steepness = nn.Parameter(torch.tensor(1.0))
        """Log-odds of being there, per logit."""

    def forward(self, logits: Tensor) -> Tensor:
        """How likely it is that a query is shown, 0 to 1, by its logits of any shape."""
        presence: Tensor = (self.steepness * (logits - self.level)).sigmoid()
        return presence


class SimilarityFamily(Family[Similarity, SimilarityConfig]):
    """Remembers CLIP's embedding of each clip, and needs the query's."""

    def config(self, shape: Mapping[str, Any]) -> SimilarityConfig:
        """See `Family.config`."""
        return SimilarityConfig(**shape)

    def tasks(self, config: SimilarityConfig) -> tuple[Task, ...]:
        """Both, always."""
        del config
        return ("moments", "highlights")

    def build(self, config: SimilarityConfig) -> Similarity:
        """See `Family.build`."""
        return Similarity(config)

    def arrays(self, config: SimilarityConfig, *, patches: int, embedding: int) -> tuple[Array, ...]:
        """One vector of each clip."""
        del config, patches
        return (Array("embeddings", "float16", (T, embedding)),)

    def remember(self, model: Similarity, clips: Sequence[Clips]) -> Memory:
        """In 16 bits."""
        del model
        return Memory({"embeddings": torch.cat([part.embeddings for part in clips])[None].half()})

    def read_query(self, model: Similarity, backbone: QueryReader, text: str) -> Tensor:
        """CLIP's embedding [E]."""
        del model
        return backbone.embed_queries([text])[0]

    @torch.inference_mode()
    def ask(
        self, model: Similarity, memories: Sequence[Memory], query: Tensor, *, clips_per_second: float
    ) -> list[Prediction]:
        """See `Family.ask`; a window's answer does not depend on the others."""
        return [
            _predict(model, window.float(), query, clips_per_second)
            for memory in memories
            for window in memory["embeddings"]
        ]


def _predict(model: Similarity, seen: Tensor, query: Tensor, clips_per_second: float) -> Prediction:
    seen = functional.normalize(seen, dim=-1)
    logits = model.config.scale * (seen * query).sum(dim=-1)  # [T]; products row by row do not depend on T
    nearness = (seen[1:] * seen[:-1]).sum(dim=-1)
    found = find_stretches(logits.double().cpu().numpy(), nearness.double().cpu().numpy())
    spans = torch.tensor([(stretch.first, stretch.stop) for stretch in found]) / clips_per_second
    scores = model(torch.tensor([stretch.logit for stretch in found], device=logits.device)).cpu()
    return Prediction(torch.cat([spans, scores[:, None]], dim=1).float(), model(logits).float().cpu())


FAMILY = SimilarityFamily()
