"""What can be wished for of a review: what is written, how far that is, and what is played."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from r2cli.errors import R2Error


class Wish(Enum):
    """What can be written, and where to if nobody says."""

    SAVE = "save what is kept as"
    CLIPS = "cut clips into the folder"
    REEL = "join what is kept into the film"
    EXPORT = "export in the format of the suffix, to"


@dataclass(frozen=True)
class Stretch:
    """What is to be played."""

    video: Path
    start: float
    end: float
    """Both in seconds from the video's first picture."""


class StoppedError(R2Error):
    """Somebody ended the work before it was done."""


class Work:
    """What is known of work in another thread: it is told by that thread, and looked at by the screen."""

    def __init__(self) -> None:
        self.label, self.done, self.total = "", 0, 0
        self.is_stopped = False
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        """Be told what is good to know."""
        self.notes.append(text)

    @contextmanager
    def progress(self, label: str, total: int) -> Iterator[Callable[[int], None]]:
        """Give what is told how many of `total` are done.

        Raises:
            StoppedError: When it is told so, once somebody has ended the work.
        """
        self.label, self.done, self.total = label, 0, total
        yield self._advance

    def _advance(self, done: int) -> None:
        if self.is_stopped:
            raise StoppedError("stopped")
        self.done = done

    @property
    def line(self) -> str:
        """How far it is."""
        share = f" {100 * self.done // self.total:d} %" if self.total else ""
        return f"{self.label or 'working'}{share}"
