"""`r2 eval`: how good the answers are, in the figures that papers print."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from r2cli.cli.console import Answer, Talk
from r2cli.cli.options import Computing, ForceOption, Showing
from r2cli.cli.plots import plot_figures, require_plot
from r2cli.errors import CommandLineError
from r2cli.present.text import visible
from r2cli.settings import SamplingWay
from r2cli.writing import require_free

if TYPE_CHECKING:
    from r2cli.datasets.dataset import Dataset
    from r2cli.evaluation.run import Answers, Result


@dataclass(frozen=True)
class Asking:
    """What a model is asked, and how it looks."""

    SECTION: ClassVar[str] = "Queries"

    split: Annotated[
        str, typer.Option("--split", metavar="NAME", help="Which part of the set. Default: what papers evaluate on.")
    ] = ""
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="Where the set is. Default: data/DATASET.")
    ] = None
    videos: Annotated[int | None, typer.Option("--videos", min=1, metavar="N", help="Only the first N videos.")] = None
    sampling: Annotated[
        SamplingWay, typer.Option("--sampling", help="Which pictures to look at; exact, as models are trained.")
    ] = "exact"
    whole: Annotated[bool, typer.Option("--whole", help="See every video at once, as in the papers.")] = False


@dataclass(frozen=True)
class Files:
    """Answers in files."""

    SECTION: ClassVar[str] = "Answers in files, as QVHighlights takes them"

    predictions: Annotated[
        list[Path] | None,
        typer.Option("--predictions", metavar="FILE", help="Judge these answers instead; may be repeated."),
    ] = None
    annotations: Annotated[
        Path | None, typer.Option("--annotations", metavar="FILE", help="What is true, if not the set's own.")
    ] = None
    save: Annotated[Path | None, typer.Option("--save", metavar="FILE", help="Write the model's answers.")] = None
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Draw the figures, as PNG, SVG or PDF.")
    ] = None
    force: ForceOption = False


def eval(  # noqa: A001 - the command is called so
    dataset: Annotated[
        str, typer.Argument(metavar="[DATASET]", help="A data set; see: r2 data.", show_default=False)
    ] = "",
    ci: Annotated[
        bool, typer.Option("--ci", help="Say how sure the figures and differences are (bootstrap, 95 %).")
    ] = False,
    *,
    asking: Asking,
    files: Files,
    computing: Computing,
    showing: Showing,
) -> int:
    """Measure how good answers are, in the papers' own figures.

    Beside them stands what can be answered without looking at any video.

    \b
    r2 eval sprites --model sprites --videos 10
    r2 eval qvhighlights --data qvh --split val --json
    r2 eval --predictions mine.jsonl --annotations val.jsonl --ci
    """  # noqa: D301 - typer wants the control character itself: it keeps the lines apart
    from r2cli.datasets.qvhighlights import QVHIGHLIGHTS
    from r2cli.datasets.table import find_dataset
    from r2cli.evaluation.session import from_files, sum_up

    if not dataset and not (files.predictions and files.annotations):
        raise CommandLineError("no data set", "name one, as in: r2 eval sprites; or --predictions and --annotations")
    if files.annotations is not None and not files.predictions:
        raise CommandLineError("--annotations without --predictions", "name the file with the answers too")
    if files.plot is not None:
        require_plot(files.plot, force=files.force)
    chosen = find_dataset(dataset) if dataset else QVHIGHLIGHTS
    folder, split = asking.data or Path("data") / chosen.name, asking.split or chosen.splits[-1]
    talk = Talk(showing.quiet)
    if files.predictions:
        chosen, answers = from_files(files.predictions, files.annotations, chosen, folder, split)
    else:
        answers = _ask(chosen, folder, split, asking, computing, files, talk)
    result = sum_up(chosen, folder, split, answers, intervals=ci)
    if not result.rows:
        talk.note(f"what is true of {split} is not published: hand in what --save writes, to have it measured")
    if files.plot is not None:
        rows = [(f"{row.who}, {row.kind}" if row.kind else row.who, row.metrics, row.intervals) for row in result.rows]
        plot_figures(files.plot, f"{chosen.name}, {split}", rows, force=files.force)
    _show(result, showing)
    return 0


def _ask(
    dataset: Dataset, folder: Path, split: str, asking: Asking, computing: Computing, files: Files, talk: Talk
) -> Answers:
    from r2cli.checkpoints.load import open_checkpoint
    from r2cli.evaluation.session import ask_on, predictions_of
    from r2cli.evaluation.submission import write_predictions
    from r2cli.memory import Reading

    if files.save is not None:
        require_free(files.save, force=files.force)  # before the work, not after it
    # What is wrong with the annotations is said before a model is opened.
    total = asking.videos or dataset.usual or len({one.video for one in dataset.samples(folder, split)})
    next(dataset.samples(folder, split), None)
    model = open_checkpoint(computing.model, device=computing.device, precision=computing.precision, on_note=talk.note)
    with talk.progress("asking", total) as on_step:
        answers = ask_on(
            dataset,
            folder,
            split,
            model,
            Reading(sampling=asking.sampling, cache=False),
            whole=asking.whole,
            videos=asking.videos,
            on_progress=lambda videos, queries: on_step(videos),
        )
    if files.save is not None:
        write_predictions(files.save, predictions_of(answers), force=files.force)
    return answers


def _show(result: Result, showing: Showing) -> None:
    from r2cli.evaluation.report import result_json

    answer = Answer()
    if showing.as_json:
        answer.write(result_json(result) + "\n")
        return
    from r2cli.present.figures import figures_table

    answer.write(f"{visible(result.dataset)}, {result.split}: {result.queries} queries, {result.videos} videos\n\n")
    rows = (
        (f"{row.who}, {row.kind}" if row.kind else row.who, row.queries, row.metrics, row.intervals)
        for row in result.rows
    )
    answer.show(figures_table(rows))
