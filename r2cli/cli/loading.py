"""What a command needs before its work begins: videos, those that cannot be read, and a model."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from r2cli.cli.console import Talk, warnings_as_notes, write_line
from r2cli.cli.options import Computing
from r2cli.datasets.sprites.demo import is_demo_film
from r2cli.errors import ExitCode, R2Error, UnreadableInputError, shortened
from r2cli.export.document import FailedInput
from r2cli.settings import SETTINGS, given

if TYPE_CHECKING:
    from r2cli.checkpoints.load import LoadedModel
    from r2cli.video import VideoInfo


@dataclass
class Failures:
    """Inputs that could not be read so far."""

    at_once: bool = True
    """Whether each is reported when it happens; otherwise by `say`."""
    failed: list[FailedInput] = field(default_factory=list)

    def fail(self, path: Path, error: R2Error) -> None:
        """Report a bad input, and go on."""
        one = FailedInput(path, shortened(str(error)), error.exit_code)
        self.failed.append(one)
        if self.at_once:
            write_line(one.message)

    def say(self) -> None:
        """Report all of them, where that was put off."""
        for one in self.failed if not self.at_once else ():
            write_line(one.message)

    def exit_code(self, *, found: bool = True) -> ExitCode:
        """What a command ends with that found something, or not."""
        if self.failed:
            return ExitCode.INPUT
        return ExitCode.FOUND if found else ExitCode.NOTHING


def open_model(computing: Computing, talk: Talk, *, for_moments: bool = True) -> LoadedModel:
    """Open a model, and say what there is to say about it.

    Args:
        computing: Which model, and where it computes.
        talk: For notes and the progress of downloads.
        for_moments: Whether it must be able to say where a moment begins and ends.

    Raises:
        ModelUnavailableError: It cannot be had, or knows only highlights.
        CommandLineError: There is no such device.
    """
    with talk.loading():
        from r2cli.tasks.load import load

        return load(
            computing.model,
            device=computing.device,
            precision=computing.precision,
            on_note=talk.note,
            progress=talk.shows_progress,
            for_moments=for_moments,
        )


def warn_of_cartoons(context: typer.Context, model: str, videos: Iterable[VideoInfo], talk: Talk) -> None:
    """Say that a model knows cartoons only where nobody chose it for these videos: a setting did, long ago perhaps."""
    source = context.get_parameter_source("model")
    if source is None or source.name != "DEFAULT_MAP":
        return
    from r2cli.checkpoints.registry import CHECKPOINTS

    row, setting = CHECKPOINTS.get(model), given("model")
    if row is None or setting is None or row.files:  # what is downloaded has seen more
        return
    if not all(is_demo_film(video.path.absolute()) for video in videos):
        talk.note(
            f"{model}, which {setting.origin} chose, knows cartoons only: for real footage, "
            f"--model {SETTINGS['model'].default_now}"
        )


def probe_all(
    paths: Iterable[Path], on_failure: Callable[[Path, UnreadableInputError], None], talk: Talk
) -> list[VideoInfo]:
    """Look into videos; one that cannot be read stops none of the others."""
    with talk.loading():
        from r2cli.tasks.open_video import open_video
        from r2cli.video.probe import DamagedVideoWarning

    videos = []
    with warnings_as_notes(DamagedVideoWarning, talk), talk.loading():
        for path in paths:
            try:
                videos.append(open_video(path))
            except UnreadableInputError as error:
                on_failure(path, error)
    return videos
