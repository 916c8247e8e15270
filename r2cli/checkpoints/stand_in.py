"""A checkpoint of the shape of a real one, with weights that nobody trained: as large, as slow, and without a clue."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from r2cli.checkpoints.checkpoint import Checkpoint
from r2cli.models.family import find_family

if TYPE_CHECKING:
    from torch import nn

WEIGHTS, CLIP_WEIGHTS = "random.safetensors", "clip.safetensors"


def write_random(row: Checkpoint, folder: Path) -> Path:
    """Write random weights for both models of a checkpoint, in files of their own as the real ones are.

    Args:
        row: Of the table; its backbone is one that open_clip knows by name.
        folder: Gets the files; 617 MB for the default model.

    Returns:
        The file to hand to `open_checkpoint`; the same at every call, as the weights are.
    """
    import torch
    from safetensors.torch import save_file

    from r2cli.backbones.build import build_clip

    with torch.random.fork_rng():
        torch.manual_seed(0)
        clip, model = build_clip(row.backbone), find_family(row.family).build(row.config)
        _enliven(model)
    save_file({name: tensor.contiguous() for name, tensor in clip.state_dict().items()}, folder / CLIP_WEIGHTS)
    save_file(
        {f"{row.family}.{name}": tensor.contiguous() for name, tensor in model.state_dict().items()}, folder / WEIGHTS
    )
    path = folder / WEIGHTS
    path.with_suffix(".json").write_text(json.dumps(_card(row), indent=2), encoding="utf-8")
    return path


def _enliven(model: nn.Module) -> None:
    """Make its answers depend on what it sees, which those of a model at birth hardly do."""
    from torch import nn

    for parameter in model.parameters():
        if parameter.ndim > 1:
            nn.init.xavier_uniform_(parameter)


def _card(row: Checkpoint) -> dict[str, object]:
    import open_clip

    return {
        "summary": f"random weights of the shape of {row.name}",
        "task": row.task,
        "clip": row.backbone.config or open_clip.get_model_config(row.backbone.architecture),
        "clip_weights": CLIP_WEIGHTS,
        "backbone": row.backbone.name,
        "pixels": asdict(row.backbone.pixels),
        "family": row.family,
        row.family: dict(row.shape),
        "clips_per_second": row.clips_per_second,
        "window": row.window,
        "unit": row.unit,
        "suppression": row.suppression,
        "min_score": row.min_score,
    }
