"""Single pictures of a film, upright and with square pixels, for people to look at."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from typing import TYPE_CHECKING

import av

from r2cli.video.demuxing import WITHOUT_INDEX, has_times
from r2cli.video.opening import demuxed, opened
from r2cli.video.pictures import CLOCK_ERROR
from r2cli.video.probe import VideoInfo

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from PIL.Image import Image

_AIMS = (0, 3, 15, 60)
"""Seconds to aim before a picture, one after the other: in containers without an index, seeking lands anywhere nearby,
a decoder shows nothing before the next keyframe, and of the first pictures the times are guessed."""


def read_stills(video: VideoInfo, times: Iterable[float], width: int) -> Iterator[tuple[float, Image]]:
    """Read the pictures that are on screen at some times.

    Args:
        video: From `probe`.
        times: Seconds from the video's first picture, in any order; each is read once.
        width: Pixels that they are wide, at most; never more than the film's own.

    Yields:
        Each time with its picture, RGB: in order of time, except that those come last which cannot be sought. Of a
        time whose picture is damaged there is none.
    """
    shape = _shape(video, width)
    left = sorted(set(times))
    for read in (_sought, _counted_through):
        if not left:
            return
        with suppress(av.FFmpegError), opened(video.path) as container:
            for time, picture in read(container, video, tuple(left)):
                left.remove(time)
                if picture is not None:
                    image: Image = picture.to_image()  # type: ignore[no-untyped-call]
                    yield time, image.rotate(-video.rotation, expand=True).resize(shape)


def _shape(video: VideoInfo, width: int) -> tuple[int, int]:
    across = max(min(width, video.width), 1)
    return across, max(round(across * video.height / video.width), 1)


_Dated = tuple[Fraction, "VideoFrame | None"]
"""A picture and when it begins, in the container's own time; None: it is damaged."""


def _sought(
    container: InputContainer, video: VideoInfo, times: Sequence[float]
) -> Iterator[tuple[float, VideoFrame | None]]:
    """What can be found by jumping near to it; of what is damaged, None."""
    if not has_times(container):
        return
    stream, start = _stream(container, video), Fraction(video.start)
    for time in times:
        moment = _moment(video, time)
        for before in _AIMS[video.container in WITHOUT_INDEX :]:
            aim = max(moment - before, start)
            with suppress(av.FFmpegError):
                container.seek(int(aim / _base(stream)), stream=stream, backward=True)
                reached, picture = _on_screen(_decoded(container, stream), moment)
                if reached:
                    yield time, picture
                    break
            if aim == start:
                break


def _counted_through(
    container: InputContainer, video: VideoInfo, times: Sequence[float]
) -> Iterator[tuple[float, VideoFrame | None]]:
    """What is found by decoding from the beginning on; without times, as in raw streams, pictures are counted."""
    pictures: Iterator[_Dated] = _decoded(container, _stream(container, video))
    if not has_times(container):
        pictures = ((number / video.rate, picture) for number, (_, picture) in enumerate(pictures))
    shown: VideoFrame | None = None
    ahead = next(pictures, None)
    for time in times:
        while ahead is not None and ahead[0] <= _moment(video, time) + CLOCK_ERROR:
            shown, ahead = ahead[1], next(pictures, None)
        yield time, shown


def _on_screen(pictures: Iterable[_Dated], moment: Fraction) -> tuple[bool, VideoFrame | None]:
    """The last picture that begins no later than a moment, and whether there was one so early at all."""
    reached, shown = False, None
    for stamp, picture in pictures:
        if stamp > moment + CLOCK_ERROR:
            break
        reached, shown = reached or picture is not None, picture
    return reached, shown


def _moment(video: VideoInfo, time: float) -> Fraction:
    return Fraction(video.start) + Fraction(min(max(time, 0.0), video.duration))


def _stream(container: InputContainer, video: VideoInfo) -> VideoStream:
    stream = next(one for one in container.streams.video if one.index == video.stream_index)
    stream.thread_type = "AUTO"
    return stream


def _base(stream: VideoStream) -> Fraction:
    return stream.time_base or Fraction(1, av.time_base)


def _decoded(container: InputContainer, stream: VideoStream) -> Iterator[_Dated]:
    """Pictures in the order in which they are shown; damage is no reason to miss what comes after."""
    base, last = _base(stream), Fraction(0)
    for packet in demuxed(container, stream):
        pictures: Sequence[VideoFrame | None]
        try:
            pictures = packet.decode()
        except av.FFmpegError:
            pictures = [None]
        for picture in pictures:
            dated = packet if picture is None else picture
            ticks = dated.pts if dated.pts is not None else dated.dts
            last = last if ticks is None else ticks * base
            yield last, None if picture is None or picture.is_corrupt else picture


def as_jpeg(picture: Image) -> bytes:
    """A picture as a file, small enough for hundreds of them on a page."""
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=72, optimize=True)
    return content.getvalue()
