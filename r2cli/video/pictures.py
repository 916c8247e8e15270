"""When the pictures of a stretch of video begin and which of them are keyframes, read without decoding."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import av

from r2cli.errors import UnreadableInputError
from r2cli.timecode import format_time
from r2cli.video.probe import WITHOUT_INDEX, VideoInfo, opened

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet

CLOCK_ERROR = Fraction(1, 1000)
"""Seconds. Matroska rounds timestamps to milliseconds: times that differ by less are the same picture's."""
_REORDER = 20
"""Pictures: more than any decoder may hold back (16) before it shows the next one."""
_SEEK_BEFORE = 3
"""Seconds to aim before a keyframe in containers without an index: there, seeking lands anywhere nearby."""
_LANDS_BEHIND = "flv"
"""A container in which seeking may find a later keyframe, however early it aims."""
_SLACKS = (0, 3, 30, None)
"""Seconds to look back for a keyframe when seeking lands behind it; None: from the beginning."""


@dataclass(frozen=True)
class Picture:
    """One coded picture."""

    stamp: Fraction
    """When it is shown, in the container's own time, s."""
    length: Fraction
    """How long the container says that it is shown, s; may be 0."""
    is_key: bool
    shown: bool
    """False for a picture that only others refer to."""
    is_timed: bool = True
    """False if the container does not say when it is shown, only when it is decoded."""


@dataclass(frozen=True)
class Span:
    """The pictures of a clip, in the container's own time."""

    start: Fraction
    """When the first picture begins, s."""
    last: Fraction
    """When the last picture begins, s."""
    end: Fraction
    """When the last picture ends, s."""
    count: int
    key: Fraction | None
    """The keyframe from which the first picture can be decoded; None: the beginning of the file."""
    shortest: Fraction
    """Seconds between the two pictures that are nearest to each other."""
    longest: Fraction
    """Seconds that the picture that is shown longest is shown."""
    stamps: tuple[Fraction, ...]

    @property
    def length(self) -> Fraction:
        """Seconds."""
        return self.end - self.start

    def is_constant(self, rate: Fraction) -> bool:
        """Whether the pictures follow each other at a constant rate, up to the clock's error."""
        return (
            all(abs(stamp - self.start - number / rate) <= CLOCK_ERROR for number, stamp in enumerate(self.stamps))
            and abs(self.length - self.count / rate) <= 2 * CLOCK_ERROR
        )


@dataclass(frozen=True)
class Stretch:
    """Pictures from a keyframe on, in the order in which they are decoded."""

    decoded: tuple[Picture, ...]
    rate: Fraction

    @cached_property
    def stamps(self) -> list[Fraction]:
        """When the shown pictures begin, in order."""
        return sorted(picture.stamp for picture in self.decoded if picture.shown)

    @cached_property
    def end(self) -> Fraction:
        """When the last picture ends."""
        last = max((p for p in self.decoded if p.shown), key=lambda picture: picture.stamp)
        return last.stamp + (last.length or 1 / self.rate)

    def span(self, start: Fraction, end: Fraction) -> Span:
        """The picture that is on screen at `start` and all others that begin before `end`; at least one."""
        stamps = self.stamps
        first = max(bisect_right(stamps, start + CLOCK_ERROR) - 1, 0)
        stop = max(bisect_left(stamps, end - CLOCK_ERROR), first + 1)
        keys = [p.stamp for p in self.decoded if p.is_key and p.stamp <= stamps[first]]
        until = stamps[stop] if stop < len(stamps) else self.end
        edges = [*stamps[max(first - 1, 0) : stop], until]
        lengths = [late - early for early, late in zip(edges, edges[1:], strict=False)]
        return Span(
            start=stamps[first],
            last=stamps[stop - 1],
            end=until,
            count=stop - first,
            key=max(keys, default=None),
            shortest=min(lengths),
            longest=max(lengths),
            stamps=tuple(stamps[first:stop]),
        )


def read_pictures(video: VideoInfo, start: float, end: float) -> Stretch:
    """Read the pictures from the keyframe at or before `start` to a little after `end`.

    Args:
        video: From `probe`.
        start: Seconds from the first picture.
        end: The same.

    Raises:
        UnreadableInputError: There is no picture there.
    """
    origin = Fraction(video.start)
    begin = origin + Fraction(start)
    for slack in _SLACKS:
        seek = None if slack is None or begin - slack <= origin else begin - slack
        decoded = tuple(_scan(video, seek, origin + Fraction(end)))
        if any(picture.shown for picture in decoded) and (seek is None or decoded[0].stamp <= begin + CLOCK_ERROR):
            return Stretch(decoded, video.rate)
        if seek is None:
            break
    raise UnreadableInputError(
        f"{video.path}: there is no picture at {format_time(start)}", "copy or download the video again"
    )


def _scan(video: VideoInfo, seek: Fraction | None, end: Fraction) -> Iterator[Picture]:
    earliest = Fraction(video.start) - CLOCK_ERROR
    seen_key, after_end = False, 0
    with opened(video.path) as container:
        for packet in picture_packets(container, video, seek):
            seen_key = seen_key or packet.is_keyframe
            if not seen_key:
                continue
            stamp = stamp_of(packet)
            yield Picture(
                stamp=stamp,
                length=(packet.duration or 0) * (packet.time_base or Fraction(0)),
                is_key=packet.is_keyframe,
                is_timed=packet.pts is not None,
                shown=stamp >= earliest and not packet.is_discard and not is_hidden(video.codec, packet),
            )
            after_end += stamp >= end
            if after_end > _REORDER:
                return


def seek_time(video: VideoInfo, key: Fraction, shortest: Fraction) -> Fraction | None:
    """Where to aim in order to read from a keyframe on; None: at the beginning.

    Args:
        video: From `probe`.
        key: When the keyframe is shown, in the container's own time.
        shortest: Seconds between the two pictures that are nearest to each other.
    """
    if video.container == _LANDS_BEHIND:
        return None
    if video.container in WITHOUT_INDEX:
        return key - _SEEK_BEFORE if key - _SEEK_BEFORE > Fraction(video.start) else None
    return key + min(CLOCK_ERROR, shortest / 2)  # a little behind it, so that rounding cannot miss it


def picture_packets(container: InputContainer, video: VideoInfo, seek: Fraction | None) -> Iterator[Packet[Any]]:
    """Packets of the picture, from the keyframe that seeking to a container time finds."""
    stream = container.streams[video.stream_index]
    if seek is not None and stream.time_base is not None:
        container.seek(int(seek / stream.time_base), stream=stream, backward=True)
    try:
        for packet in container.demux(stream):
            if packet.size and (packet.pts is not None or packet.dts is not None):
                yield packet
    except (av.FFmpegError, OSError, ValueError):
        return  # the file breaks off here


def stamp_of(packet: Packet[Any]) -> Fraction:
    """When a packet is shown, in the container's own time."""
    ticks = packet.pts if packet.pts is not None else packet.dts
    return (ticks or 0) * (packet.time_base or Fraction(0))


def is_hidden(codec: str, packet: Packet[Any]) -> bool:
    """Whether a packet holds a picture that VP8 keeps for reference only: its header's show bit (RFC 6386, 9.1)."""
    return codec == "vp8" and not bytes(memoryview(packet)[:1])[0] >> 4 & 1
