"""What was cut of a video: clips and reels, written and measured."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Literal


class CutMode(str, Enum):
    """How a clip is cut."""

    EXACT = "exact"
    COPY = "copy"
    SMART = "smart"


@dataclass(frozen=True)
class Pad:
    """How much more than a moment is taken of its video."""

    before: float = 0.0
    after: float = 0.0
    """Both in seconds."""

    @classmethod
    def of(cls, pad: float | tuple[float, float]) -> Pad:
        """From a number for both, or from one for each."""
        return cls(*pad) if isinstance(pad, tuple) else cls(pad, pad)


@dataclass(frozen=True)
class Clip:
    """A clip that was written and measured."""

    path: Path
    video: Path
    mode: CutMode
    asked_start: float
    asked_end: float
    start: float
    """When its first picture begins."""
    end: float
    """When its last picture ends. All four in seconds from the first picture of the video."""
    note: str = ""
    """What the user should know about how it was cut."""
    rank: int = 0
    """Its moment's place in the ranking; 0 if there is none."""
    moment: tuple[float, float] | None = None
    """What of the video is meant, where more was asked for: padding is around it."""


@dataclass(frozen=True)
class ReelPart:
    """One piece of a reel."""

    video: Path
    asked_start: float
    asked_end: float
    start: float
    end: float
    """All four in seconds from the first picture of the video."""
    at: float
    """When it begins in the reel, s."""


@dataclass(frozen=True)
class Reel:
    """A reel that was written and measured."""

    path: Path
    duration: float
    """Seconds."""
    width: int
    height: int
    rate: Fraction
    parts: tuple[ReelPart, ...]
    note: str = ""


@dataclass(frozen=True)
class Planned:
    """A file that would be written."""

    path: Path
    kind: Literal["clip", "reel", "answer"]
    """A film of one moment, or of several, as a summary is; or what was found, in some format."""
    seconds: float | None = None
    """Of a film."""
    size: float | None = None
    """Bytes, about: of a film as many for each second as its video has."""
