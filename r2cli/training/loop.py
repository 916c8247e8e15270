"""The one loop in which everything learns that learns in r2.

All chance is a function of a seed and the number of the step: a run that was stopped, even killed, goes on to the very
weights that it would have had.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

from r2cli.errors import ModelUnavailableError
from r2cli.training.best import Best
from r2cli.training.descent import descend
from r2cli.training.progress import StepTable, mean_of
from r2cli.training.resume import load_state, save_state
from r2cli.training.schedule import Schedule
from r2cli.training.team import ALONE, Team
from r2cli.writing import make_folder

Batch = TypeVar("Batch")
OnReport = Callable[[str], None]

_STRIDE = 1_000_003
"""Between the seeds of two runs, more than any has steps."""
_APART = 1 << 40
"""Between the seeds of two processes of a run, more than any seed is."""


@dataclass(frozen=True)
class Run(Generic[Batch]):
    """Everything that decides what a training does."""

    name: str
    """Its files and its lines are called so."""
    model: nn.Module
    """What learns, as it is at step 0."""
    optimizers: Sequence[torch.optim.Optimizer]
    """From `descent`."""
    schedule: Schedule
    batches: Callable[[int], Iterable[Batch]]
    """What is learned from, from a step on; the same step always has the same batch."""
    losses: Callable[[Batch], Mapping[str, Tensor]]
    """What is wrong about the model's answers, by name; weighted scalars, whose sum is to fall."""
    seed: int
    max_norm: float = 5.0
    """Longer gradients are shortened to this L2 norm."""
    save_every: int = 100
    """Steps."""
    settings: str = ""
    """What else was asked for; a run with other settings does not go on from this one's state."""
    judge: Callable[[], str] = lambda: ""
    """Says how good the model is by now, whenever it is saved."""
    validate: Callable[[], Mapping[str, float]] = dict
    """The model's figures on what it does not learn from, asked whenever it is saved; where there are any, the weights
    that the run ends with are those for which the first of them was highest."""
    team: Team = ALONE
    """The processes that take every step together."""


def learn(run: Run[Batch], work: Path, on_report: OnReport = lambda line: None) -> Best:
    """Train a model; goes on where an earlier call with the same folder stopped.

    Args:
        run: What to do.
        work: Folder for the run's state, `NAME.pt`, its table of steps, `NAME.csv`, and that of its figures,
            `NAME-validation.csv`.
        on_report: Gets a line whenever the state is saved.

    Returns:
        What was best of it.

    Raises:
        UnreadableInputError: What lies in the folder is no state of this run.
        CommandLineError: It is that of a run with other settings, or the folder cannot be written to.
        ModelUnavailableError: The loss is no number any more.
    """
    state = work / f"{run.name}.pt"
    best = Best()
    start = load_state(state, run.model, run.optimizers, run.settings, best)
    if run.team.leads and start < run.schedule.steps:
        make_folder(work)
        _lead(run, start, work, best, on_report)
    else:
        for step, batch in _steps(run, start):
            _take_step(run, step, batch)
    best.give_to(run.model)
    return best


def _lead(run: Run[Batch], start: int, work: Path, best: Best, on_report: OnReport) -> None:
    """Take the steps that are left, and write down what comes of them."""
    recent: list[dict[str, float]] = []
    with (
        closing(StepTable(work / f"{run.name}.csv", start)) as table,
        closing(StepTable(work / f"{run.name}-validation.csv", start)) as validation,
    ):
        for step, batch in _steps(run, start):
            recent.append(_take_step(run, step, batch))
            table.add(step, recent[-1])
            if (step + 1) % run.save_every == 0 or step + 1 == run.schedule.steps:
                figures = run.validate()
                if figures:
                    validation.add(step, figures)
                    best.consider(step + 1, figures, run.model)
                save_state(work / f"{run.name}.pt", step + 1, run.model, run.optimizers, run.settings, best)
                told = f"{run.name} step {step + 1}/{run.schedule.steps}", mean_of(recent), run.judge(), _told(figures)
                on_report("  ".join(part for part in told if part))
                recent.clear()


def _told(figures: Mapping[str, float]) -> str:
    return "  ".join(f"{name} {value:.1f}" for name, value in figures.items())


def _steps(run: Run[Batch], start: int) -> Iterable[tuple[int, Batch]]:
    return zip(range(start, run.schedule.steps), run.batches(start), strict=False)


def _take_step(run: Run[Batch], step: int, batch: Batch) -> dict[str, float]:
    torch.manual_seed(run.seed * _STRIDE + step + run.team.rank * _APART)
    named = run.losses(batch)
    loss = sum(named.values(), torch.zeros(()))
    if not math.isfinite(loss.item()):
        raise ModelUnavailableError(
            f"{run.name}: at step {step + 1} the loss is no number any more", "try again with a lower rate"
        )
    factor = run.schedule.rate_at(step)
    norm = descend(run.model, run.optimizers, loss, factor, run.max_norm, run.team)
    return {
        "rate": run.optimizers[-1].param_groups[0]["lr"],
        "norm": norm,
        "loss": loss.item(),
        **{name: value.item() for name, value in named.items()},
    }
