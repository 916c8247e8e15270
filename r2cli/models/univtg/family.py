"""UniVTG as a model family: what it remembers of a window, and how it is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from r2cli.models.family import Array, Clips, Family, Memory, Prediction, QueryReader, T, Task
from r2cli.models.univtg.config import UniVTGConfig
from r2cli.models.univtg.keys import infer_config, translate_state
from r2cli.models.univtg.univtg import UniVTG


class UniVTGFamily(Family[UniVTG, UniVTGConfig]):
    """Remembers the mapped embedding of each clip, and needs CLIP's normalised words."""

    def config(self, shape: Mapping[str, Any]) -> UniVTGConfig:
        """See `Family.config`."""
        return UniVTGConfig(**shape)

    def tasks(self, config: UniVTGConfig) -> tuple[Task, ...]:
        """Both, always."""
        del config
        return ("moments", "highlights")

    def build(self, config: UniVTGConfig) -> UniVTG:
        """See `Family.build`."""
        return UniVTG(config)

    def read_published(
        self, state: Mapping[str, Tensor], options: Mapping[str, Any]
    ) -> tuple[UniVTGConfig, dict[str, Tensor]]:
        """The authors' own files."""
        config = infer_config(state, options)
        return config, translate_state(state, config)

    def arrays(self, config: UniVTGConfig, *, patches: int, embedding: int) -> tuple[Array, ...]:
        """One vector of each clip."""
        del patches, embedding
        return (Array("clips", "float32", (T, config.dims)),)

    @torch.inference_mode()
    def remember(self, model: UniVTG, clips: Sequence[Clips]) -> Memory:
        """Mapped."""
        embeddings = torch.cat([part.embeddings for part in clips])
        return Memory({"clips": model.map_clips(embeddings)[None]})

    def read_query(self, model: UniVTG, backbone: QueryReader, text: str) -> Tensor:
        """Words [L, Dq]."""
        return backbone.encode_words(text, model.config.query_tokens)

    @torch.inference_mode()
    def ask(
        self, model: UniVTG, memories: Sequence[Memory], query: Tensor, *, clips_per_second: float
    ) -> list[Prediction]:
        """See `Family.ask`; each clip names one moment."""
        return [
            prediction
            for memory in memories
            for prediction in _predict(model, memory["clips"], query, clips_per_second)
        ]


def _predict(model: UniVTG, clips: Tensor, query: Tensor, clips_per_second: float) -> list[Prediction]:
    said, seconds = model.ask(clips, query), clips.shape[1] / clips_per_second
    rows = torch.cat((said.window * seconds, said.probability[..., None]), dim=-1)  # [V, T, 3]
    order = said.probability.argsort(dim=1, descending=True, stable=True)
    rows = rows.gather(1, order[..., None].expand_as(rows))
    return [
        Prediction(boundary, saliency)
        for boundary, saliency in zip(rows.float().cpu(), said.saliency.float().cpu(), strict=True)
    ]


FAMILY = UniVTGFamily()
