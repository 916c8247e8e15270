"""The shape of one R² model."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

_WHOLE = {
    "vision_width": 8192,
    "query_width": 8192,
    "dims": 2048,
    "heads": 64,
    "layers": 64,
    "ffn_ratio": 16,
    "max_moments": 10_000,
}
"""Whole numbers from 1 on, each with the largest that a model may have: a few times what any ever had."""
_SHARES = ("dropout", "drop_path")
_FLAGS = ("tef", "boundaries", "merge", "ignore_padding")
_LARGEST_STRIDE = 1024


@dataclass(frozen=True)
class R2Config:
    """Everything that decides which parameters a model has and how it uses them.

    The defaults are those of the released QVHighlights checkpoint on CLIP ViT-B/32.

    Raises:
        ValueError: A number makes no sense, or they do not fit each other; the message names the field.
    """

    embedding_width: ClassVar[int] = 0
    """Any: it is not read."""
    vision_width: int = 768
    """Width of CLIP's vision tokens."""
    query_width: int = 512
    """Width of CLIP's text tokens."""
    dims: int = 256
    """Width of everything behind the two maps."""
    heads: int = 8
    layers: int = 4
    """How many of CLIP's last layers are read."""
    strides: tuple[int, ...] = (1, 2, 4, 8)
    """Clips per point on each level of the pyramid; powers of two."""
    tef: bool = True
    """Tell every token where its clip begins and ends, as a share of the window (temporal end-point feature)."""
    boundaries: bool = True
    """Has a coordinate head; without it the model only judges how salient each clip is."""
    merge: bool = True
    """Multiply saliency with the cosine between clip and query."""
    dropout: float = 0.5
    """Of the two maps, in training."""
    drop_path: float = 0.1
    """Chance that a sample skips a residual branch, in training."""
    ffn_ratio: int = 4
    max_moments: int = 50
    """How many boundaries a prediction keeps."""
    ignore_padding: bool = False
    """Keep padded query tokens out of the R² Block's maximum.

    The released checkpoints were trained with padding inside it. Ignored, a query's answer does not depend on the
    other queries of its batch.
    """

    def __post_init__(self) -> None:
        wrong = [name for name, largest in _WHOLE.items() if not _is_whole(getattr(self, name), largest)]
        wrong += [name for name in _SHARES if not _is_share(getattr(self, name))]
        wrong += [name for name in _FLAGS if not isinstance(getattr(self, name), bool)]
        if wrong:
            raise ValueError(f"{wrong[0]} {getattr(self, wrong[0])!r} makes no sense")
        if self.dims % self.heads:
            raise ValueError(f"dims ({self.dims}) must be a multiple of heads ({self.heads})")
        if not _are_strides(self.strides):
            raise ValueError(f"strides {self.strides!r} makes no sense: they are ascending powers of two")
        object.__setattr__(self, "strides", tuple(self.strides))  # JSON knows lists only

    @property
    def vision_inputs(self) -> int:
        """Width of a vision token with its end points, if it gets any."""
        return self.vision_width + (2 if self.tef else 0)


def _is_whole(value: object, largest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= largest


def _is_share(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1


def _are_strides(value: object) -> bool:
    if not isinstance(value, (list, tuple)) or not value:
        return False
    is_power = (_is_whole(stride, _LARGEST_STRIDE) and not stride & (stride - 1) for stride in value)
    return all(is_power) and all(one < other for one, other in pairwise(value))
