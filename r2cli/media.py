"""What an editing program must know of a video's file, besides what was found in it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class SoundTrack:
    """One sound track of a video's file."""

    channels: int
    rate: int
    """Samples per second."""


@dataclass(frozen=True)
class SourceMedia:
    """What an editing program must know of a video's file, besides what was found in it."""

    width: int
    height: int
    """In square pixels as shown."""
    sound: tuple[SoundTrack, ...] = ()
    timecode: str = ""
    """Of the first picture, as the file states it; with a semicolon before its pictures where numbers are dropped."""
    reel: str = ""
    """The name of the tape or card, if the file states it."""
    rate: Fraction | None = None
    """Average pictures per second, exact."""
    duration: float | None = None
    """Seconds."""
