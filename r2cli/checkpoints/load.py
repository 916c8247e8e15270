"""From a checkpoint's name, or a file, to a model that is ready to answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from r2cli.checkpoints.registry import CHECKPOINTS, QVHIGHLIGHTS, Checkpoint, checkpoint_of_card, find_checkpoint
from r2cli.errors import ModelUnavailableError
from r2cli.hub import fetch, file_digest

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from r2cli.backbones.clip import ClipBackbone
    from r2cli.model import R2

OnNote = Callable[[str], None]

_CLIP, _R2 = "clip.", "r2."
"""What the names of tensors begin with in a file that holds both models."""
_EXPECTED = "expected a checkpoint of R2-Tuning (.pth), or one of r2's own (.safetensors with its .json)"


@dataclass(frozen=True)
class LoadedModel:
    """A checkpoint with its two models, on one device."""

    checkpoint: Checkpoint
    backbone: ClipBackbone
    model: R2
    """In evaluation mode."""
    sha256: str
    """Of the file with the R² weights, in hex."""
    device: torch.device


def open_checkpoint(
    name_or_file: str,
    *,
    device: str = "auto",
    on_note: OnNote = lambda line: None,
    progress: bool = True,
) -> LoadedModel:
    """Find, verify and load a checkpoint and the CLIP that it was trained on.

    Args:
        name_or_file: A name of the table, or a file: the authors' `.pth`, or a `.safetensors` of ours.
        device: `auto`, `cuda`, `mps` or `cpu`.
        on_note: Told in one line what is about to be downloaded.
        progress: Whether downloads draw a progress bar on standard error.

    Raises:
        ModelUnavailableError: There is no such checkpoint, it cannot be had, or it is not what it should be.
        CommandLineError: There is no such device.
    """
    from r2cli.backbones.devices import choose_device

    checkpoint = find_source(name_or_file)
    place = choose_device(device)
    path = checkpoint.source
    if not isinstance(path, Path):
        path = fetch(path, on_note=on_note, progress=progress)

    from r2cli.backbones.weights import read_tensors  # late: loads open_clip, needless for one who is offline

    state = read_tensors(path, _EXPECTED)
    if path.suffix == ".safetensors":
        model = _build_own(checkpoint, path, state)
    else:
        checkpoint, model = _build_authors(checkpoint, path, state)
    checkpoint = replace(checkpoint, shape=asdict(model.config))
    backbone = _open_backbone(checkpoint, state, place, on_note, progress)
    _require_fit(model, backbone, path)
    return LoadedModel(checkpoint, backbone, model.to(place).eval(), file_digest(path), place)


def find_source(name_or_file: str) -> Checkpoint:
    """What a `--model` means: a name of the table first, then a file.

    Raises:
        ModelUnavailableError: It is neither.
    """
    path = Path(name_or_file).expanduser()
    looks_like_file = path.suffix in (".pth", ".pt", ".safetensors") or path.name != name_or_file or path.is_file()
    if name_or_file in CHECKPOINTS or not looks_like_file:
        return find_checkpoint(name_or_file)
    if not path.is_file():
        raise ModelUnavailableError(f"there is no model file {path}", _EXPECTED)
    if path.suffix == ".safetensors" or path.with_suffix(".json").is_file():
        return checkpoint_of_card(path)
    return replace(QVHIGHLIGHTS, name=path.stem, summary="a file of yours", source=path, licence="unknown")


def _build_own(checkpoint: Checkpoint, path: Path, state: dict[str, Tensor]) -> R2:
    from r2cli.model import R2

    model = R2(checkpoint.config)
    try:
        model.load_state_dict(_strip(state, _R2))
    except RuntimeError as error:  # torch's strict loading
        raise ModelUnavailableError(
            f"{path} does not hold the model that its description promises (names or shapes differ)", _EXPECTED
        ) from error
    return model


def _build_authors(checkpoint: Checkpoint, path: Path, state: dict[str, Tensor]) -> tuple[Checkpoint, R2]:
    from r2cli.checkpoints.keys import infer_config, load_state
    from r2cli.model import R2

    try:
        config = infer_config(state)
        model = R2(config)
        load_state(model, state)
    except ModelUnavailableError as error:
        raise ModelUnavailableError(f"{path}: {error.message}", error.hint or _EXPECTED) from error
    task = checkpoint.task if config.boundaries else "highlights"
    return replace(checkpoint, task=task), model


def _open_backbone(
    checkpoint: Checkpoint, state: dict[str, Tensor], device: torch.device, on_note: OnNote, progress: bool
) -> ClipBackbone:
    from r2cli.backbones.clip import backbone_from_state, load_backbone

    spec, layers = checkpoint.backbone, checkpoint.config.layers
    if inside := _strip(state, _CLIP):
        return backbone_from_state(spec, inside, layers=layers, device=device)
    if not (spec.weights or spec.architecture):
        raise ModelUnavailableError(f"{checkpoint.source} holds no CLIP, and its description names none", _EXPECTED)
    return load_backbone(spec, layers=layers, device=device, on_note=on_note, progress=progress)


def _require_fit(model: R2, backbone: ClipBackbone, path: Path) -> None:
    needed = (model.config.vision_width, model.config.query_width)
    given = (backbone.vision_width, backbone.query_width)
    if needed != given:
        raise ModelUnavailableError(
            f"{path} was made for another CLIP (tokens {needed[0]} and {needed[1]} wide; {backbone.name} has "
            f"{given[0]} and {given[1]})",
            "choose a checkpoint for this CLIP",
        )


def _strip(state: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in state.items() if name.startswith(prefix)}
