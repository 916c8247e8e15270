"""A model, ready to answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from r2cli.checkpoints.load import say_nothing
from r2cli.checkpoints.registry import DEFAULT
from r2cli.errors import ModelUnavailableError

if TYPE_CHECKING:
    from r2cli.checkpoints.checkpoint import Checkpoint
    from r2cli.checkpoints.load import LoadedModel

DEFAULT_MODEL = DEFAULT


def load(
    model: str = DEFAULT_MODEL,
    *,
    device: str = "auto",
    precision: str = "auto",
    on_note: Callable[[str], None] = say_nothing,
    progress: bool = True,
    for_moments: bool = True,
) -> LoadedModel:
    """Load a model once, to hand it to `find` and `index`.

    Args:
        model: A checkpoint's name, or the path of a checkpoint.
        device: `auto`, `cuda`, `mps` or `cpu`.
        precision: `auto`, `fp32`, `bf16` or `fp16`; see `r2cli.backbones.choose_precision`.
        on_note: Told in one line what is about to be downloaded, and when a device cannot be used.
        progress: Whether downloads draw a progress bar on standard error.
        for_moments: Whether it must be able to say where a moment begins and ends.

    Raises:
        ModelUnavailableError: There is no such model, it cannot be had, or it knows only highlights.
        CommandLineError: There is no such device or precision.
    """
    from r2cli.checkpoints.load import find_source, open_checkpoint

    if for_moments:
        require_moments(find_source(model))  # before anything is downloaded
    loaded = open_checkpoint(model, device=device, precision=precision, on_note=on_note, progress=progress)
    if for_moments:
        require_moments(loaded.checkpoint)  # what a file holds shows only when it is open
    return loaded


def require_moments(checkpoint: Checkpoint) -> None:
    """Refuse a model that knows only highlights.

    Raises:
        ModelUnavailableError: It is one.
    """
    if checkpoint.task != "moments":
        raise ModelUnavailableError(
            f"{checkpoint.name} rates highlights and cannot say where a moment begins and ends",
            "choose a model for moments, as --model qvhighlights",
        )
