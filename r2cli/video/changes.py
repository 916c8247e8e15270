"""Where exactly the picture changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import av
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

from r2cli.errors import UnreadableInputError
from r2cli.video.opening import demuxed, opened
from r2cli.video.probe import VideoInfo

if TYPE_CHECKING:
    from av.container import InputContainer

_EDGE = 32
"""Side of the small pictures that are compared, in pixels."""
_LEAST, _TIMES = 8.0, 4.0
"""A cut changes the picture by so many of 255 levels, on average, and by so many times what it changes by anyway."""
_NEAR, _ABOVE = 3, 2.0
"""Pictures before and after a cut, whose changes it is so many times as large as: fast movement grows and fades, and
what is drawn on threes stands still between two steps."""
_AIMS = (0.0, 3.0, 15.0)
"""Seconds to aim before where pictures are wanted, one after the other, until one is reached that is early enough."""
_FARTHEST = 30.0
"""Seconds that are decoded, at most, to come to where a cut is looked for."""


def find_cut(video: VideoInfo, start: float, end: float) -> float | None:
    """The time between two others at which one shot ends and the next begins.

    Args:
        video: From `probe`.
        start: Seconds from the video's first picture.
        end: The same; a few seconds later.

    Returns:
        When the picture begins that differs most from the one before; None if it does not plainly stand out, or if the
        video cannot be read there.
    """
    times, changes = _changes(video, start, end)
    best = int(changes.argmax()) if times else -1
    return times[best] if times and changes[best] >= _plain(changes) else None


def find_cuts(video: VideoInfo, start: float, end: float) -> list[float]:
    """All the times between two others at which one shot ends and the next begins.

    Args:
        video: From `probe`.
        start: Seconds from the video's first picture.
        end: The same; a few seconds later.

    Returns:
        When each picture begins that plainly differs from the one before, and by more than pictures around it do, as
        they may where something moves fast; in order. None, if the video cannot be read there.
    """
    times, changes = _changes(video, start, end)
    return [time for place, time in enumerate(times) if changes[place] >= max(_plain(changes), _around(changes, place))]


def _around(changes: NDArray[np.float32], place: int) -> float:
    """How large a change must be to stand out from those before and after it."""
    near = np.concatenate((changes[max(place - _NEAR, 0) : place], changes[place + 1 : place + 1 + _NEAR]))
    return _ABOVE * float(near.max(initial=0.0))


def _plain(changes: NDArray[np.float32]) -> float:
    """From how much on a change is a cut, among these."""
    return max(_LEAST, _TIMES * float(np.median(changes)))


def _changes(video: VideoInfo, start: float, end: float) -> tuple[list[float], NDArray[np.float32]]:
    """When each picture between two times begins, but for the first one, and by how much it differs from the last."""
    try:
        pictures = list(_small_pictures(video, start, end))
    except (OSError, av.error.FFmpegError, UnreadableInputError):
        pictures = []
    if len(pictures) < 2:
        return [], np.zeros(0, np.float32)
    seen = np.stack([picture for _, picture in pictures])
    return [time for time, _ in pictures[1:]], np.abs(np.diff(seen, axis=0)).mean(axis=(1, 2))


def _small_pictures(video: VideoInfo, start: float, end: float) -> Iterator[tuple[float, NDArray[np.float32]]]:
    """When each picture between two times begins, and the picture in grey."""
    with opened(video.path) as container:
        stream = container.streams[video.stream_index]
        if not isinstance(stream, VideoStream) or stream.time_base is None:
            return
        for time, frame in _from(container, stream, video, start):
            if time > end or time < start - _FARTHEST:
                return
            if time >= start:
                small = frame.reformat(width=_EDGE, height=_EDGE, format="gray")
                yield time, small.to_ndarray().astype(np.float32)


_Dated = tuple[float, av.VideoFrame]


def _from(container: InputContainer, stream: VideoStream, video: VideoInfo, start: float) -> Iterator[_Dated]:
    """Pictures from one that is no later than a time, if there is one: some containers are sought only nearly."""
    for before in _AIMS:
        aim = max(start - before, 0.0)
        container.seek(int((video.start + aim) / (stream.time_base or 1)), stream=stream)
        pictures = _decoded(container, stream, video)
        first = next(pictures, None)
        if first is not None and (first[0] <= start or aim == 0.0):
            yield first
            yield from pictures
        if aim == 0.0 or (first is not None and first[0] <= start):
            return


def _decoded(container: InputContainer, stream: VideoStream, video: VideoInfo) -> Iterator[_Dated]:
    """Pictures and when they begin; packets that hold none, as the headers of Theora, stop nothing."""
    for packet in demuxed(container, stream):
        try:
            frames = packet.decode()
        except av.FFmpegError:
            continue
        yield from ((frame.time - video.start, frame) for frame in frames if frame.time is not None)
