"""The shape of one UniVTG model."""

from __future__ import annotations

from dataclasses import dataclass

_WHOLE = {
    "embedding_width": 8192,
    "query_width": 8192,
    "dims": 4096,
    "heads": 64,
    "depth": 64,
    "inner": 16_384,
    "query_tokens": 1024,
    "layers": 1,
}
"""Whole numbers from 1 on, each with the largest that a model may have."""
_MOST_PLACES = 1024


@dataclass(frozen=True)
class UniVTGConfig:
    """Everything that decides which parameters a model has and how it uses them.

    The defaults are those of the released model that reads CLIP ViT-B/32 and nothing else.

    Raises:
        ValueError: A number makes no sense, or they do not fit each other; the message names the field.
    """

    embedding_width: int = 512
    """Width of CLIP's embedding of a picture."""
    query_width: int = 512
    """Width of CLIP's text tokens."""
    dims: int = 512
    heads: int = 8
    depth: int = 4
    """Layers of the transformer."""
    inner: int = 1024
    """Width of its feed-forward parts."""
    text_positions: int = 0
    """Rows of the table of word positions; 0: words have none, as in everything that was released."""
    query_tokens: int = 32
    """A query is cut to so many, the marks of start and end included."""
    layers: int = 1
    """Of no meaning here; a CLIP is read for at least one."""
    vision_width: int = 0
    """Any: only the embedding counts."""

    def __post_init__(self) -> None:
        limits = {**_WHOLE, "text_positions": _MOST_PLACES, "vision_width": 0}
        for name, largest in limits.items():
            value, least = getattr(self, name), int(name in _WHOLE)
            if type(value) is not int or not least <= value <= largest:
                raise ValueError(f"{name} {value!r} makes no sense")
        if self.dims % self.heads or self.dims % 2:
            raise ValueError(f"dims ({self.dims}) must be even, and a multiple of heads ({self.heads})")
        if 0 < self.text_positions < self.query_tokens:
            raise ValueError(f"{self.text_positions} positions are too few for queries of {self.query_tokens} tokens")
