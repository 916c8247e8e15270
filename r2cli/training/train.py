"""Trains an R² model on a data set, by a recipe."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial
from itertools import count
from pathlib import Path

import torch
from torch import Tensor

from r2cli.backbones.clip import ClipBackbone
from r2cli.datasets.dataset import Dataset, Sample
from r2cli.errors import UnreadableInputError
from r2cli.evaluation.rehearsal import Rehearsal
from r2cli.models.family import find_family
from r2cli.models.r2 import R2
from r2cli.training.batch import Batch, batch_losses
from r2cli.training.best import Best
from r2cli.training.descent import adamw, muon_and_adamw, wide_matrices
from r2cli.training.examples import collate, make_goal
from r2cli.training.loop import OnReport, Run, learn
from r2cli.training.recipe import Recipe, ScheduleRecipe
from r2cli.training.schedule import HalfCosine, Schedule, Stairs
from r2cli.training.team import ALONE, Team

_MUON = 4.0
"""How much faster Muon goes than AdamW."""

_VALIDATION = "val"
"""The split by which a model may be chosen."""

_SELDOM = 50
"""Steps between two states on disk, at least: small sets have epochs of one."""

Look = Callable[[str, float, int | None], Tensor]
"""Given a video's name, a rate of clips, and perhaps how many: its tokens; see `TokenStore.tokens`."""


@dataclass(frozen=True)
class Lessons:
    """The samples of a split, and what a frozen CLIP sees and reads of them."""

    dataset: Dataset
    samples: tuple[Sample, ...]
    look: Look
    read: Callable[[str], Tensor]
    """Given a query: its tokens [K, L, Dq]."""

    def batches(self, recipe: Recipe, start: int, team: Team = ALONE) -> Iterator[Batch]:
        """The batches of a training from a step on, or a process's share of them; the same step always has the same."""
        read = cache(self.read)
        for step in count(start):
            whole = self._places(recipe, step)
            own = team.share(range(len(whole)))
            chosen = [self.samples[whole[row]] for row in own]
            seen = [self.look_at(recipe, sample) for sample in chosen]
            goals = [
                make_goal(sample, tokens.shape[1], self.rate_of(recipe, sample, tokens), self.dataset.scale)
                for sample, tokens in zip(chosen, seen, strict=True)
            ]
            positive = [
                goal.draw(random.Random(f"{recipe.seed} batch {step} row {row}"))
                for goal, row in zip(goals, own, strict=True)
            ]
            batch = collate(seen, [read(sample.query) for sample in chosen], goals, positive)
            yield replace(batch, whole=len(whole))

    def steps_per_epoch(self, recipe: Recipe) -> int:
        """How many batches an epoch has; the last one may be smaller."""
        return math.ceil(len(self.samples) * recipe.data.repeat / recipe.data.batch)

    def _places(self, recipe: Recipe, step: int) -> Sequence[int]:
        epoch, number = divmod(step, self.steps_per_epoch(recipe))
        order = _order(f"{recipe.seed} epoch {epoch}", len(self.samples), recipe.data.repeat)
        return order[number * recipe.data.batch : (number + 1) * recipe.data.batch]

    def look_at(self, recipe: Recipe, sample: Sample) -> Tensor:
        """The tokens of its video [K, T, P, Dv]."""
        rated = len(sample.ratings) if recipe.data.rated and sample.ratings is not None else None
        return self.look(sample.video, recipe.data.clips_per_second, rated)

    def rate_of(self, recipe: Recipe, sample: Sample, tokens: Tensor) -> float:
        """Clips a second of these tokens."""
        if recipe.data.rated and sample.duration:
            return tokens.shape[1] / sample.duration
        return recipe.data.clips_per_second


@lru_cache(maxsize=1)
def _order(seed: str, samples: int, repeat: int) -> tuple[int, ...]:
    order = [place for place in range(samples) for _ in range(repeat)]
    random.Random(seed).shuffle(order)
    return tuple(order)


def gather(dataset: Dataset, folder: Path, recipe: Recipe, backbone: ClipBackbone, look: Look) -> Lessons:
    """The samples that a recipe learns from.

    Raises:
        UnreadableInputError: There are none, or something about the annotations is wrong.
    """
    videos: set[str] = set()
    samples: list[Sample] = []
    for sample in dataset.samples(folder, recipe.split):
        if sample.video not in videos and len(videos) == recipe.data.videos:
            break
        if is_of_use(sample, recipe):
            videos.add(sample.video)
            samples.append(sample)
    if not samples:
        raise UnreadableInputError(
            f"the split {recipe.split} of {dataset.name} holds nothing to learn from", "see: r2 data check"
        )
    return Lessons(dataset, tuple(samples), look, backbone.encode_query)


def rehearsal(dataset: Dataset, folder: Path, recipe: Recipe, lessons: Lessons) -> Rehearsal | None:
    """What to ask a model on the way; None where nothing lies beside what is learned from.

    Only of a split that is there to choose by: on others a model that was chosen would seem better than it is.

    Raises:
        UnreadableInputError: Something about the annotations is wrong.
    """
    names = dataset.files(_VALIDATION)
    is_there = any((folder / name).exists() for name in names)
    if recipe.test != _VALIDATION or _VALIDATION not in dataset.splits or not is_there:
        return None
    samples = tuple(one for one in dataset.samples(folder, _VALIDATION) if is_of_use(one, recipe))
    if not samples:
        return None

    def look(sample: Sample) -> tuple[Tensor, float]:
        tokens = lessons.look_at(recipe, sample)
        return tokens, lessons.rate_of(recipe, sample, tokens)

    answer = recipe.answer
    suppression = None if answer.suppression == "none" else answer.suppression
    return Rehearsal(dataset, samples, look, find_family("r2"), cache(lessons.read), answer.unit, suppression)


def is_of_use(sample: Sample, recipe: Recipe) -> bool:
    """Whether a sample is long enough, and says what the recipe's model learns."""
    is_long = sample.duration is None or sample.duration >= recipe.data.shortest
    is_told = sample.windows is not None or (sample.ratings is not None and not recipe.model.boundaries)
    return is_long and is_told


def make_model(recipe: Recipe, backbone: ClipBackbone) -> R2:
    """The model at birth; the same seed gives the same."""
    shape = recipe.model
    torch.manual_seed(recipe.seed)
    model = R2(shape.config(backbone.vision_width, backbone.query_width))
    with torch.no_grad():
        model.block.scale.fill_(shape.scale)
        if shape.class_bias:
            model.class_head.output.bias.fill_(shape.class_bias)  # type: ignore[union-attr]
    return model


def train(
    recipe: Recipe,
    lessons: Lessons,
    model: R2,
    work: Path,
    on_report: OnReport,
    *,
    validate: Callable[[R2], Mapping[str, float]] | None = None,
    team: Team = ALONE,
) -> Best:
    """Train a model; goes on where an earlier call with the same folder and recipe stopped.

    Args:
        recipe: What to do.
        lessons: What to learn from.
        model: As it is at the first step; learns, and is in evaluation mode at the end.
        work: Folder for the run's state and its table of steps.
        on_report: Gets a line at the end of every epoch.
        validate: Given a model, its figures, see `Run`; None: nobody asks.
        team: The processes that do it together; all see the same folder.

    Returns:
        What was best of it.

    Raises:
        R2Error: As `learn` does, or something of the data cannot be read.
    """
    run = make_run(recipe, lessons, model.train(), team)
    if validate is not None:
        run = replace(run, validate=partial(validate, model))
    best = learn(run, work, on_report)
    model.eval()
    return best


def make_run(recipe: Recipe, lessons: Lessons, model: R2, team: Team = ALONE) -> Run[Batch]:
    """What the loop is told."""
    epoch = lessons.steps_per_epoch(recipe)
    pace = recipe.schedule

    def wrong(batch: Batch) -> dict[str, Tensor]:
        return batch_losses(model, batch.to(model.reach.device).as_long_as(team), recipe.loss, team=team)

    return Run(
        name="train",
        model=model,
        optimizers=make_optimizers(model, pace),
        schedule=make_schedule(pace, epoch),
        batches=lambda start: lessons.batches(recipe, start, team),
        losses=wrong,
        seed=recipe.seed,
        max_norm=pace.max_norm,
        save_every=epoch * math.ceil(_SELDOM / epoch),
        settings=f"{recipe!r}, {len(lessons.samples)} queries",
        team=team,
    )


def make_optimizers(model: R2, pace: ScheduleRecipe) -> list[torch.optim.Optimizer]:
    """What moves the model's parameters."""
    if pace.optimizer == "adamw":
        return adamw(model, rate=pace.rate, weight_decay=pace.weight_decay)
    return muon_and_adamw(
        model, wide_matrices(model), muon=_MUON * pace.rate, adam=pace.rate, weight_decay=pace.weight_decay
    )


def make_schedule(pace: ScheduleRecipe, steps_per_epoch: int) -> Schedule:
    """How fast, and for how long: warm-up counts steps, drops count epochs."""
    steps = pace.epochs * steps_per_epoch
    if pace.optimizer == "muon":
        return HalfCosine(steps, pace.warmup)
    return Stairs(steps, pace.warmup, tuple(drop * steps_per_epoch for drop in pace.drops))
