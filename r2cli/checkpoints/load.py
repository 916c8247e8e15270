"""From a checkpoint's name, or a file, to a model that is ready to answer."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from r2cli.checkpoints.checkpoint import Checkpoint, checkpoint_of_card
from r2cli.checkpoints.registry import CHECKPOINTS, QVHIGHLIGHTS, find_checkpoint
from r2cli.errors import ModelUnavailableError
from r2cli.files import file_digest
from r2cli.hub import HubFile, fetch

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from r2cli.backbones.clip import ClipBackbone
    from r2cli.models.r2 import R2

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
    wanted_precision: str = "auto"
    """`auto`, `fp32`, `bf16` or `fp16`; what it came to is `backbone.precision`."""
    on_note: OnNote = field(default=lambda line: None, repr=False, compare=False)
    """Told in one line when the device is given up."""

    @property
    def device(self) -> torch.device:
        """Where both models are."""
        return self.backbone.device

    def place(self, device: torch.device) -> None:
        """Move both models to a device, or to the processor if it cannot hold them, and settle the precision there."""
        try:
            self._move(device, self.wanted_precision)
        except RuntimeError as error:  # torch has no narrower kind for most of what a graphics card cannot do
            if device.type == "cpu":
                raise
            self.fall_back(device, error)

    def fall_back(self, device: torch.device, error: RuntimeError) -> None:
        """Give up a device for the processor, and say so.

        Raises:
            ModelUnavailableError: What is on the device cannot even be copied back.
        """
        from r2cli.backbones.devices import first_line, is_out_of_memory, release_memory

        short = is_out_of_memory(error)
        reason = "it has too little memory" if short else first_line(error)
        try:
            import torch

            self._move(torch.device("cpu"), "fp32" if self.wanted_precision == "fp32" else "auto")
            release_memory(device)
        except RuntimeError as stuck:
            raise ModelUnavailableError(
                f"{self.checkpoint.name} cannot run on {device.type} ({reason})", "try again with --device cpu"
            ) from stuck
        self.on_note(f"{device.type} is given up ({reason}): continuing on the processor, with the same answer")

    def _move(self, device: torch.device, precision: str) -> None:
        from r2cli.backbones.choose_precision import settle_precision

        self.backbone.move_to(device)
        self.model.to(device)
        settle = partial(settle_precision, self.backbone, precision)
        if device.type == "cpu":
            self.backbone.settle_later(settle)
        else:  # at once: only now it shows whether the device can be used at all
            settle()


def open_checkpoint(
    name_or_file: str,
    *,
    device: str = "auto",
    precision: str = "auto",
    on_note: OnNote = lambda line: None,
    progress: bool = True,
) -> LoadedModel:
    """Find, verify and load a checkpoint and the CLIP that it was trained on.

    Args:
        name_or_file: A name of the table, or a file: the authors' `.pth`, or a `.safetensors` of ours.
        device: `auto`, `cuda`, `mps` or `cpu`.
        precision: Of the look at frames: `auto`, `fp32`, `bf16` or `fp16`.
        on_note: Told in one line what is about to be downloaded, and when a device cannot be used.
        progress: Whether downloads draw a progress bar on standard error.

    Raises:
        ModelUnavailableError: There is no such checkpoint, it cannot be had, or it is not what it should be.
        CommandLineError: There is no such device or precision.
    """
    from r2cli.backbones.devices import choose_device
    from r2cli.backbones.precision import require_precision
    from r2cli.backbones.threads import follow_cores

    checkpoint = find_source(name_or_file)
    require_precision(precision)
    place = choose_device(device, on_note=on_note)
    follow_cores()
    path = checkpoint.source
    if not isinstance(path, Path):
        path = fetch(path, on_note=on_note, progress=progress, along=checkpoint.files)

    from r2cli.backbones.weights import read_tensors  # late: loads open_clip, needless for one who is offline

    state = read_tensors(path, _EXPECTED)
    if path.suffix == ".safetensors":
        model = _build_own(checkpoint, path, state)
    else:
        checkpoint, model = _build_authors(checkpoint, path, state)
    checkpoint = replace(checkpoint, shape=asdict(model.config))
    backbone = _open_backbone(checkpoint, state, on_note, progress)
    _require_fit(model, backbone, path)
    loaded = LoadedModel(checkpoint, backbone, model.eval(), file_digest(path), precision, on_note)
    loaded.place(place)
    return loaded


def find_source(name_or_file: str) -> Checkpoint:
    """What a `--model` means: a name of the table first, then a file.

    Raises:
        ModelUnavailableError: It is neither.
    """
    path = Path(os.path.expanduser(name_or_file))  # unlike Path.expanduser, it leaves the folder of nobody as it is
    looks_like_file = (
        path.suffix in (".pth", ".pt", ".safetensors") or path.name != name_or_file or os.path.isfile(path)
    )
    if name_or_file in CHECKPOINTS or not looks_like_file:
        return find_checkpoint(name_or_file)
    if not os.path.isfile(path):  # unlike Path.is_file, it takes names of any length
        raise ModelUnavailableError(f"there is no model file {path}", _EXPECTED)
    if path.suffix == ".safetensors" or path.with_suffix(".json").is_file():
        return checkpoint_of_card(path)
    return replace(_published(path) or _unknown(path), source=path)


def _published(path: Path) -> Checkpoint | None:
    """The row of the table whose file this is, whatever it is called here."""
    digest = file_digest(path)
    for row in CHECKPOINTS.values():
        if isinstance(row.source, HubFile) and digest.startswith(row.source.sha256):
            return row
        if isinstance(row.source, HubFile) and path.name == row.source.file_name:
            raise ModelUnavailableError(
                f"{path} is not the file that was published under this name (its sha256 differs)",
                "download it again; if it is your own, give it another name",
            )
    return None


def _unknown(path: Path) -> Checkpoint:
    return replace(QVHIGHLIGHTS, name=path.stem, summary="a file of yours", licence="unknown")


def _build_own(checkpoint: Checkpoint, path: Path, state: dict[str, Tensor]) -> R2:
    from r2cli.models.r2 import R2

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
    from r2cli.models.r2 import R2

    try:
        config = infer_config(state)
        model = R2(config)
        load_state(model, state)
    except ModelUnavailableError as error:
        raise ModelUnavailableError(f"{path}: {error.message}", error.hint or _EXPECTED) from error
    task = checkpoint.task if config.boundaries else "highlights"
    return replace(checkpoint, task=task), model


def _open_backbone(checkpoint: Checkpoint, state: dict[str, Tensor], on_note: OnNote, progress: bool) -> ClipBackbone:
    import torch

    from r2cli.backbones.build import backbone_from_state, load_backbone

    spec, layers, device = checkpoint.backbone, checkpoint.config.layers, torch.device("cpu")
    if inside := _strip(state, _CLIP):
        return backbone_from_state(spec, inside, layers=layers, device=device)
    if not (spec.weights or spec.source):
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
