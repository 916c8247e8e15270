"""What every format is written from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from pathlib import Path

from r2cli.cuts import Clip, Pad, Planned, Reel
from r2cli.explanation import Explanation
from r2cli.findings import Findings, Highlights, Summary
from r2cli.media import SourceMedia


class Kind(str, Enum):
    """What a document tells of; the same words as its commands' results in the Python API."""

    FINDINGS = "findings"
    """Moments that match queries: `r2 find`."""
    HIGHLIGHTS = "highlights"
    """The best stretches of videos: `r2 highlight`."""
    SUMMARIES = "summaries"
    """Videos told in less time: `r2 summarize`."""
    CUTS = "cuts"
    """Clips and reels alone: `r2 cut`."""


EVERY_KIND = frozenset(Kind)


@dataclass(frozen=True)
class FailedInput:
    """A video that could not be searched."""

    path: Path
    message: str
    exit_code: int


@dataclass(frozen=True)
class Document:
    """The answer of one command: findings per video and query, what was cut of them, and what failed.

    Of each video the findings tell its path as it was named, its duration and its exact rate.
    """

    findings: tuple[Findings, ...]
    errors: tuple[FailedInput, ...] = ()
    clips: tuple[Clip, ...] | None = None
    """What was cut; None: nothing was to be."""
    reel: Reel | None = None
    kind: Kind = Kind.FINDINGS
    planned: tuple[Planned, ...] | None = field(default=None, kw_only=True)
    """What would be written; None: it was not only tried."""
    folder: Path | None = None
    """Where the document lay that this was read from; None: it was not read from a file."""
    media: Mapping[Path, SourceMedia] = field(default_factory=dict)
    """What editing programs must know of each video's file, by its path as it was named; only of those that are there,
    and only where a format asks for it."""
    stills: Mapping[tuple[Path, float], bytes] = field(default_factory=dict)
    """Pictures of the videos, as JPEG, by the video's path and the time; only where a format asks for them."""
    digests: Mapping[Path, str] = field(default_factory=dict)
    """BLAKE3 of the videos' contents, in hex, as far as it is known."""
    command: tuple[str, ...] = ()
    """What was typed, word by word."""
    written: datetime | None = None
    explanation: Explanation | None = None
    """Why one of the moments has its score; only JSON tells it."""
    pad: Pad = Pad()
    """The handles of each moment, in formats for editing programs."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing matched, and nothing was cut."""
        return not (self.clips or self.reel or any(found.moments for found in self.findings))

    def locate(self, video: Path) -> Path | None:
        """Where a video of this document is.

        A relative path is looked for in the current folder, then beside the document.

        Returns:
            None: in neither of them.
        """
        beside = () if self.folder is None else (self.folder / video,)
        # Unlike Path.exists, exists takes names of any length.
        return next((path for path in (video, *beside) if os.path.exists(path)), None)

    def located(self) -> tuple[Findings, ...]:
        """The findings with their videos' paths as they are true in the current folder, as far as they are there."""
        places = {path: self.locate(path) or path for path in {found.video.path for found in self.findings}}
        return tuple(
            replace(found, video=replace(found.video, path=places[found.video.path])) for found in self.findings
        )

    def about(self, video: Path) -> Document:
        """Only what it says about one video."""
        findings = tuple(found for found in self.findings if found.video.path == video)
        if self.kind is not Kind.CUTS:  # the ranks of clips are those of all videos together
            return replace(self, findings=findings, clips=None, reel=None)
        return replace(self, findings=findings, clips=tuple(clip for clip in self.clips or () if clip.video == video))


def kind_of(findings: tuple[Findings, ...]) -> Kind:
    """What some findings are: the most that can be said of all of them."""
    for kind, answer in ((Kind.SUMMARIES, Summary), (Kind.HIGHLIGHTS, Highlights)):
        if findings and all(isinstance(found, answer) for found in findings):
            return kind
    return Kind.FINDINGS
