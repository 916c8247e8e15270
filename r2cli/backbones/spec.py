"""Which CLIP a checkpoint was trained on, in words that need no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from r2cli.hub import Copy, HubFile

_FLOAT32 = 4
"""Bytes per parameter in the files of the hub."""

Interpolation = Literal["bicubic", "bilinear"]
Resize = Literal["crop", "squash"]
Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Pixels:
    """What a CLIP was trained to see of a picture; the defaults are OpenAI's.

    Raises:
        ValueError: Something makes no sense; the message names it.
    """

    mean: Colour = (0.48145466, 0.4578275, 0.40821073)
    """Of red, green and blue, as shares of the brightest: what is taken away."""
    std: Colour = (0.26862954, 0.26130258, 0.27577711)
    """What the rest is divided by."""
    interpolation: Interpolation = "bicubic"
    """How pictures are scaled."""
    resize: Resize = "crop"
    """`crop`: the short side is scaled and the centre cut out; `squash`: both sides are scaled."""

    def __post_init__(self) -> None:
        for name, lowest in (("mean", 0.0), ("std", 1e-3)):
            value = getattr(self, name)
            if not _is_colour(value, lowest):
                raise ValueError(f"{name} {value!r}")
            object.__setattr__(self, name, tuple(value))  # JSON knows lists only
        for name, words in (("interpolation", get_args(Interpolation)), ("resize", get_args(Resize))):
            if getattr(self, name) not in words:
                raise ValueError(f"{name} {getattr(self, name)!r}, not {' or '.join(words)}")


def _is_colour(value: object, lowest: float) -> bool:
    if not isinstance(value, (list, tuple)) or len(value) != 3:
        return False
    return all(isinstance(one, (int, float)) and lowest <= one <= 1 for one in value)


@dataclass(frozen=True)
class BackboneSpec:
    """One CLIP: its shape, and where its weights come from.

    The shape is either one that open_clip knows by name (`architecture`) or an explicit `config`; the weights
    are a file of the hub (`source`), a local file (`weights`), or handed over in memory.
    """

    name: str
    """What users see, in tables and in `--json`."""
    architecture: str = ""
    """open_clip's name of the model, as `ViT-B-32-quickgelu`."""
    source: HubFile | None = None
    """Where the trained weights of a model that open_clip knows come from."""
    config: Mapping[str, Any] | None = field(default=None, hash=False)
    """`embed_dim`, `vision_cfg`, `text_cfg`, `quick_gelu`: the arguments of `open_clip.CLIP`."""
    weights: Path | None = None
    """A local file in open_clip's or OpenAI's key layout."""
    vocabulary: tuple[int, ...] | None = None
    """Ascending BPE ids that have a row in the token table; None: all of CLIP's."""
    pixels: Pixels = Pixels()
    """What it was trained to see of a picture."""
    trained: str = ""
    """open_clip's name of the weights, where it knows them: `openai`, `laion2b_s34b_b79k` ..."""
    summary: str = ""
    """What sets it apart, in one sentence."""
    licence: str = "MIT"


def _openai(name: str, size: str, *, repo: str, parameters: int, original: str, sha256: str) -> BackboneSpec:
    """One of OpenAI's four vision transformers.

    What is downloaded is open_clip's copy on the hub, as safetensors. The hub states its digest, which nobody
    published elsewhere. OpenAI's own file is a program for TorchScript with the same weights: r2 does not download
    it, but takes it from the models folder when its digest is the one that OpenAI published.
    """
    architecture = f"{size}-quickgelu"
    source = HubFile(
        repo=repo,
        path="open_clip_model.safetensors",
        size=parameters * _FLOAT32,
        alias=f"{architecture}-openai.safetensors",
        name=name,
        originals=(Copy(original, sha256),),
    )
    return BackboneSpec(
        name,
        architecture,
        source,
        summary=f"OpenAI's CLIP {size}: {parameters / 1e6:.0f} M parameters",
        trained="openai",
    )


VIT_B_32 = _openai(
    "clip-vit-b-32",
    "ViT-B-32",
    repo="timm/vit_base_patch32_clip_224.openai",
    parameters=151_277_313,
    original="ViT-B-32.pt",
    sha256="40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af",
)
VIT_B_16 = _openai(
    "clip-vit-b-16",
    "ViT-B-16",
    repo="timm/vit_base_patch16_clip_224.openai",
    parameters=149_620_737,
    original="ViT-B-16.pt",
    sha256="5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f",
)
VIT_L_14 = _openai(
    "clip-vit-l-14",
    "ViT-L-14",
    repo="timm/vit_large_patch14_clip_224.openai",
    parameters=427_616_513,
    original="ViT-L-14.pt",
    sha256="b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836",
)
VIT_L_14_336 = _openai(
    "clip-vit-l-14-336",
    "ViT-L-14-336",
    repo="timm/vit_large_patch14_clip_336.openai",
    parameters=427_944_193,
    original="ViT-L-14-336px.pt",
    sha256="3035c92b350959924f9f00213499208652fc7ea050643e8b385c2dac08641f02",
)

BACKBONES: dict[str, BackboneSpec] = {spec.name: spec for spec in (VIT_B_32, VIT_B_16, VIT_L_14, VIT_L_14_336)}
"""Every CLIP that r2 knows by name."""
