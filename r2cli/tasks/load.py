"""A model, ready to answer."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from r2cli.checkpoints.registry import DEFAULT
from r2cli.errors import ArgumentError, ModelUnavailableError, option
from r2cli.tasks.arguments import checked
from r2cli.tasks.telling import OnNote, log_note

if TYPE_CHECKING:
    from pathlib import Path

    from r2cli.checkpoints.checkpoint import Checkpoint
    from r2cli.checkpoints.load import LoadedModel

DEFAULT_MODEL = DEFAULT


@checked
def load(
    model: str | Path = DEFAULT_MODEL,
    *,
    device: str = "auto",
    precision: str = "auto",
    on_note: OnNote | None = None,
    progress: bool = False,
    for_moments: bool = True,
) -> LoadedModel:
    """Load a model once, to hand it to `find` and `remember`.

    >>> model = r2cli.load("sprites")
    >>> [r2cli.find(video, "a dog jumps", model=model) for video in videos]

    Args:
        model: A checkpoint's name, or the path of a checkpoint.
        device: `auto`, `cuda`, `mps` or `cpu`.
        precision: How finely to compute: `auto`, `fp32`, `bf16` or `fp16`.
        on_note: Told in one line what is about to be downloaded, and when a device cannot be used; None: it is logged,
            as `logging.getLogger("r2cli")` at level INFO.
        progress: Whether downloads draw a progress bar on standard error.
        for_moments: Whether it must be able to say where a moment begins and ends.

    Raises:
        ModelUnavailableError: There is no such model, it cannot be had, or it knows only highlights.
        ArgumentError: An argument makes no sense.
        CommandLineError: This machine has no such device.
    """
    from r2cli.checkpoints.load import find_source, open_checkpoint

    model, on_note = name_of(model), log_note if on_note is None else on_note
    if for_moments:
        require_moments(find_source(model))  # before anything is downloaded
    loaded = open_checkpoint(model, device=device, precision=precision, on_note=on_note, progress=progress)
    if for_moments:
        require_moments(loaded.checkpoint)  # what a file holds shows only when it is open
    return loaded


def name_of(model: str | Path) -> str:
    """What a model is called that is still to be loaded.

    Raises:
        ArgumentError: It is loaded already.
    """
    if isinstance(model, (str, os.PathLike)):
        return os.fspath(model)
    raise ArgumentError(
        f"{option('model')} makes no sense here: {model!r}", "expected a name or a path: it is to be loaded"
    )


def opened(model: str | Path | LoadedModel, *, device: str, precision: str, on_note: OnNote | None) -> LoadedModel:
    """What a `model` means: one that is loaded already, or one to load."""
    if isinstance(model, (str, os.PathLike)):
        return load(model, device=device, precision=precision, on_note=on_note)
    return model if on_note is None else replace(model, on_note=on_note)


def require_moments(checkpoint: Checkpoint) -> None:
    """Refuse a model that knows only highlights.

    Raises:
        ModelUnavailableError: It is one.
    """
    if checkpoint.task != "moments":
        raise ModelUnavailableError(
            f"{checkpoint.name} rates highlights and cannot say where a moment begins and ends",
            f"choose a model for moments, as {option('model', DEFAULT_MODEL)}",
        )
