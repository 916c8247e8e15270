"""Whom the Python API tells what it does: who asked to be told, or else the log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from r2cli.memory import OnProgress
    from r2cli.video.probe import VideoInfo

OnNote = Callable[[str], None]
"""Told in a line what is about to be downloaded, what was decided, and what does not go as it should."""
OnWork = Callable[[int, int], None]
"""Told how much is done, and of how much. What it raises ends the work."""

_LOG = logging.getLogger("r2cli")
_LOG.addHandler(logging.NullHandler())  # a library is silent unless the program that uses it wants to hear it


def log_note(line: str) -> None:
    """Log a note, where nobody else asked for it; by name, so that what holds it can be pickled."""
    _LOG.info("%s", line)


def counted(on_progress: OnWork | None, video: VideoInfo, clips_per_second: float) -> OnProgress:
    """What counts the clips of a video, for one who wants to know of how many."""
    from r2cli.video import clip_count

    if on_progress is None:
        return lambda clips: None
    total = clip_count(video.duration, clips_per_second)
    return lambda clips: on_progress(min(clips, total), total)


class LogListener:
    """Who is told what is being read for a file that is written: the log alone."""

    def note(self, text: str) -> None:
        """Log it."""
        log_note(text)

    @contextmanager
    def progress(self, label: str, total: int) -> Iterator[Callable[[int], None]]:
        """Nobody watches."""
        del label, total
        yield lambda done: None
