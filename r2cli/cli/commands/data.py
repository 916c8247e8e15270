"""`r2 data`: data sets to train and to evaluate on, and what of them is on this machine."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from r2cli.cli.console import Answer
from r2cli.cli.options import JsonOption
from r2cli.errors import CommandLineError
from r2cli.present.text import visible

if TYPE_CHECKING:
    from r2cli.datasets.check import SplitState
    from r2cli.datasets.dataset import Dataset


def data(context: typer.Context, as_json: JsonOption = False) -> int:
    """List data sets, say what of one is there.

    \b
    r2 data
    r2 data check qvhighlights --data qvh
    r2 data check custom --data my-videos
    """  # noqa: D301 - typer wants the control character itself: it keeps the lines apart
    if context.invoked_subcommand is not None:
        return 0
    from r2cli.datasets.table import DATASETS

    answer, rows = Answer(), DATASETS.values()
    if as_json:
        listed = [{"name": row.name, "about": row.about, "task": row.task, "splits": row.splits} for row in rows]
        answer.write(json.dumps({"datasets": listed}, indent=2) + "\n")
    else:
        from r2cli.present.datasets import dataset_table

        answer.show(dataset_table((row.name, row.task, row.about, row.source.licence) for row in rows))
    return 0


def check(
    name: Annotated[str, typer.Argument(metavar="DATASET", help="As `r2 data` shows it.", show_default=False)] = "",
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="Where the set is. Default: data/DATASET.")
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Say what of a data set is there, and what is missing.

    All annotations are read, line by line, and every video is looked for.

    \b
    r2 data check custom --data my-videos
    """  # noqa: D301 - as above
    from r2cli.datasets.check import check as look
    from r2cli.datasets.table import find_dataset

    if not name:
        raise CommandLineError("no data set", "name one, as in: r2 data check custom --data my-videos")
    dataset = find_dataset(name)
    folder = data or Path("data") / dataset.name
    states = look(dataset, folder)
    answer = Answer()
    answer.write(_document(dataset, folder, states) if as_json else _report(dataset, folder, states))
    return 0 if any(state.is_complete for state in states) else 3


def _document(dataset: Dataset, folder: Path, states: tuple[SplitState, ...]) -> str:
    fields = {"dataset": dataset.name, "folder": str(folder), "source": asdict(dataset.source)}
    splits = [asdict(state) | {"is_complete": state.is_complete} for state in states]
    return json.dumps({**fields, "splits": splits}, indent=2) + "\n"


def _report(dataset: Dataset, folder: Path, states: tuple[SplitState, ...]) -> str:
    lines = [f"{dataset.name}: {dataset.about}", f"in {visible(str(folder))}", ""]
    lines += [f"{state.split:<12} {visible(_words(state))}" for state in states]
    source = dataset.source
    lines += ["", f"annotations: {source.annotations}", f"videos: {source.videos}", f"licence: {source.licence}", ""]
    return "\n".join(lines)


def _words(state: SplitState) -> str:
    if state.problem:
        return state.problem
    missing = f"; the first that is missing: {state.first_missing}" if state.first_missing else ""
    return f"{state.queries} queries, {state.found} of {state.videos} videos{missing}"
