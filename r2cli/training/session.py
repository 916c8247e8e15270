"""One training from beginning to end: the recipe, its CLIP and its data come together, and a checkpoint comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from r2cli.backbones.build import load_backbone
from r2cli.backbones.clip import ClipBackbone
from r2cli.backbones.devices import choose_device
from r2cli.backbones.spec import BACKBONES, BackboneSpec
from r2cli.backbones.threads import follow_cores
from r2cli.checkpoints.checkpoint import Checkpoint
from r2cli.checkpoints.load import LoadedModel, open_checkpoint
from r2cli.datasets.dataset import Dataset
from r2cli.datasets.table import find_dataset
from r2cli.errors import ModelUnavailableError
from r2cli.models.r2 import R2, R2Config
from r2cli.training.finish import Made, write_checkpoint
from r2cli.training.loop import OnReport
from r2cli.training.recipe import Recipe
from r2cli.training.store import TokenStore
from r2cli.training.team import assembled
from r2cli.training.train import Lessons, gather, make_model, rehearsal, train
from r2cli.writing import require_free

OnNote = Callable[[str], None]


@dataclass(frozen=True)
class Places:
    """Where everything lies."""

    data: Path
    """Folder of the data set."""
    work: Path
    """Folder for the run's state, its table of steps, and the finished checkpoint."""
    tokens: Path
    """Folder for what CLIP sees of the videos."""


def run_recipe(
    recipe: Recipe,
    places: Places,
    *,
    init: str = "",
    device: str = "auto",
    force: bool = False,
    on_note: OnNote = lambda line: None,
    on_report: OnReport = lambda line: None,
) -> Path | None:
    """Train by a recipe; goes on where an earlier call with the same folder and recipe stopped.

    Several processes that `torchrun` started train one model; all of them see the same folders.

    Args:
        recipe: What to do.
        places: Where everything lies.
        init: A checkpoint to begin as; its shape and its CLIP take the place of the recipe's. Empty: none.
        device: `auto`, `cuda`, `mps` or `cpu`.
        force: Whether a finished checkpoint may be overwritten.
        on_note: Told in one line what is about to be downloaded.
        on_report: Gets a line at the end of every epoch.

    Returns:
        The path of the weights; None in a process that another one leads.

    Raises:
        R2Error: Something cannot be read, had or written.
    """
    dataset = find_dataset(recipe.dataset)
    path = places.work / f"{dataset.name}.safetensors"
    for taken in (path, path.with_suffix(".json"), path.with_suffix(".md")):
        require_free(taken, force=force)
    follow_cores()
    with assembled(choose_device(device, on_note=on_note)) as (team, where):
        tell = on_note if team.leads else lambda line: None
        begun = open_checkpoint(init, device="cpu", precision="fp32", on_note=tell) if init else None
        recipe = recipe if begun is None else _shaped_like(recipe, begun.checkpoint, _r2_of(begun).config)
        backbone, clip = open_clip(recipe, begun, where, tell)
        with TemporaryDirectory(prefix="r2-train-") as scratch:
            lessons = _open_lessons(dataset, places, recipe, backbone, Path(scratch))
            exam = rehearsal(dataset, places.data, recipe, lessons)
            model = make_model(recipe, backbone)
            if begun is not None:
                model.load_state_dict(begun.model.state_dict())
            tell(f"{len(lessons.samples)} queries, {lessons.steps_per_epoch(recipe)} steps an epoch")
            validate = exam.figures if exam else None
            best = train(recipe, lessons, model.to(where), places.work, on_report, validate=validate, team=team)
        if not team.leads:
            return None
        steps = recipe.schedule.epochs * lessons.steps_per_epoch(recipe)
        made = Made(recipe, len(lessons.samples), steps, dataset.source.licence, init, best)
        write_checkpoint(path, model, clip, made)
        return path


def _open_lessons(dataset: Dataset, places: Places, recipe: Recipe, backbone: ClipBackbone, scratch: Path) -> Lessons:
    store = TokenStore(places.tokens, backbone, lambda name: dataset.film(places.data, name, scratch), scratch)
    return gather(dataset, places.data, recipe, backbone, store.tokens)


def _r2_of(begun: LoadedModel) -> R2:
    if not isinstance(begun.model, R2):
        raise ModelUnavailableError(
            f"{begun.checkpoint.name} is of a kind that r2 cannot train", "begin as another one"
        )
    return begun.model


def _shaped_like(recipe: Recipe, begun: Checkpoint, config: R2Config) -> Recipe:
    """The same recipe for a model of another's shape, which reads what that one reads."""
    shape = replace(
        recipe.model,
        dims=config.dims,
        heads=config.heads,
        layers=config.layers,
        strides=config.strides,
        tef=config.tef,
        boundaries=config.boundaries,
        merge=config.merge,
        ignore_padding=config.ignore_padding,
    )
    data = replace(recipe.data, clips_per_second=begun.clips_per_second)
    answer = replace(recipe.answer, window=begun.window, unit=begun.unit)
    return replace(recipe, model=shape, data=data, answer=answer)


def open_clip(
    recipe: Recipe, begun: LoadedModel | None, device: torch.device, on_note: OnNote
) -> tuple[ClipBackbone, BackboneSpec | Checkpoint]:
    """The frozen CLIP that a recipe names, and where it came from.

    Args:
        recipe: Which.
        begun: The checkpoint whose CLIP it is instead; None: there is none.
        device: Where it is to compute.
        on_note: Told in one line what is about to be downloaded.

    Raises:
        ModelUnavailableError: It cannot be had, or is not read as many layers deep as the recipe says.
    """
    name = recipe.model.clip
    if begun is None and name in BACKBONES:
        spec = BACKBONES[name]
        return load_backbone(spec, layers=recipe.model.layers, device=device, on_note=on_note, progress=True), spec
    loaded = begun or open_checkpoint(name, device="cpu", precision="fp32", on_note=on_note)
    if loaded.backbone.layers != recipe.model.layers:
        raise ModelUnavailableError(
            f"the CLIP of {name} is read {loaded.backbone.layers} layers deep", "set model.layers"
        )
    loaded.backbone.move_to(device)
    spec = loaded.checkpoint.backbone
    return loaded.backbone, spec if spec.name in BACKBONES else loaded.checkpoint
