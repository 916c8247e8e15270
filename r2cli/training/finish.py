"""What a training leaves behind: a checkpoint that every command takes, its card, and a page about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from r2cli.backbones.spec import BackboneSpec
from r2cli.backbones.weights import read_tensors
from r2cli.checkpoints.checkpoint import Checkpoint
from r2cli.errors import ModelUnavailableError
from r2cli.models.r2 import R2
from r2cli.training.best import Best
from r2cli.training.recipe import Recipe
from r2cli.training.resume import write_weights
from r2cli.writing import replace_text

_CLIP = "clip."


@dataclass(frozen=True)
class Made:
    """How a model came to be, for its card."""

    recipe: Recipe
    queries: int
    """That it learned from."""
    steps: int
    licence: str
    """Of the data."""
    init: str = ""
    """The checkpoint that it began as; empty: none."""
    best: Best = field(default_factory=Best)
    """What was measured on the way."""


def write_checkpoint(path: Path, model: R2, clip: BackboneSpec | Checkpoint, made: Made) -> None:
    """Write the weights in half precision, `NAME.json` for r2, and `NAME.md` for people, over what was there.

    Args:
        path: Of the weights; ends in `.safetensors`.
        model: What was trained.
        clip: What it reads: one of the table, or the checkpoint whose CLIP it is, which then goes along.
        made: How.

    Raises:
        CommandLineError: Nothing can be written there.
        ModelUnavailableError: The CLIP's own file cannot be read.
    """
    tensors = {f"r2.{name}": tensor.cpu() for name, tensor in model.state_dict().items()}
    if isinstance(clip, Checkpoint):
        tensors |= _clip_tensors(clip)
    card = _card(model, clip, made)
    write_weights(path, tensors, card)
    replace_text(path.with_suffix(".md"), _page(path, made, card), is_durable=False)


def _clip_tensors(checkpoint: Checkpoint) -> dict[str, Tensor]:
    path = checkpoint.backbone.weights or checkpoint.source
    if not isinstance(path, Path):
        raise ModelUnavailableError(f"{checkpoint.name} holds no CLIP of its own")
    state = read_tensors(path, "expected a file with a CLIP")
    owned = {name: tensor for name, tensor in state.items() if name.startswith(_CLIP)}
    return owned or {f"{_CLIP}{name}": tensor for name, tensor in state.items()}


def _card(model: R2, clip: BackboneSpec | Checkpoint, made: Made) -> dict[str, Any]:
    recipe, answer = made.recipe, made.recipe.answer
    card: dict[str, Any] = {
        "task": "moments" if recipe.model.boundaries else "highlights",
        "summary": recipe.about or f"a model of your own, trained on {recipe.dataset}",
        "licence": made.licence,
        "clips_per_second": recipe.data.clips_per_second,
        "window": answer.window,
        "unit": answer.unit,
        "suppression": None if answer.suppression == "none" else answer.suppression,
        "min_score": answer.min_score,
        "r2": asdict(model.config),
        "training": {
            "recipe": recipe.facts(),
            "queries": made.queries,
            "steps": made.steps,
            "init": made.init,
            "validation": {"split": recipe.test, "step": made.best.step, **made.best.figures}
            if made.best.step
            else None,
        },
    }
    if isinstance(clip, Checkpoint):
        spec = clip.backbone
        own = {"clip": spec.config, "vocabulary": spec.vocabulary, "pixels": asdict(spec.pixels)}
        return card | {"backbone": spec.name, **own}
    return card | {"backbone": clip.name}


def _measured(made: Made) -> str:
    if not made.best.step:
        return "Not measured yet."
    figures = ", ".join(f"{name} {value:.1f}" for name, value in made.best.figures.items())
    return (
        f"Its weights are those after step {made.best.step}, which did best on the split {made.recipe.test}: {figures}."
    )


def _page(path: Path, made: Made, card: Mapping[str, Any]) -> str:
    recipe = made.recipe
    command = 'r2 find VIDEO "a sentence"' if recipe.model.boundaries else "r2 highlight VIDEO"
    began = f"It began as {made.init}." if made.init else "It began from random weights."
    return f"""# {path.stem}

{card["summary"][:1].upper()}{card["summary"][1:]}.

    {command} --model {path.name}

* Learned from {made.queries} queries of {recipe.dataset}, split {recipe.split}, in {made.steps} steps. {began}
* Reads {card["backbone"]}, {card["clips_per_second"]:g} clips a second, {card["window"]:g} s at once.
* The data's licence: {made.licence}. What it allows for a model trained on them is for you to find out.
* {_measured(made)} Measure it with `r2 eval {recipe.dataset} --split {recipe.test} --model {path.name}`.

The whole recipe is in {path.with_suffix(".json").name}, under "training".
"""
