"""R² as a model family: what it remembers of a window, and how it is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from r2cli.models.family import Array, Clips, Family, Memory, Prediction, QueryReader, T, Task
from r2cli.models.r2.config import R2Config
from r2cli.models.r2.grounding import WindowMemory
from r2cli.models.r2.keys import infer_config, translate_state
from r2cli.models.r2.r2 import CHUNK, R2
from r2cli.models.trace import Trace


class R2Family(Family[R2, R2Config]):
    """Remembers all mapped tokens of a window in 8 bits, and needs the query's layer tokens."""

    chunk = CHUNK

    def config(self, shape: Mapping[str, Any]) -> R2Config:
        """See `Family.config`."""
        return R2Config(**shape)

    def tasks(self, config: R2Config) -> tuple[Task, ...]:
        """Without a coordinate head it only rates clips."""
        return ("moments", "highlights") if config.boundaries else ("highlights",)

    def build(self, config: R2Config) -> R2:
        """See `Family.build`."""
        return R2(config)

    def read_published(
        self, state: Mapping[str, Tensor], options: Mapping[str, Any]
    ) -> tuple[R2Config, dict[str, Tensor]]:
        """R2-Tuning's own files."""
        del options
        return infer_config(state), translate_state(state)

    def arrays(self, config: R2Config, *, patches: int, embedding: int) -> tuple[Array, ...]:
        """See `WindowMemory`."""
        del embedding
        return (
            Array("patches", "int8", (config.layers, T, patches, config.dims)),
            Array("scale", "float32", (config.layers, T, patches)),
        )

    def facts(self, config: R2Config, *, patches: int, embedding: int) -> dict[str, Any]:
        """The names under which windows have been kept since before there were other families."""
        del embedding
        return {"layers": config.layers, "patches": patches, "width": config.dims}

    def remember(self, model: R2, clips: Sequence[Clips]) -> Memory:
        """In 8 bits."""
        memory = model.memorise([part.tokens for part in clips])
        scale = {} if memory.scale is None else {"scale": memory.scale}
        return Memory({"patches": memory.patches, **scale})

    def read_query(self, model: R2, backbone: QueryReader, text: str) -> Tensor:
        """Tokens [K, L, Dq]."""
        del model
        return backbone.encode_query(text)

    def ask(self, model: R2, memories: Sequence[Memory], query: Tensor, *, clips_per_second: float) -> list[Prediction]:
        """See `R2.ask`."""
        return model.ask(_windows(memories), query, clips_per_second=clips_per_second)

    def trace(self, model: R2, memories: Sequence[Memory], query: Tensor, *, clips_per_second: float) -> list[Trace]:
        """See `R2.trace`."""
        return model.trace(_windows(memories), query, clips_per_second=clips_per_second)


def _windows(memories: Sequence[Memory]) -> list[WindowMemory]:
    return [WindowMemory(memory["patches"], scale=memory.arrays.get("scale")) for memory in memories]


FAMILY = R2Family()
