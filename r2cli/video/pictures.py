"""When the pictures of a stretch of video begin, and on which of them a decoder can begin."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

from r2cli.video.demuxing import DAMAGE, WITHOUT_INDEX, has_times
from r2cli.video.opening import demuxed
from r2cli.video.probe import VideoInfo

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet

CLOCK_ERROR = Fraction(1, 1000)
"""Seconds. Matroska rounds timestamps to milliseconds: times that differ by less are the same picture's."""
_SEEK_BEFORE = 3
"""Seconds to aim before a keyframe in containers without an index: there, seeking lands anywhere nearby."""
_LANDS_BEHIND = "flv"
"""A container in which seeking may find a later keyframe, however early it aims."""


@dataclass(frozen=True)
class Picture:
    """One coded picture."""

    stamp: Fraction
    """When it is shown, in the container's own time, s."""
    length: Fraction
    """How long the container says that it is shown, s; may be 0."""
    is_key: bool
    """A decoder can begin here, and what is shown from here on is whole."""
    shown: bool
    """False for a picture that only others refer to, and for one that the container leaves out."""
    is_timed: bool = True
    """False if the container does not say when it is shown, only when it is decoded."""
    is_left_out: bool = False
    """It is there to be decoded, but the container's list of edits does not show it."""
    restarts: bool = True
    """If it is a keyframe: whether a decoder forgets all others with it."""
    is_reference: bool = True
    """Whether others may be predicted from it."""
    recovery: int = 0
    """If a decoder can begin here, but shows whole pictures only later: how many references later."""


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
    """The picture to jump to in order to decode the first one; None: to read from the beginning of the file."""
    shortest: Fraction
    """Seconds between the two pictures that are nearest to each other."""
    longest: Fraction
    """Seconds that the picture that is shown longest is shown."""
    stamps: tuple[Fraction, ...]
    origin: Fraction | None = None
    """When the file's first picture begins, where a decoder must count from there, as it gets times of storage only."""

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
    """Pictures in the order in which they are decoded, from one on with which a decoder can begin."""

    decoded: tuple[Picture, ...]
    rate: Fraction
    can_jump: bool = True
    """Whether a decoder can begin in the middle of the file."""
    origin: Fraction | None = None
    """As in `Span`."""

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
        first = self._on_screen(start)
        stop = max(bisect_left(stamps, end - CLOCK_ERROR), first + 1)
        until = stamps[stop] if stop < len(stamps) else self.end
        edges = [*stamps[max(first - 1, 0) : stop], until]
        lengths = [late - early for early, late in zip(edges, edges[1:], strict=False)]
        entry = self.entry(stamps[first]) if self.can_jump else None
        return Span(
            start=stamps[first],
            last=stamps[stop - 1],
            end=until,
            count=stop - first,
            key=None if entry is None else entry.stamp,
            shortest=min(lengths),
            longest=max(lengths),
            stamps=tuple(stamps[first:stop]),
            origin=self.origin,
        )

    def reaches_back_to(self, time: Fraction) -> bool:
        """Whether the picture that is on screen then can be decoded with what is here."""
        if not self.stamps or max(self.decoded[0].stamp, self.stamps[0]) > time + CLOCK_ERROR:
            return False
        return self.entry(self.stamps[self._on_screen(time)]) is not None

    def entry(self, stamp: Fraction) -> Picture | None:
        """The nearest picture with which a decoder can begin and show another one, and all that follow it, whole.

        Args:
            stamp: When the other one begins.
        """
        places = self._back_from(stamp)
        return next((self.decoded[place] for place in places if self._leads_to(stamp, place)), None)

    def keyframe(self, stamp: Fraction) -> Picture | None:
        """The keyframe from which a film can be copied in order to have a picture.

        Args:
            stamp: When the picture begins.

        Returns:
            None, too, if the film has no keyframes any more since then, but refreshes its pictures little by little.
        """
        before = (self.decoded[place] for place in self._back_from(stamp))
        nearest = next((one for one in before if one.recovery or (one.is_key and one.stamp <= stamp)), None)
        return None if nearest is None or nearest.recovery else nearest

    def _back_from(self, stamp: Fraction) -> range:
        own = next(place for place, one in enumerate(self.decoded) if one.shown and one.stamp == stamp)
        return range(own, -1, -1)

    def _leads_to(self, stamp: Fraction, place: int) -> bool:
        one = self.decoded[place]
        if one.stamp > stamp or not one.recovery:
            return one.is_key and one.stamp <= stamp
        references = -1
        for later in self.decoded[place:]:
            references += later.is_reference
            if references >= one.recovery:
                return later.stamp <= stamp  # what is shown from this reference on is whole (ITU-T H.264, D.2.8)
        return False

    def _on_screen(self, time: Fraction) -> int:
        return max(bisect_right(self.stamps, time + CLOCK_ERROR) - 1, 0)


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
    """Packets of the picture, from the keyframe that seeking to a container time finds; all of them are timed.

    Where a container has no times, as a raw stream, they are counted. Where a file breaks off, so does its last
    picture: it is left out.
    """
    stream = container.streams[video.stream_index]
    if seek is not None and stream.time_base is not None:
        container.seek(int(seek / stream.time_base), stream=stream, backward=True)
    packets: Iterable[Packet[Any]] = (packet for packet in demuxed(container, stream) if packet.size)
    if not has_times(container):
        packets = _counted(packets, video.rate)
    torn: list[Packet[Any]] = []
    try:
        for packet in packets:
            if packet.pts is None and packet.dts is None:
                continue
            torn.append(packet)
            if not packet.is_corrupt:
                yield from torn
                torn.clear()
    except DAMAGE:
        return  # the file breaks off here


def _counted(packets: Iterable[Packet[Any]], rate: Fraction) -> Iterator[Packet[Any]]:
    for number, packet in enumerate(packets):
        packet.time_base = packet.time_base or 1 / rate
        packet.pts, packet.dts = None, round(number / rate / packet.time_base)
        yield packet


def stamp_of(packet: Packet[Any]) -> Fraction:
    """When a packet is shown, in the container's own time."""
    ticks = packet.pts if packet.pts is not None else packet.dts
    return (ticks or 0) * (packet.time_base or Fraction(0))


def is_hidden(codec: str, packet: Packet[Any]) -> bool:
    """Whether a packet holds a picture that VP8 keeps for reference only: its header's show bit (RFC 6386, 9.1)."""
    return codec == "vp8" and not bytes(memoryview(packet)[:1])[0] >> 4 & 1
