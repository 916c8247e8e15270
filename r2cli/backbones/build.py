"""Making a CLIP: its modules from a description, its weights from a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import open_clip
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from r2cli.backbones.clip import ClipBackbone
from r2cli.backbones.spec import BackboneSpec
from r2cli.backbones.weights import find_clip_weights, read_clip_state
from r2cli.errors import ModelUnavailableError


def build_clip(spec: BackboneSpec) -> open_clip.CLIP:
    """The model that a spec describes, with random weights; in training mode, with gradients.

    Raises:
        ValueError: The description is not that of a CLIP with two transformers of open_clip's own.
    """
    config = spec.config or open_clip.get_model_config(spec.architecture)
    if not config:
        raise ValueError(f"open_clip knows no model {spec.architecture!r}")
    try:
        if config["vision_cfg"].get("timm_model_name") or config["text_cfg"].get("hf_model_name"):
            raise ValueError("its towers are of another library")  # which would fetch them by itself
        return open_clip.CLIP(**config)
    except (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError) as error:
        raise ValueError(f"open_clip cannot build it: {error}") from error


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
    spec: BackboneSpec, state: Mapping[str, Tensor], *, layers: int = 4, device: torch.device
) -> ClipBackbone:
    """A backbone whose weights are at hand, under open_clip's names (OpenAI's are the same).

    Raises:
        ModelUnavailableError: A weight is missing, left over, or of another shape, or the spec makes no sense.
    """
    try:
        with _WithoutInitialisation():
            clip = build_clip(spec)
        _fill(clip, state, spec)
        return ClipBackbone(spec, clip, layers=layers, device=device)
    except ValueError as error:
        raise ModelUnavailableError(f"{spec.name} is described as a CLIP that r2 cannot use ({error})") from error


def _fill(clip: open_clip.CLIP, state: Mapping[str, Tensor], spec: BackboneSpec) -> None:
    """Take the tensors themselves: those of a mapped file are read only where they are used."""
    try:
        clip.load_state_dict({name: tensor.float() for name, tensor in state.items()}, assign=True)
    except RuntimeError as error:  # torch's strict loading
        raise ModelUnavailableError(
            f"{spec.weights or 'these'} are not the weights of {spec.name} (names or shapes differ)",
            "use the CLIP of the checkpoint",
        ) from error


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
    backbone = backbone_from_state(spec, read_clip_state(path), layers=layers, device=device)
    if path.suffix == ".safetensors":
        backbone.map_text_again(lambda: read_clip_state(path))
    return backbone
