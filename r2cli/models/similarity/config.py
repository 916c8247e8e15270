"""What must be known of a CLIP before its similarities say anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

_LARGEST_SCALE = 1000.0


@dataclass(frozen=True)
class SimilarityConfig:
    """Any CLIP will do: of its tokens none are needed, only the embeddings.

    Raises:
        ValueError: A number makes no sense.
    """

    embedding_width: ClassVar[int] = 0
    """Any."""
    scale: float = 100.0
    """What this CLIP multiplied cosines by when it learned: one more, and a sentence is e times as likely. 100 for
    OpenAI's."""
    layers: int = 1
    """Of no meaning here; a CLIP is read for at least one."""
    vision_width: int = 0
    query_width: int = 0

    def __post_init__(self) -> None:
        is_number = isinstance(self.scale, (int, float)) and not isinstance(self.scale, bool)
        if not is_number or not 0 < self.scale <= _LARGEST_SCALE:
            raise ValueError(f"scale {self.scale!r} makes no sense")
        if (self.layers, self.vision_width, self.query_width) != (1, 0, 0):
            raise ValueError("similarity needs no layers and no widths")
