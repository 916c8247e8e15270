"""Which CLIP a checkpoint was trained on, in words that need no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class BackboneSpec:
    """One CLIP: its shape, and where its weights come from.

    The shape is either one that open_clip knows by name (`architecture`) or an explicit `config`; the weights
    are open_clip's `pretrained` tag, a file, or absent for one whose weights are handed over in memory.
    """

    name: str
    """What users see, in tables and in `--json`."""
    architecture: str = ""
    """open_clip's name of the model, as `ViT-B-32-quickgelu`."""
    pretrained: str = ""
    """open_clip's tag of the weights, as `openai`."""
    config: Mapping[str, Any] | None = field(default=None, hash=False)
    """`embed_dim`, `vision_cfg`, `text_cfg`, `quick_gelu`: the arguments of `open_clip.CLIP`."""
    download_size: int = 0
    """Bytes of the weights that the tag stands for, roughly."""
    weights: Path | None = None
    """A local file in open_clip's or OpenAI's key layout."""
    vocabulary: tuple[int, ...] | None = None
    """Ascending BPE ids that have a row in the token table; None: all of CLIP's."""


VIT_B_32 = BackboneSpec(
    name="clip-vit-b-32", architecture="ViT-B-32-quickgelu", pretrained="openai", download_size=605_000_000
)

BACKBONES: dict[str, BackboneSpec] = {VIT_B_32.name: VIT_B_32}
"""Every CLIP that r2 knows by name."""
