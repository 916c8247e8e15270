"""An edit: the moments of a document one after the other, counted in whole pictures, as editing programs do.

All four formats for editors are written from it, so that they agree to the picture.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from r2cli.cuts import Pad
from r2cli.export.document import Document, Kind
from r2cli.export.rows import Row, rows_of
from r2cli.media import SourceMedia
from r2cli.timecode import FrameCount, is_drop_frame

RATES = tuple(
    sorted([Fraction(n) for n in (24, 25, 30, 48, 50, 60)] + [Fraction(n * 1000, 1001) for n in (24, 30, 48, 60)])
)
"""Pictures per second that every editing program knows."""
_FALLBACK = Fraction(25)
"""For a document of which nobody knows a rate."""
_HAIR = Fraction(1, 1000)
"""Of a picture: more than what times in floating point are off, less than anybody means."""
_HOUR = 3600
UNKNOWN = SourceMedia(1920, 1080)
"""What is assumed of a file that cannot be looked into."""


@dataclass(frozen=True)
class Source:
    """A video that an edit takes from; all in pictures of the edit's rate."""

    path: Path
    media: SourceMedia
    length: int
    start: int
    """The number of its first picture, from midnight, by its own timecode; 0 where it states none."""
    count: FrameCount
    """How its own timecode counts: the edit's rate, and drop-frame exactly where its file is."""
    reel: str
    """Distinct among the edit's sources: capitals, digits and underscores, 8 at most, as tape names are."""


@dataclass(frozen=True)
class Event:
    """One piece of an edit; all in pictures."""

    source: Source
    first: int
    """Which picture of the source is its first, from 0."""
    length: int
    at: int
    """Where in the edit it begins, from 0."""
    row: Row
    """What it shows."""
    marked: int
    """Where the moment itself begins, from the event's first picture."""
    marked_length: int

    @property
    def name(self) -> str:
        """What was looked for, and how well it fits."""
        return self.row.label

    @property
    def has_handles(self) -> bool:
        """Whether it shows more than the moment."""
        return self.marked_length < self.length

    @property
    def comment(self) -> str:
        """The score, in words."""
        return "" if self.row.score is None else f"score {self.row.score:.2f}"


@dataclass(frozen=True)
class Edit:
    """Events in order of time, without gaps."""

    name: str
    count: FrameCount
    """How its pictures are counted: the rate of most of the sources' seconds; drop-frame where the first of them is."""
    events: tuple[Event, ...]
    notes: tuple[str, ...]
    """What had to be bent to write it."""

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """Each video once."""
        return tuple(dict.fromkeys(event.source for event in self.events))

    @property
    def start(self) -> int:
        """The number of its first picture: one hour, as is the custom."""
        return self.count.frames(f"01:00:00{';' if self.count.drop else ':'}00")

    @property
    def length(self) -> int:
        """Pictures."""
        return sum(event.length for event in self.events)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of its first source."""
        media = self.sources[0].media if self.sources else UNKNOWN
        return media.width, media.height

    def seconds(self, frames: int) -> Fraction:
        """How long so many pictures last."""
        return frames / self.count.rate


def plan_edit(document: Document) -> Edit:
    """Turn the moments of a document into an edit; of a summary, what it plays.

    An event begins with the picture that is on screen where the moment starts and ends with the last that begins before
    its end, as clips do; it has one picture at least, and none from outside the film. Handles are pictures of the event
    too, as in a list of pulls: none of the four formats has another place for them that every program reads. What of it
    is the moment itself is marked.
    """
    rows = _rows(document)
    rate, notes = _rate_of(rows)
    first = next((row for row in rows if row.rate and conformed(row.rate) == rate), None)
    media = document.media.get(first.video, UNKNOWN) if first else UNKNOWN
    count = _counting(rate, media.timecode)
    sources = {row.video: row for row in rows}
    reels = dict(zip(sources, reel_names(document, tuple(sources)), strict=True))
    known = {video: _source(document, row, count, reels[video]) for video, row in sources.items()}
    return Edit("r2", count, tuple(_events(rows, known, rate, document.pad)), notes)


def _rows(document: Document) -> list[Row]:
    """What to show, video after video, each in order of time; of a reel the parts that it was made of."""
    rows = rows_of(document)
    if document.kind is Kind.CUTS and document.reel is not None and not document.clips:
        parts = enumerate(document.reel.parts, start=1)
        rows = tuple(Row(rank, part.video, "", part.start, part.end, title=part.video.stem) for rank, part in parts)
    known = [_completed(row, document.media.get(row.video)) for row in rows]
    order = {video: place for place, video in enumerate(dict.fromkeys(edited_videos(document)))}
    return sorted(known, key=lambda row: (order[row.video], row.start, row.end, row.rank))


def _completed(row: Row, media: SourceMedia | None) -> Row:
    if media is None:
        return row
    return replace(row, rate=row.rate or media.rate, duration=row.duration or media.duration)


def edited_videos(document: Document) -> tuple[Path, ...]:
    """The videos that an edit of a document takes from, in its order."""
    cut = [clip.video for clip in document.clips or ()]
    parts = [part.video for part in document.reel.parts] if document.reel else []
    return tuple(dict.fromkeys([*(found.video.path for found in document.findings), *cut, *parts]))


def conformed(rate: Fraction) -> Fraction:
    """The rate of `RATES` in which a video is edited.

    That is its own; or the smallest of which each of its pictures is a whole number, as 25 for 12.5; or the largest
    that takes every second, third ... of them, as 60 for 120; or the nearest.
    """
    whole = [known for known in RATES if (known / rate).denominator == 1] if rate > 0 else []
    shares = [known for known in RATES if (rate / known).denominator == 1]
    if whole or shares:
        return min(whole) if whole else max(shares)
    return min(RATES, key=lambda known: abs(known - rate)) if rate > 0 else _FALLBACK


def _rate_of(rows: Sequence[Row]) -> tuple[Fraction, tuple[str, ...]]:
    seconds: dict[Fraction, float] = {}
    for row in rows:
        if row.rate:
            seconds[row.rate] = seconds.get(row.rate, 0.0) + row.end - row.start
    if not seconds:
        return _FALLBACK, ((f"no rate is known: counted at {_FALLBACK} pictures a second",) if rows else ())
    own = max(seconds, key=lambda rate: seconds[rate])
    rate = conformed(own)
    notes = [
        f"{float(other):.3f} pictures a second are counted at {float(rate):.3f}: times are rounded to its pictures"
        for other in seconds
        if other != rate and (rate / other).denominator != 1
    ]
    return rate, tuple(notes)


def _source(document: Document, row: Row, count: FrameCount, reel: str) -> Source:
    path, media = document.locate(row.video) or row.video, document.media.get(row.video, UNKNOWN)
    length = max(round(Fraction(row.duration or row.end) * count.rate), 1)
    start = _first_number(media.timecode, row.rate or count.rate, count.rate)
    return Source(path.absolute(), media, length, start, _counting(count.rate, media.timecode), reel)


def _counting(rate: Fraction, timecode: str) -> FrameCount:
    return FrameCount(rate, is_drop_frame(timecode) and FrameCount(rate).can_drop)


def _first_number(timecode: str, own: Fraction, rate: Fraction) -> int:
    """The timecode of a file's first picture, in pictures of the edit.

    Where timecode does not know a file's rate, as 12.5, its numbers are not pictures, and what it means is the clock.
    """
    if not timecode:
        return 0
    stated = _counting(own, timecode)
    try:
        frames = stated.frames(timecode)
    except ValueError:  # anything may stand there
        return 0
    is_known = own in (stated.nominal, stated.nominal * Fraction(1000, 1001))
    return round(frames / (own if is_known else stated.nominal) * rate)


def _events(rows: Sequence[Row], sources: dict[Path, Source], rate: Fraction, pad: Pad) -> Iterator[Event]:
    at = 0
    for row in rows:
        source = sources[row.video]
        first, stop = _frames(row.start - pad.before, row.end + pad.after, rate, source.length)
        begin, end = _frames(*(row.moment or (row.start, row.end)), rate, source.length)
        begin = min(max(begin, first), stop - 1)  # a file may say anything of what it was cut for
        end = max(min(end, stop), begin + 1)
        yield Event(source, first, stop - first, at, row, begin - first, end - begin)
        at += stop - first


def _frames(start: float, end: float, rate: Fraction, length: int) -> tuple[int, int]:
    """The pictures of a span: the first, and the one after the last."""
    first = math.floor(Fraction(max(start, 0.0)) * rate + _HAIR)
    stop = math.ceil(Fraction(max(end, 0.0)) * rate - _HAIR)
    first = min(first, length - 1)
    return first, min(max(stop, first + 1), length)


def reel_names(document: Document, videos: Sequence[Path]) -> list[str]:
    """A tape's name for each video: the one that its file states, or else out of the file's own name."""
    names: list[str] = []
    for video in videos:
        stated = document.media.get(video, UNKNOWN).reel or video.stem
        plain = "".join(char if char.isascii() and char.isalnum() else "_" for char in stated.upper())[:8].strip("_")
        name, number = plain or "R2", 2
        while name in names:
            name, number = f"{(plain or 'R2')[: 8 - len(str(number))]}{number}", number + 1
        names.append(name)
    return names
