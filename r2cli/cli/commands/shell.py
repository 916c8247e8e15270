"""`r2 shell`: the model and the videos are loaded once, then one query after the other is answered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from r2cli.cli.amounts import read_video
from r2cli.cli.console import Talk, warnings_as_notes
from r2cli.cli.cutting import cutting_by_settings
from r2cli.cli.loading import Failures, open_model, probe_all, warn_of_cartoons
from r2cli.cli.options import Computing, LookingOnce, MinScoreOption, QuietOption, TopOption
from r2cli.cli.prompt import is_interactive, piped_lines, typed_lines
from r2cli.cli.reading import make_reading, reading_note
from r2cli.cli.recent import remember
from r2cli.errors import CommandLineError, ExitCode, UnreadableInputError
from r2cli.findings import DEFAULT_TOP

if TYPE_CHECKING:
    from r2cli.checkpoints.load import LoadedModel
    from r2cli.cli.session import Session
    from r2cli.memory import Reading
    from r2cli.tasks.remember import VideoMemory
    from r2cli.video import VideoInfo

_WELCOME = "type what to look for, or :help; :quit or Ctrl-D ends"
_INTERRUPTED = "interrupted: :quit or Ctrl-D ends"


def shell(
    context: typer.Context,
    videos: Annotated[
        list[Path] | None,
        typer.Argument(parser=read_video, metavar="VIDEO...", help="Video files, of any length.", show_default=False),
    ] = None,
    top: TopOption = DEFAULT_TOP,
    min_score: MinScoreOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Answer each query with one JSON document in one line.")
    ] = False,
    quiet: QuietOption = False,
    *,
    computing: Computing,
    looking: LookingOnce,
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
    reading, talk, failures = make_reading(looking), Talk(quiet), Failures()
    memories: list[VideoMemory] = []
    cutting = cutting_by_settings()
    if readable := probe_all(videos, failures.fail, talk):
        warn_of_cartoons(context, computing.model, readable, talk)
        loaded = open_model(computing, talk)
        remember(readable[-1].path, computing.model)
        memories = _remember_all(readable, loaded, reading, talk, failures)
    if not memories:
        return ExitCode.INPUT
    threshold = loaded.checkpoint.min_score if min_score is None else min_score
    session = Session(tuple(memories), talk, top, threshold, as_json=as_json, cutting=cutting)
    _converse(session, talk)
    return failures.exit_code() or session.exit_code


def _remember_all(
    videos: list[VideoInfo], loaded: LoadedModel, reading: Reading, talk: Talk, failures: Failures
) -> list[VideoMemory]:
    from r2cli.tasks.remember import remember_video
    from r2cli.video import DamagedVideoWarning, clip_count

    memories = []
    with warnings_as_notes(DamagedVideoWarning, talk):
        for video in videos:
            clips = clip_count(video.duration, loaded.checkpoint.clips_per_second)
            try:
                with talk.progress(video.path.name, clips) as on_progress:
                    memories.append(remember_video(video, loaded, reading, on_progress))
            except UnreadableInputError as error:
                failures.fail(video.path, error)
    if talk.shows_progress and (note := reading_note(memory.report for memory in memories)):
        talk.note(note)
    return memories


def _converse(session: Session, talk: Talk) -> None:
    from r2cli.cli.session import COMMANDS

    session.warm_up()
    if not is_interactive():
        for line in piped_lines():
            if not session.take(line):
                return
        return
    session.exit_code = 0  # who looks at answers is told by them, not by a code
    talk.note(_WELCOME)
    for line in typed_lines({name: command.argument for name, command in COMMANDS.items()}):
        try:
            if not session.take(line):
                return
        except KeyboardInterrupt:
            talk.note(_INTERRUPTED)
