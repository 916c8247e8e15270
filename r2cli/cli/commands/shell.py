"""`r2 shell`: the model and the videos are loaded once, then one query after the other is answered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from r2cli.cli.console import Talk, warnings_as_notes, write_line
from r2cli.cli.loading import open_model, probe_all
from r2cli.cli.options import (
    Compute,
    Device,
    Finely,
    Hwaccel,
    MinScore,
    Model,
    NoCache,
    Precision,
    Quiet,
    SamplingWay,
    Top,
    Way,
)
from r2cli.cli.prompt import is_interactive, piped_lines, typed_lines
from r2cli.cli.reading import make_reading, reading_note
from r2cli.cli.recent import remember
from r2cli.errors import CommandLineError, R2Error, UnreadableInputError
from r2cli.tasks.ask import DEFAULT_TOP
from r2cli.tasks.load import DEFAULT_MODEL
from r2cli.tasks.remember import remember_video

if TYPE_CHECKING:
    from r2cli.checkpoints.load import LoadedModel
    from r2cli.cli.session import Session
    from r2cli.memory import Reading
    from r2cli.tasks.remember import VideoMemory
    from r2cli.video import VideoInfo

_WELCOME = "type what to look for, or :help; :quit or Ctrl-D ends"
_INTERRUPTED = "interrupted: :quit or Ctrl-D ends"


def shell(
    videos: Annotated[
        list[str] | None, typer.Argument(metavar="VIDEO...", help="Video files, of any length.", show_default=False)
    ] = None,
    top: Top = DEFAULT_TOP,
    min_score: MinScore = None,
    model: Model = DEFAULT_MODEL,
    device: Compute = Device.AUTO,
    precision: Finely = Precision.AUTO,
    sampling: SamplingWay = Way.AUTO,
    hwaccel: Hwaccel = "none",
    no_cache: NoCache = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Answer each query with one JSON document in one line.")
    ] = False,
    quiet: Quiet = False,
) -> int:
    """Ask one query after the other.

    Everything is loaded once, and each answer comes at once. Where the queries come from another program, one per
    line, there is no prompt.

    \b
    r2 shell holiday.mp4
    r2 shell holiday.mp4 --json < list.txt
    """  # noqa: D301 - typer wants the control character itself: it keeps the lines apart
    from r2cli.cli.session import Session

    if not videos:
        raise CommandLineError("no video", "name one, as in: r2 shell holiday.mp4")
    reading, talk = make_reading(sampling, hwaccel, no_cache=no_cache), Talk(quiet)
    failed: list[Path] = []

    def fail(path: Path, error: R2Error) -> None:
        write_line(str(error))
        failed.append(path)

    indexes: list[VideoMemory] = []
    if readable := probe_all([Path(video) for video in videos], fail, talk):
        loaded = open_model(model, device, precision, talk, for_moments=True)
        remember(readable[-1].path, model)
        indexes = _index_all(readable, loaded, reading, talk, fail)
    if not indexes:
        return UnreadableInputError.exit_code
    threshold = loaded.checkpoint.min_score if min_score is None else min_score
    session = Session(tuple(indexes), talk, top, threshold, as_json=as_json)
    _converse(session, talk)
    return UnreadableInputError.exit_code if failed else session.exit_code


def _index_all(
    videos: list[VideoInfo],
    loaded: LoadedModel,
    reading: Reading,
    talk: Talk,
    fail: Callable[[Path, R2Error], None],
) -> list[VideoMemory]:
    from r2cli.video import DamagedVideoWarning, clip_count

    indexes = []
    with warnings_as_notes(DamagedVideoWarning, talk):
        for video in videos:
            clips = clip_count(video.duration, loaded.checkpoint.clips_per_second)
            try:
                with talk.progress(video.path.name, clips) as on_progress:
                    indexes.append(remember_video(video, loaded, reading, on_progress))
            except UnreadableInputError as error:
                fail(video.path, error)
    if talk.shows_progress and (note := reading_note(index.report for index in indexes)):
        talk.note(note)
    return indexes


def _converse(session: Session, talk: Talk) -> None:
    session.warm_up()
    if not is_interactive():
        for line in piped_lines():
            if not session.take(line):
                return
        return
    session.exit_code = 0  # who looks at answers is told by them, not by a code
    talk.note(_WELCOME)
    for line in typed_lines():
        try:
            if not session.take(line):
                return
        except KeyboardInterrupt:
            talk.note(_INTERRUPTED)
