"""What is picked out of a video without a sentence to look for: its highlights, and its summary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from r2cli.findings import Findings, Moment


@dataclass(frozen=True)
class Highlight(Moment):
    """A stretch that stands out. Its score is the mean saliency of its clips."""

    peak: float = 0.0
    """When it is at its best, in seconds from the video's first picture."""


@dataclass(frozen=True)
class Ground:
    """Why a clip counts as salient: whom was asked what."""

    kind: Literal["text", "domain", "model", "title"]
    """A text of the user's; the highlight model of a domain; a model that knows highlights by itself; or, where nothing
    better is known, a model for moments with the video's title."""
    domain: str = ""
    """The highlight model's name, for kind `domain`."""
    certainty: float | None = None
    """How sure it is that the video is of this domain, 0 to 1; None: the user said so."""


@dataclass(frozen=True)
class Highlights(Findings):
    """The best stretches of one video; `moments` are `Highlight`s, best first."""

    ground: Ground


@dataclass(frozen=True)
class Shot:
    """One shot of a video, and whether it is in the summary."""

    start: float
    end: float
    """Both in seconds from the video's first picture."""
    score: float
    """Mean saliency of its clips."""
    reason: str
    """Why it is in the summary, or why not."""
    played: tuple[float, float] | None = None
    """What of it is in the summary, in seconds of the video; None: nothing."""

    @property
    def value(self) -> float:
        """What it is worth to a summary: its score times its length."""
        return self.score * (self.end - self.start)


@dataclass(frozen=True)
class Summary(Highlights):
    """A video told in less time; `moments` are what is played of it, best first."""

    length: float
    """Seconds that were asked for, but no more than the video has."""
    shots: tuple[Shot, ...]
    """All shots of the video, in order of time."""

    @property
    def played(self) -> tuple[tuple[float, float], ...]:
        """What is played, in order of time: seconds of the video."""
        return tuple(shot.played for shot in self.shots if shot.played is not None)
