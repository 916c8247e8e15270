"""`r2 pick`: look at moments on a full screen, keep or correct them, and write what is kept."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from r2cli.cli.amounts import read_video
from r2cli.cli.answering import document_of, say_what_is_missing
from r2cli.cli.console import Talk, warnings_as_notes
from r2cli.cli.folders import VIDEO_SUFFIXES
from r2cli.cli.inputs import STANDARD_INPUT
from r2cli.cli.loading import Failures, open_model, probe_all, warn_of_cartoons
from r2cli.cli.options import Computing, ForceOption, LookingOnce, MinScoreOption, QuietOption, TopOption
from r2cli.cli.order import require_order
from r2cli.cli.picked import PickWriter, play
from r2cli.cli.reading import make_reading
from r2cli.cli.recent import remember
from r2cli.cli.saved import read_document
from r2cli.errors import CommandLineError, UnreadableInputError
from r2cli.export.document import Kind
from r2cli.findings import DEFAULT_TOP
from r2cli.picking.review import begin
from r2cli.picking.wishes import Wish

if TYPE_CHECKING:
    from r2cli.export.document import Document
    from r2cli.findings import Findings
    from r2cli.memory import Reading
    from r2cli.picking.review import Review


def pick(
    context: typer.Context,
    videos: Annotated[
        list[Path] | None,
        typer.Argument(
            parser=read_video,
            metavar="FINDINGS.json | VIDEO...",
            help="Findings that find, highlight or summarize saved; or videos, to be searched first.",
            show_default=False,
        ),
    ] = None,
    query: Annotated[
        str, typer.Argument(metavar="QUERY", help="After videos: what to look for, in quotes.", show_default=False)
    ] = "",
    top: TopOption = DEFAULT_TOP,
    min_score: MinScoreOption = None,
    force: ForceOption = False,
    quiet: QuietOption = False,
    *,
    computing: Computing,
    looking: LookingOnce,
) -> int:
    """Review moments on a full screen: keep, correct, cut.

    Each moment beside its picture and the curve of its video; ? shows every key. What is kept becomes clips, a reel,
    a file of any format, or corrected findings for `r2 cut`.

    \b
    r2 pick holiday.mp4 "a dog jumps" --top 20
    r2 find *.mp4 "a dog jumps" --out findings.json
    r2 pick findings.json
    """  # noqa: D301 - typer wants the control character itself: it keeps the lines apart
    _require_screen()
    talk, failures = Talk(quiet), Failures()
    saved = None if videos or Path(query).suffix.lower() in VIDEO_SUFFIXES or not query else Path(query)
    if saved is None:
        paths, (asked,) = require_order(videos or [], [], query)
        found = _search(paths, asked, make_reading(looking), _Model(context, computing), failures, talk)
        document = _selected(*found, top, min_score, talk)
    else:
        document = _read(saved)
    review = begin(document)
    if review is None:
        return failures.exit_code(found=False)
    for line in _on_screen(review, PickWriter(force, looking.hwaccel), saved):
        talk.note(line)
    return failures.exit_code()


def _require_screen() -> None:
    """See that there is a terminal to draw on, and what draws.

    Raises:
        CommandLineError: One of them is missing.
    """
    if find_spec("textual") is None:
        raise CommandLineError("r2 pick needs textual, which is not installed", "type: pip install 'r2cli[pick]'")
    if not _has_terminal():
        raise CommandLineError(
            "r2 pick needs a terminal: standard input, output and error are its keys and its screen",
            "elsewhere, review on a page: r2 find VIDEO QUERY --out review.html",
        )


def _has_terminal() -> bool:
    streams = (sys.stdin, sys.stdout, sys.stderr)
    return os.environ.get("TERM") != "dumb" and all(stream is not None and stream.isatty() for stream in streams)


def _read(file: Path) -> Document:
    """Saved findings, with paths that are true in this folder.

    Raises:
        UnreadableInputError: They cannot be read.
        CommandLineError: There is nothing to review in them.
    """
    if file == STANDARD_INPUT:
        raise CommandLineError("standard input is for keys, findings cannot come from there", "name a file")
    document = read_document(file)
    if document.kind is Kind.CUTS:
        raise CommandLineError(f"{file} tells of clips and holds no moments", "name what r2 find --out FILE.json wrote")
    return replace(document, findings=document.located(), folder=None)


@dataclass(frozen=True)
class _Model:
    """Which model searches, and who said so."""

    context: typer.Context
    computing: Computing


def _search(
    paths: list[Path], query: str, reading: Reading, model: _Model, failures: Failures, talk: Talk
) -> tuple[list[Findings], float]:
    """Everything that is found, and the model's own threshold."""
    from r2cli.tasks.ask import query_notes, threshold
    from r2cli.tasks.find import search
    from r2cli.video import DamagedVideoWarning, clip_count

    found: list[Findings] = []
    if not (readable := probe_all(paths, failures.fail, talk)):
        return found, 0.0
    name = model.computing.model
    remember(readable[-1].path, name)
    warn_of_cartoons(model.context, name, readable, talk)
    loaded = open_model(model.computing, talk)
    for note in query_notes(query, loaded):
        talk.note(note)
    with warnings_as_notes(DamagedVideoWarning, talk):
        for video in readable:
            clips = clip_count(video.duration, loaded.checkpoint.clips_per_second)
            try:
                with talk.progress(video.path.name, clips) as on_progress:
                    found += search(video, [query], loaded, reading, on_progress)
            except UnreadableInputError as error:
                failures.fail(video.path, error)
    return found, threshold(loaded, None)


def _selected(found: list[Findings], usual: float, top: int, min_score: float | None, talk: Talk) -> Document:
    """What is to be reviewed of it."""
    from r2cli.tasks.ask import select

    least = usual if min_score is None else min_score
    say_what_is_missing(found, least, talk)
    return document_of(Kind.FINDINGS, [select(one, top=top, min_score=least) for one in found])


def _on_screen(review: Review, writer: PickWriter, saved: Path | None) -> list[str]:
    """Let somebody review it.

    Returns:
        What was written, line by line.
    """
    from r2cli.picking.screen import PickScreen

    stem = "picked" if saved is None else f"{saved.stem.removesuffix('-picked')}-picked"
    names = {Wish.SAVE: f"{stem}.json", Wish.CLIPS: "clips", Wish.REEL: f"{stem}.mp4", Wish.EXPORT: f"{stem}.csv"}
    queries = {one.query for one in review.document.findings}
    screen = PickScreen(review, writer, names, play, str(saved or next(iter(queries))))
    screen.run()
    return screen.told
