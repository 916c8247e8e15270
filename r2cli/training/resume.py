"""What a training run leaves on the disk, state and checkpoint: written whole, read without pickle's dangers."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from r2cli.errors import CommandLineError, UnreadableInputError
from r2cli.training.best import Best
from r2cli.writing import make_folder, replace_text, replaced

_NONSENSE = (
    *(OSError, EOFError, RuntimeError, pickle.UnpicklingError),
    *(ValueError, KeyError, TypeError, AttributeError),
)
"""What reading a file raises that holds something else."""


def save_state(
    path: Path,
    step: int,
    model: nn.Module,
    optimizers: Sequence[torch.optim.Optimizer],
    settings: str = "",
    best: Best | None = None,
) -> None:
    """Write a run's state; what was there before gives way to it only when it is whole.

    Args:
        path: Where.
        step: With which step the run goes on.
        model: What learns.
        optimizers: What moves it.
        settings: What the run was told to do; a run that goes on must be told the same.
        best: What did best so far.
    """
    make_folder(path.parent)
    state = {
        "step": step,
        "settings": settings,
        "model": model.state_dict(),
        "optimizers": [optimizer.state_dict() for optimizer in optimizers],
        "best": (best or Best()).state(),
    }
    with replaced(path, is_durable=True) as fresh:  # hours of work, and a moment of it to see them on the disk
        torch.save(state, fresh)


def load_state(
    path: Path,
    model: nn.Module,
    optimizers: Sequence[torch.optim.Optimizer],
    settings: str = "",
    best: Best | None = None,
) -> int:
    """Restore a run's state.

    Returns:
        The step to go on with; 0 where there is nothing to restore.

    Raises:
        UnreadableInputError: There is something, but it is no state of this model.
        CommandLineError: It is the state of a run with other settings.
    """
    if not path.exists():
        return 0
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        if state.get("settings", "") != settings:
            raise CommandLineError(
                f"{path} belongs to a training with other settings", "go on with the same, or start in another folder"
            )
        model.load_state_dict(state["model"])
        for optimizer, saved in zip(optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        if best is not None:
            best.read(state["best"])
        return int(state["step"])
    except _NONSENSE as error:
        raise UnreadableInputError(f"{path} is not the state of this training", "remove it to begin anew") from error


def write_weights(path: Path, tensors: Mapping[str, Tensor], card: Mapping[str, object]) -> Path:
    """Write the weights of a checkpoint, in fp16, and the card that describes them.

    Args:
        path: `NAME.safetensors`; the card is `NAME.json` beside it.
        tensors: By their names in the file.
        card: What JSON can say.

    Returns:
        The path of the weights.
    """
    make_folder(path.parent)
    with replaced(path, is_durable=True) as fresh:  # the result of it all
        save_file({name: tensor.half().contiguous() for name, tensor in tensors.items()}, fresh)
    replace_text(path.with_suffix(".json"), json.dumps(card, indent=1) + "\n", is_durable=True)
    return path
