"""From a checkpoint's name, or a file, to a model that is ready to answer."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r2cli.checkpoints.checkpoint import Checkpoint, checkpoint_of_card
from r2cli.checkpoints.fit import require_fit
from r2cli.checkpoints.registry import (
    CHECKPOINTS,
    QVHIGHLIGHTS,
    UNIVTG,
    find_checkpoint,
    trained_part,
    with_similarity,
)
from r2cli.errors import ModelUnavailableError, option
from r2cli.files import file_digest
from r2cli.hub import HubFile, fetch
from r2cli.models.family import Config, Family, find_family

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from r2cli.backbones.clip import ClipBackbone
    from r2cli.backbones.weights import Table

_LOG = logging.getLogger(__name__)

OnNote = Callable[[str], None]

_CLIP = "clip."
"""What the names of CLIP's tensors begin with in a file that holds both models; the others begin with the family's."""
_LARGEST_PUBLISHED = 1 << 28
"""Bytes, many times what any file of the table has; what is larger is not read for its digest."""
_EXPECTED = (
    "expected a checkpoint of R2-Tuning (.pth), of UniVTG (.ckpt), or one of r2's own (.safetensors with its .json)"
)
_PUBLISHED = {".pth": QVHIGHLIGHTS, ".pt": QVHIGHLIGHTS, ".ckpt": UNIVTG}
"""What a file of an unknown digest is taken for: the authors' suffix -> how their models are used."""


def say_nothing(line: str) -> None:
    """What is told where nobody listens; by name, so that a model can be pickled and copied."""
    del line


@dataclass(frozen=True)
class LoadedModel:
    """A checkpoint with its two models, on one device."""

    checkpoint: Checkpoint
    backbone: ClipBackbone
    model: nn.Module
    """Of the checkpoint's family, in evaluation mode."""
    sha256: str
    """Of the file with its weights, in hex."""
    wanted_precision: str = "auto"
    """`auto`, `fp32`, `bf16` or `fp16`; what it came to is `backbone.precision`."""
    on_note: OnNote = field(default=say_nothing, repr=False, compare=False)
    """Told in one line when the device is given up."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.checkpoint.name} on {self.device.type}, {self.backbone.precision}>"

    def __getstate__(self) -> dict[str, Any]:
        """What a copy needs, here or in another process; whoever listens to the notes of this one is no part of it."""
        return {**self.__dict__, "on_note": say_nothing}

    @property
    def family(self) -> Family[Any, Any]:
        """What remembers clips and answers queries with `model`."""
        return find_family(self.checkpoint.family)

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
                f"{self.checkpoint.name} cannot run on {device.type} ({reason})",
                f"try again with {option('device', 'cpu')}",
            ) from stuck
        self.on_note(f"{device.type} is given up ({reason}): continuing on the processor, with the same answer")

    def _move(self, device: torch.device, precision: str) -> None:
        from r2cli.backbones.choose_precision import place

        self.model.to(device)
        place(self.backbone, device, precision)


def open_checkpoint(
    name_or_file: str,
    *,
    device: str = "auto",
    precision: str = "auto",
    on_note: OnNote = say_nothing,
    progress: bool = True,
) -> LoadedModel:
    """Find, verify and load a checkpoint and the CLIP that it was trained on.

    Args:
        name_or_file: A name of the table, or a file: the authors' `.pth`, or a `.safetensors` of ours; either with
            `+similarity` behind it.
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

    _LOG.debug("reading model %s from %s", checkpoint.name, path)
    from r2cli.backbones.weights import read_table  # late: loads open_clip, needless for one who is offline

    table = read_table(path, _EXPECTED)
    state, is_own = table.tensors, path.suffix == ".safetensors"
    config, weights = _read_own(checkpoint, state) if is_own else _read_published(checkpoint, path, table)
    checkpoint = _described(checkpoint, config, path, is_own=is_own)
    if any(name.startswith(_CLIP) for name in state):
        checkpoint = _with_clip_inside(checkpoint)
    model = _build(checkpoint, config, weights, path)
    backbone = _open_backbone(checkpoint, state, on_note, progress)
    require_fit(config, backbone, path)
    loaded = LoadedModel(checkpoint, backbone, model.eval(), file_digest(path), precision, on_note)
    loaded.place(place)
    _LOG.debug("%s of the family %s is ready on %s", checkpoint.name, checkpoint.family, loaded.device)
    return loaded


def find_source(name_or_file: str) -> Checkpoint:
    """What a `--model` means: a name of the table first, then a file.

    Raises:
        ModelUnavailableError: It is neither.
    """
    if (trained := trained_part(name_or_file)) != name_or_file and not os.path.isfile(name_or_file):
        return with_similarity(find_source(trained))
    path = Path(os.path.expanduser(name_or_file))  # unlike Path.expanduser, it leaves the folder of nobody as it is
    looks_like_file = path.suffix in (*_PUBLISHED, ".safetensors") or path.name != name_or_file or os.path.isfile(path)
    if name_or_file in CHECKPOINTS or not looks_like_file:
        return find_checkpoint(name_or_file)
    if not os.path.isfile(path):  # unlike Path.is_file, it takes names of any length
        raise ModelUnavailableError(f"there is no model file {path}", _EXPECTED)
    if path.suffix == ".safetensors" or path.with_suffix(".json").is_file():
        return checkpoint_of_card(path)
    return replace(_published(path) or _unknown(path), source=path)


def _published(path: Path) -> Checkpoint | None:
    """The row of the table whose file this is, whatever it is called here."""
    if path.stat().st_size > _LARGEST_PUBLISHED:
        return None
    digest = file_digest(path)
    for row in CHECKPOINTS.values():
        if isinstance(row.source, HubFile) and digest.startswith(row.source.sha256):
            return row
        if isinstance(row.source, HubFile) and path.name == (row.source.alias or row.source.file_name):
            raise ModelUnavailableError(
                f"{path} is not the file that was published under this name (its sha256 differs)",
                "download it again; if it is your own, give it another name",
            )
    return None


def _unknown(path: Path) -> Checkpoint:
    row = _PUBLISHED.get(path.suffix, QVHIGHLIGHTS)
    return replace(row, name=path.stem, summary="a file of yours", licence="unknown")


def _read_own(checkpoint: Checkpoint, state: dict[str, Tensor]) -> tuple[Config, dict[str, Tensor]]:
    return checkpoint.config, _strip(state, f"{checkpoint.family}.")


def _read_published(checkpoint: Checkpoint, path: Path, table: Table) -> tuple[Config, dict[str, Tensor]]:
    try:
        return find_family(checkpoint.family).read_published(table.tensors, table.options)
    except ModelUnavailableError as error:
        raise ModelUnavailableError(f"{path}: {error.message}", error.hint or _EXPECTED) from error


def _described(checkpoint: Checkpoint, config: Config, path: Path, *, is_own: bool) -> Checkpoint:
    """The checkpoint with all that its file says of it: what it serves shows in its shape."""
    served = find_family(checkpoint.family).tasks(config)
    if checkpoint.task not in served and is_own:
        raise ModelUnavailableError(
            f"{path}: 'task' makes no sense ({checkpoint.task!r} of a model that serves {', '.join(served)})", _EXPECTED
        )
    task = checkpoint.task if checkpoint.task in served else served[0]
    return replace(checkpoint, task=task, shape=asdict(config))


def _with_clip_inside(checkpoint: Checkpoint) -> Checkpoint:
    """The checkpoint whose file holds its CLIP: no other file counts, whatever its description names."""
    return replace(checkpoint, backbone=replace(checkpoint.backbone, weights=None, source=None))


def _build(checkpoint: Checkpoint, config: Config, state: dict[str, Tensor], path: Path) -> nn.Module:
    import torch

    from r2cli.backbones.weights import difference

    family = find_family(checkpoint.family)
    with torch.device("meta"):  # nothing is allocated for a model that its weights do not fit
        wrong = difference(family.build(config), state)
    if wrong:
        raise ModelUnavailableError(
            f"{path} does not fit the model that it is said to hold (names or shapes differ: {wrong})", _EXPECTED
        )
    if any(not tensor.isfinite().all() for tensor in state.values()):
        raise ModelUnavailableError(f"{path} is damaged: some of its weights are no numbers", _EXPECTED)
    model: nn.Module = family.build(config)
    model.load_state_dict(state)
    return model


def _open_backbone(checkpoint: Checkpoint, state: dict[str, Tensor], on_note: OnNote, progress: bool) -> ClipBackbone:
    import torch

    from r2cli.backbones.build import backbone_from_state, load_backbone

    spec, layers, device = checkpoint.backbone, checkpoint.config.layers, torch.device("cpu")
    if inside := _strip(state, _CLIP):
        return backbone_from_state(spec, inside, layers=layers, device=device)
    if not (spec.weights or spec.source):
        raise ModelUnavailableError(f"{checkpoint.source} holds no CLIP, and its description names none", _EXPECTED)
    return load_backbone(spec, layers=layers, device=device, on_note=on_note, progress=progress)


def _strip(state: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in state.items() if name.startswith(prefix)}
