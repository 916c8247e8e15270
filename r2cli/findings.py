"""What a command found: the one shape that every command produces and every format writes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path


@dataclass(frozen=True)
class Moment:
    """A span of a video that matches a query."""

    start: float
    end: float
    """Both in seconds from the video's first picture."""
    score: float
    """In [0, 1]; comparable between videos and queries of one model."""


@dataclass(frozen=True)
class Saliency:
    """How much one clip has to do with the query."""

    time: float
    """Middle of the clip, in seconds."""
    score: float


@dataclass(frozen=True)
class VideoSource:
    """The video that was searched."""

    path: Path
    duration: float
    """Seconds."""
    rate: Fraction
    """Average frames per second, exact."""


@dataclass(frozen=True)
class ModelSource:
    """The weights that answered."""

    name: str
    sha256: str
    """Digest of the checkpoint's file, in hex."""
    backbone: str


@dataclass(frozen=True)
class Sampling:
    """How the video was turned into clips."""

    clips_per_second: float
    window: float
    """Seconds the model sees at once."""
    strategy: str = "exact"
    """Which picture stands for a clip: `exact`, `auto` or `keyframes`."""


@dataclass(frozen=True)
class Findings:
    """The answer to one query about one video."""

    query: str
    video: VideoSource
    model: ModelSource
    sampling: Sampling
    moments: tuple[Moment, ...]
    """Best first."""
    saliency: tuple[Saliency, ...]
    """One entry per clip, in order of time."""


@dataclass(frozen=True)
class IndexedVideo:
    """A video that was made ready for queries."""

    path: Path
    duration: float
    """Seconds."""
    seconds: float
    """That it took."""
    clips: int
    encoded: int
    reused: int
    cached: int
    """Where the tokens of the clips came from: the encoder, a frame that looks the same, an earlier run."""
    decoded: int
    """Pictures that were decoded for them."""

    @property
    def was_there(self) -> bool:
        """Whether all of it was ready before."""
        return self.cached == self.clips


def ranked(findings: Iterable[Findings]) -> list[tuple[Moment, Findings]]:
    """The moments of all videos in one ranking, best first, each with the findings that it is from."""
    pairs = [(moment, found) for found in findings for moment in found.moments]
    return sorted(pairs, key=lambda pair: -pair[0].score)
