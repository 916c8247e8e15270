"""`r2 train`: a model of one's own."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import typer

from r2cli.cli.console import Answer, Talk
from r2cli.cli.options import DeviceOption, ForceOption, Showing, default_of
from r2cli.cli.plots import plot_training, require_plot
from r2cli.cli.recipes import ChangesOption, DataOption, RecipeArgument
from r2cli.training.progress import read_table

_DEVICE = default_of("device")


@dataclass(frozen=True)
class Files:
    """Where everything lies."""

    SECTION: ClassVar[str] = "Files"

    data: DataOption = None
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="For the run and the checkpoint. Default: runs/RECIPE."),
    ] = None
    tokens: Annotated[
        Path | None,
        typer.Option("--tokens", metavar="DIR", help="For what CLIP sees of the videos. Default: OUT/tokens."),
    ] = None
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="FILE", help="Draw the run, as PNG, SVG or PDF: losses, and validation."),
    ] = None
    force: ForceOption = False


def train(
    recipe: RecipeArgument = "",
    changes: ChangesOption = None,
    init: Annotated[
        str, typer.Option("--init", metavar="NAME|FILE", help="Begin as this checkpoint (fine-tuning).")
    ] = "",
    device: DeviceOption = _DEVICE,
    *,
    files: Files,
    showing: Showing,
) -> int:
    """Train a model on a data set, or tune one.

    Stopped at any time, the same command goes on where it was. OUT/train.csv has a row for every step.

    \b
    r2 train custom --data my-videos --init qvhighlights --out runs/mine
    r2 train charades --data charades --set schedule.epochs=10
    torchrun --nproc-per-node 2 -m r2cli train charades --data charades
    """  # noqa: D301 - typer wants the control character itself: it keeps the lines apart
    from r2cli.training.recipe import read_recipe
    from r2cli.training.session import Places, run_recipe

    chosen, talk, started = read_recipe(recipe, changes or ()), Talk(showing.quiet), time.monotonic()
    if files.plot is not None:
        require_plot(files.plot, force=files.force)
    work = files.out or Path("runs") / Path(recipe).stem
    places = Places(files.data or Path("data") / chosen.dataset, work, files.tokens or work / "tokens")
    path = run_recipe(
        chosen,
        places,
        init=init,
        device=device,
        force=files.force,
        on_note=talk.note,
        on_report=lambda line: talk.note(f"{time.monotonic() - started:.0f}s  {line}"),
    )
    if path is not None:
        if files.plot is not None:
            steps, validation = (read_table(work / f"train{part}.csv") for part in ("", "-validation"))
            plot_training(files.plot, f"r2 train {recipe}", steps, validation, force=files.force)
        said = json.dumps({"model": str(path), "recipe": chosen.facts()}, indent=2) if showing.as_json else str(path)
        Answer().write(said + "\n")
    return 0
