"""The packet table: when each picture of a video begins and what it needs, read without decoding."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import av
import av.stream
import numpy as np
from numpy.typing import NDArray

from r2cli.video.bitstream.coded import INTRA_CODECS, PREDICTED_CODECS, Coded, look_for
from r2cli.video.opening import demuxed, opened
from r2cli.video.probe import VideoInfo
from r2cli.video.sampling.frames import CannotDecodeError

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

_NOT_FILMS = ("image2", "_pipe", "gif", "apng", "webp", "concat")
"""Demuxers of still and moving images, by how their names end."""


class SequentialOnlyError(CannotDecodeError):
    """A video whose packets do not tell for certain which of them a picture needs: it is decoded from end to end."""


@dataclass(frozen=True)
class PacketTable:
    """The coded pictures of a video, in the order in which they are decoded. N of them, in groups from key to key."""

    pts: NDArray[np.int64]
    """When each begins, in ticks from the first picture, ``[N]``."""
    is_key: NDArray[np.bool_]
    """``[N]``; the first one is."""
    is_reference: NDArray[np.bool_]
    """Whether others may be predicted from it, ``[N]``."""
    is_shown: NDArray[np.bool_]
    """Whether it appears at all, ``[N]``."""
    size: NDArray[np.int64]
    """Bytes, ``[N]``."""
    tick: Fraction
    """Seconds."""
    skipped: int
    """Packets before the first of the table."""
    origin: int
    """The first picture's timestamp in the container, in ticks."""

    @cached_property
    def keys(self) -> NDArray[np.int64]:
        """Places of the keyframes, ``[G]``: where the groups begin."""
        return np.flatnonzero(self.is_key)

    @cached_property
    def group(self) -> NDArray[np.int64]:
        """Which group each picture is in, ``[N]``."""
        return np.cumsum(self.is_key) - 1

    @cached_property
    def is_leading(self) -> NDArray[np.bool_]:
        """Whether it is shown before the keyframe that it follows, and may need the group before, ``[N]``."""
        return np.asarray(self.pts < self.pts[self.keys][self.group])


def read_packets(video: VideoInfo) -> PacketTable:
    """Read the packet table of a video: the whole file passes by, nothing is decoded.

    Raises:
        SequentialOnlyError: The table cannot be trusted.
    """
    _check(any(video.container.endswith(name) for name in _NOT_FILMS), "still or moving images")
    _check(video.codec not in PREDICTED_CODECS | INTRA_CODECS, f"of {video.codec} nobody knows")
    rows, tick, is_reordered = _read_rows(video)
    table = _table(rows, tick, origin=round(Fraction(video.start) / tick))
    # AVI and its like number pictures as they are stored, whatever the order in which they are shown.
    _check(is_reordered and (np.diff(table.pts) > 0).all(), "times of storage only")
    return table


def only(container: InputContainer, video: VideoInfo) -> VideoStream:
    """The stream of the picture; the others' packets are not even read, where the demuxer can help it."""
    discard = getattr(av.stream, "Discard", None)  # newer than the oldest PyAV
    if discard is not None:
        for other in container.streams:
            if other.index != video.stream_index:
                other.discard = discard.all
    return next(stream for stream in container.streams.video if stream.index == video.stream_index)


def _check(trouble: object, reason: str) -> None:
    if trouble:
        raise SequentialOnlyError(reason)


class _Rows:
    """Columns that grow: a day of video has two million pictures."""

    def __init__(self) -> None:
        self.pts, self.size = array("q"), array("q")
        self.is_key, self.is_shown, self.is_reference, self.layer = (bytearray() for _ in range(4))

    def add(self, packet: Packet[Any], coded: Coded) -> None:
        if packet.pts is None:
            raise SequentialOnlyError("a picture without a time")
        self.pts.append(packet.pts)
        self.size.append(packet.size)
        self.is_key.append(packet.is_keyframe and not coded.recovery)
        self.is_shown.append(coded.is_shown and not packet.is_discard)
        self.is_reference.append(coded.is_reference)
        self.layer.append(coded.layer)


def _read_rows(video: VideoInfo) -> tuple[_Rows, Fraction, bool]:
    rows = _Rows()
    try:
        with opened(video.path) as container:
            stream = only(container, video)
            look = look_for(video.codec, stream.codec_context.extradata or b"")
            for packet in demuxed(container, stream):
                if packet.size:
                    rows.add(packet, look(memoryview(packet)))
            return rows, stream.time_base or Fraction(1, av.time_base), stream.codec_context.has_b_frames
    except (av.FFmpegError, OSError, ValueError, StopIteration) as error:
        raise SequentialOnlyError(f"it breaks off: {error}") from error


def _table(rows: _Rows, tick: Fraction, origin: int) -> PacketTable:
    first = rows.is_key.find(1)
    _check(first < 0, "no keyframe")
    pts = np.frombuffer(rows.pts, np.int64) - origin
    _check((pts[:first] >= 0).any(), "it begins without a keyframe")
    is_key, is_shown, is_reference = (
        np.frombuffer(column, np.uint8).astype(bool) for column in (rows.is_key, rows.is_shown, rows.is_reference)
    )
    layer = np.frombuffer(rows.layer, np.uint8)
    table = PacketTable(
        pts=pts[first:],
        is_key=is_key[first:],
        is_reference=(is_key | is_reference | (layer < layer.max()))[first:],
        is_shown=is_shown[first:] & (pts[first:] >= 0),
        size=np.frombuffer(rows.size, np.int64)[first:],
        tick=tick,
        skipped=first,
        origin=origin,
    )
    _check_order(table)
    return table


def _check_order(table: PacketTable) -> None:
    shown = table.pts[table.is_shown]
    _check(len(shown) < 2 or shown.min() != 0, "its first picture is not in the table")
    _check(len(np.unique(shown)) < len(shown), "two pictures at once")
    _check((np.diff(table.pts[table.keys]) <= 0).any(), "its clock starts over")
