"""The shape of one R² model."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class R2Config:
    """Everything that decides which parameters a model has and how it uses them.

    The defaults are those of the released QVHighlights checkpoint on CLIP ViT-B/32.

    Raises:
        ValueError: The numbers do not fit each other.
    """

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
        if self.dims % self.heads:
            raise ValueError(f"dims ({self.dims}) must be a multiple of heads ({self.heads})")
        if self.layers < 1:
            raise ValueError("at least one layer of CLIP must be read")
        if not self.strides or any(stride < 1 or stride & (stride - 1) for stride in self.strides):
            raise ValueError(f"strides must be powers of two, not {self.strides}")

    @property
    def vision_inputs(self) -> int:
        """Width of a vision token with its end points, if it gets any."""
        return self.vision_width + (2 if self.tef else 0)
