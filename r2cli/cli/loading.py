"""What a command needs before its work begins: videos, those that cannot be read, and a model."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from r2cli.cli.console import Talk, warnings_as_notes, write_line
from r2cli.cli.options import Device, Precision
from r2cli.errors import R2Error, UnreadableInputError

if TYPE_CHECKING:
    from r2cli.checkpoints.load import LoadedModel
    from r2cli.export.document import FailedInput
    from r2cli.video import VideoInfo


@dataclass
class Failures:
    """Inputs that could not be read so far."""

    failed: list[FailedInput] = field(default_factory=list)

    def fail(self, path: Path, error: R2Error) -> None:
        """Report a bad input, and go on."""
        from r2cli.export.document import FailedInput

        write_line(str(error))
        self.failed.append(FailedInput(path, str(error), error.exit_code))


def open_model(model: str, device: Device, precision: Precision, talk: Talk, *, for_moments: bool) -> LoadedModel:
    """Open a model, and say what there is to say about it.

    Args:
        model: A name or a file.
        device: Where to compute.
        precision: How finely.
        talk: For notes and the progress of downloads.
        for_moments: Whether it must be able to say where a moment begins and ends.

    Raises:
        ModelUnavailableError: It cannot be had, or knows only highlights.
        CommandLineError: There is no such device.
    """
    from r2cli.checkpoints.load import find_source, open_checkpoint
    from r2cli.tasks.load import require_moments

    if for_moments:
        require_moments(find_source(model))  # before anything is downloaded
    loaded = open_checkpoint(
        model, device=device.value, precision=precision.value, on_note=talk.note, progress=talk.shows_progress
    )
    if for_moments:
        require_moments(loaded.checkpoint)  # what a file holds shows only when it is open
    return loaded


def probe_all(
    paths: Iterable[Path], on_failure: Callable[[Path, UnreadableInputError], None], talk: Talk
) -> list[VideoInfo]:
    """Look into videos; one that cannot be read stops none of the others."""
    from r2cli.tasks.open_video import open_video
    from r2cli.video.probe import DamagedVideoWarning

    videos = []
    with warnings_as_notes(DamagedVideoWarning, talk):
        for path in paths:
            try:
                videos.append(open_video(path))
            except UnreadableInputError as error:
                on_failure(path, error)
    return videos
