"""Making a CLIP: its modules from a description, its weights from a file."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import open_clip
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from r2cli.backbones.clip import ClipBackbone
from r2cli.backbones.spec import BackboneSpec
from r2cli.backbones.text_tower import ReadAgain
from r2cli.backbones.weights import difference, find_clip_weights, read_clip_state
from r2cli.errors import ModelUnavailableError

_LOG = logging.getLogger(__name__)

_LARGEST = {
    "": {"embed_dim": 8192},
    "vision_cfg.": {"image_size": 1024, "patch_size": 256, "width": 8192, "layers": 128, "head_width": 1024},
    "text_cfg.": {"context_length": 1024, "vocab_size": 1_000_000, "width": 8192, "heads": 256, "layers": 128},
}
"""Whole numbers of a description from 1 on, each with more than any CLIP has."""
_LARGEST_RATIO = 32


def build_clip(spec: BackboneSpec) -> open_clip.CLIP:
    """The model that a spec describes, with random weights; in training mode, with gradients.

    Raises:
        ValueError: The description is not that of a CLIP with two transformers of open_clip's own.
    """
    config = open_clip.get_model_config(spec.architecture) if spec.config is None else spec.config
    if not config:
        raise ValueError(f"open_clip knows no model {spec.architecture!r}")
    try:
        vision, text = config["vision_cfg"], config["text_cfg"]
        if vision.get("timm_model_name") or text.get("hf_model_name"):
            raise ValueError("its towers are of another library")  # which would fetch them by itself
        if text.get("hf_tokenizer_name") or text.get("tokenizer_kwargs"):
            raise ValueError("its tokenizer is not CLIP's")
        for where, fields in (("", config), ("vision_cfg.", vision), ("text_cfg.", text)):
            _require_sense(where, fields)
        return open_clip.CLIP(**config)
    except (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError) as error:
        raise ValueError(f"open_clip cannot build it: {error}") from error


def _require_sense(where: str, fields: Mapping[str, Any]) -> None:
    for name, largest in _LARGEST[where].items():
        value = fields.get(name, 1)
        if type(value) is not int or not 1 <= value <= largest:
            raise ValueError(f"{where}{name} {value!r} makes no sense")
    ratio = fields.get("mlp_ratio", 1)
    if not isinstance(ratio, (int, float)) or not 0 < ratio <= _LARGEST_RATIO:
        raise ValueError(f"{where}mlp_ratio {ratio!r} makes no sense")


class _WithoutInitialisation(TorchFunctionMode):
    """Build modules without drawing random weights that are replaced anyway; for ViT-B/32 that takes seconds."""

    def __torch_function__(
        self,
        func: Callable[..., object],
        types: object,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> object:
        kwargs = kwargs or {}
        if getattr(func, "__module__", None) == nn.init.__name__ or func in (Tensor.uniform_, Tensor.normal_):
            return kwargs["tensor"] if "tensor" in kwargs else args[0]
        return torch.empty(*args, **kwargs) if func is torch.randn else func(*args, **kwargs)


def backbone_from_state(
    spec: BackboneSpec,
    state: Mapping[str, Tensor],
    *,
    layers: int = 4,
    device: torch.device,
    read_again: ReadAgain | None = None,
) -> ClipBackbone:
    """A backbone whose weights are at hand, under open_clip's names (OpenAI's are the same).

    Args:
        spec: Which CLIP.
        state: Its weights.
        layers: How many of its last layers to read.
        device: Where to compute.
        read_again: See `Towers`.

    Raises:
        ModelUnavailableError: A weight is missing, left over, or of another shape, or the spec makes no sense.
    """
    try:
        with torch.device("meta"):  # nothing is allocated for a model that its weights do not fit
            wrong = difference(build_clip(spec), state)
        if wrong:
            raise ModelUnavailableError(
                f"{spec.weights or 'these'} are not the weights of {spec.name} (names or shapes differ: {wrong})",
                "use the CLIP of the checkpoint",
            )
        with _WithoutInitialisation():
            clip = build_clip(spec)
        # The tensors themselves: those of a mapped file are read only where they are used.
        clip.load_state_dict({name: tensor.float() for name, tensor in state.items()}, assign=True)
        return ClipBackbone(spec, clip, layers=layers, device=device, read_again=read_again)
    except ValueError as error:
        raise ModelUnavailableError(f"{spec.name} is described as a CLIP that r2 cannot use ({error})") from error


def load_backbone(
    spec: BackboneSpec,
    *,
    layers: int = 4,
    device: torch.device,
    on_note: Callable[[str], None] = lambda line: None,
    progress: bool = False,
) -> ClipBackbone:
    """A backbone with its trained weights, fetched on first use.

    Args:
        spec: Which CLIP.
        layers: How many of its last layers to read.
        device: Where to compute.
        on_note: Told in one line what is about to be downloaded.
        progress: Whether a download draws a progress bar on standard error.

    Raises:
        ModelUnavailableError: The weights cannot be had, or are not this model's.
    """
    path = find_clip_weights(spec, on_note=on_note, progress=progress)
    _LOG.debug("reading %s from %s", spec.name, path)
    read_again = partial(read_clip_state, path) if path.suffix == ".safetensors" else None
    return backbone_from_state(spec, read_clip_state(path), layers=layers, device=device, read_again=read_again)
