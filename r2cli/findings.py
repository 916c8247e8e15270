"""What a command found: the one shape that every command produces and every format writes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import r2cli

if TYPE_CHECKING:
    from pandas import DataFrame

    from r2cli.algebra.expression import Expression
    from r2cli.algebra.tally import Count
    from r2cli.cuts import Clip

DEFAULT_TOP = 5
"""How many moments are shown of a video where nobody says how many."""


@dataclass(frozen=True)
class Moment:
    """A span of a video that matches a query."""

    start: float
    end: float
    """Both in seconds from the video's first picture."""
    score: float
    """In [0, 1]; comparable between videos and queries of one model."""
    unsnapped: tuple[float, float] | None = field(default=None, kw_only=True, repr=False)
    """Where the model saw it, if its ends were moved to edges of shots since."""

    @property
    def as_seen(self) -> Moment:
        """As the model saw it."""
        if self.unsnapped is None:
            return self
        return replace(self, start=self.unsnapped[0], end=self.unsnapped[1], unsnapped=None)


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
class Part:
    """An expression, or a part of one, with what it finds by itself."""

    expression: Expression
    moments: tuple[Moment, ...]
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, repr=False)
class Findings:
    """The answer to one query about one video.

    What its methods do needs the rest of r2, which they ask for by its face, the package itself: this module stands
    below everything, and whoever holds findings has imported r2 already.
    """

    query: str
    video: VideoSource
    model: ModelSource
    sampling: Sampling
    moments: tuple[Moment, ...]
    """Best first."""
    saliency: tuple[Saliency, ...]
    """One entry per clip, in order of time."""
    tree: Part | None = field(default=None, kw_only=True)
    """Of an expression, which `query` shows; None: the query is a sentence."""
    count: Count | None = field(default=None, kw_only=True)
    """How often it happens, if that was asked for."""

    def __repr__(self) -> str:
        name, about, video = type(self).__name__, self.query, str(self.video.path)
        return f"<{name} of {about!r} in {video!r}: {_told(self.moments)}>"

    @property
    def asked(self) -> str:
        """What was looked for, for people: a sentence in quotes, an expression with its own."""
        return f'"{self.query}"' if self.tree is None else self.query

    def _repr_html_(self) -> str:
        """A table, for notebooks."""
        rows = "".join(
            f"<tr><td>{rank}</td><td>{one.start:.1f} s</td><td>{one.end:.1f} s</td><td>{one.score:.2f}</td></tr>"
            for rank, one in enumerate(self.moments, start=1)
        )
        head = "".join(f"<th>{name}</th>" for name in ("rank", "start", "end", "score"))
        title = escape(f"{self.query} \N{EM DASH} {self.video.path}")
        return f"<table><caption>{title}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"

    def to_dict(self) -> dict[str, Any]:
        """Everything as `--json` writes it of one result: objects, lists, texts and numbers.

        >>> json.dumps(findings.to_dict())
        """
        return r2cli.to_dict(self)

    def to_pandas(self) -> DataFrame:
        """A row for each moment, best first; see `r2cli.to_pandas`.

        >>> findings.to_pandas().query("score > 0.5")
        """
        return r2cli.to_pandas(self)

    def save(self, path: str | Path, format: str | None = None, *, force: bool = False) -> None:
        """Write it to a file, in the format of the file's suffix; see `r2cli.save`.

        >>> findings.save("dogs.srt")
        """
        r2cli.save(self, path, format, force=force)

    def cut(self, folder: str | Path, *, pad: float | tuple[float, float] = 0.0, force: bool = False) -> list[Clip]:
        """Cut the moments out as files, each to the picture; see `r2cli.cut`."""
        return r2cli.cut(self, folder, pad=pad, force=force)


@dataclass(frozen=True)
class Highlight(Moment):
    """A stretch that stands out. Its score is the mean saliency of its clips; about a text, that of its moment."""

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


@dataclass(frozen=True, repr=False)
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


@dataclass(frozen=True, repr=False)
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


def _told(moments: tuple[Moment, ...]) -> str:
    """How many moments there are, and the best of them."""
    if not moments:
        return "nothing"
    count, best = len(moments), moments[0]
    return f"{count} moment{'s' * (count > 1)}, best {best.start:.1f}-{best.end:.1f} s ({best.score:.2f})"
