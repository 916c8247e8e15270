"""What a training run leaves on the disk, state and checkpoint: written whole, read without pickle's dangers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from r2cli.files import make_folder, replace_text, replaced


def save_state(path: Path, step: int, model: nn.Module, optimizers: Sequence[torch.optim.Optimizer]) -> None:
    """Write a run's state in place of an earlier one: whatever interrupts that, a power cut included, one is there."""
    make_folder(path.parent)
    state = {"step": step, "model": model.state_dict(), "optimizers": [o.state_dict() for o in optimizers]}
    with replaced(path, is_durable=True) as fresh:  # hours of work, and a moment of it to see them on the disk
        torch.save(state, fresh)


def load_state(path: Path, model: nn.Module, optimizers: Sequence[torch.optim.Optimizer]) -> int:
    """Restore a run's state; returns the step to go on with, 0 where there is nothing to restore."""
    if not path.exists():
        return 0
    state = torch.load(path, map_location="cpu", weights_only=True)
    model.load_state_dict(state["model"])
    for optimizer, saved in zip(optimizers, state["optimizers"], strict=True):
        optimizer.load_state_dict(saved)
    return int(state["step"])


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
