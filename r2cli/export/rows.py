"""A document as rows: what all formats are written from that are no JSON."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from r2cli.export.document import Document, Kind
from r2cli.export.text import words
from r2cli.findings import Findings, Highlight, Moment, Saliency, ranked


@dataclass(frozen=True)
class Row:
    """A moment; or, where nothing was searched, a clip with the times that it is from, or a part of a reel."""

    rank: int
    """Its place among all of the document, as `r2 cut --ranks` takes it; of a part of a reel, in the reel."""
    video: Path
    """As it was named."""
    query: str
    start: float
    end: float
    """Both in seconds from the video's first picture."""
    score: float | None = None
    peak: float | None = None
    """When a highlight is at its best, s."""
    duration: float | None = None
    """Of the video, s."""
    rate: Fraction | None = None
    """Of the video, pictures per second."""
    clip: Path | None = None
    """What was cut of it."""
    title: str = ""
    """What to call it where there is no query."""
    moment: tuple[float, float] | None = None
    """What of it is meant, where it is more."""

    @property
    def label(self) -> str:
        """What it is, in a line that is never empty: the query, or else the name of a file."""
        return next(filter(None, map(words, (self.query, self.title, self.video.stem))), "-")


def rows_of(document: Document) -> tuple[Row, ...]:
    """All rows, best first; those of clips and reels in their own order."""
    return tuple(_cuts(document) if document.kind is Kind.CUTS else _moments(document))


def timeline_of(document: Document) -> tuple[Row, ...]:
    """The same in order of time, for documents of one video."""
    return tuple(sorted(rows_of(document), key=lambda row: (row.start, row.end, row.rank)))


def videos_of(document: Document) -> tuple[Path, ...]:
    """The videos that have a row, in the order of their best ones."""
    return tuple(dict.fromkeys(row.video for row in rows_of(document)))


def _moments(document: Document) -> Iterator[Row]:
    clips = {clip.rank: clip.path for clip in document.clips or ()}
    for rank, (moment, found) in enumerate(ranked(document.findings), start=1):
        yield Row(
            rank,
            found.video.path,
            found.query,
            moment.start,
            moment.end,
            moment.score,
            moment.peak if isinstance(moment, Highlight) else None,
            found.video.duration,
            found.video.rate or None,
            clips.get(rank),
        )


def _cuts(document: Document) -> Iterator[Row]:
    for clip in document.clips or ():
        yield Row(
            clip.rank, clip.video, "", clip.start, clip.end, clip=clip.path, title=clip.path.stem, moment=clip.moment
        )
    reel = None if document.clips else document.reel
    if reel is not None:
        ends = [*(part.at for part in reel.parts[1:]), reel.duration]
        for rank, (part, end) in enumerate(zip(reel.parts, ends, strict=False), start=1):
            # A reel is a film of its own: its parts are told in its time.
            yield Row(rank, reel.path, "", part.at, end, duration=reel.duration, title=part.video.stem)


def peak_of(moment: Moment, findings: Findings) -> float:
    """When a moment is at its best: its peak, or where the query's saliency is highest in it, s."""
    if isinstance(moment, Highlight):
        return moment.peak
    first = bisect_left(findings.saliency, moment.start, key=_time_of)
    inside = findings.saliency[first : bisect_right(findings.saliency, moment.end, key=_time_of)]
    best = max(inside, key=lambda clip: clip.score, default=None)
    return (moment.start + moment.end) / 2 if best is None else best.time


def _time_of(clip: Saliency) -> float:
    return clip.time
