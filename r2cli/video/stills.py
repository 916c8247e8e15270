"""Single pictures of a film, upright and with square pixels, for people to look at."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import suppress
from fractions import Fraction
from typing import TYPE_CHECKING

import av

from r2cli.video.opening import demuxed, opened
from r2cli.video.pictures import CLOCK_ERROR
from r2cli.video.probe import VideoInfo

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from PIL.Image import Image


def read_stills(video: VideoInfo, times: Iterable[float], width: int) -> Iterator[tuple[float, Image]]:
    """Read the pictures that are on screen at some times.

    Args:
        video: From `probe`.
        times: Seconds from the video's first picture, in any order; read in order of time, each once.
        width: Pixels that they are wide, at most; never more than the film's own.

    Yields:
        Each time with its picture, RGB. Of a time that cannot be read there is none.
    """
    shape = _shape(video, width)
    with suppress(av.FFmpegError), opened(video.path) as container:
        stream = next(one for one in container.streams.video if one.index == video.stream_index)
        stream.thread_type = "AUTO"
        for time in sorted(set(times)):
            picture = _picture_at(container, stream, Fraction(video.start) + Fraction(max(time, 0.0)))
            if picture is not None:
                image: Image = picture.to_image()  # type: ignore[no-untyped-call]
                yield time, image.rotate(-video.rotation, expand=True).resize(shape)


def _shape(video: VideoInfo, width: int) -> tuple[int, int]:
    across = max(min(width, video.width), 1)
    return across, max(round(across * video.height / video.width), 1)


def _picture_at(container: InputContainer, stream: VideoStream, moment: Fraction) -> VideoFrame | None:
    """The last picture that begins no later than a moment of the container's own time; else the first one after it."""
    base = stream.time_base or Fraction(1, av.time_base)
    try:
        container.seek(int(moment / base), stream=stream, backward=True)
        shown = None
        for picture in _decoded(container, stream):
            if picture.pts is None or (picture.pts * base > moment + CLOCK_ERROR and shown is not None):
                return shown
            shown = picture
        return shown
    except av.FFmpegError:
        return None


def _decoded(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    for packet in demuxed(container, stream):
        try:
            yield from packet.decode()
        except av.FFmpegError:  # damage here is no reason to miss what comes after
            continue


def as_jpeg(picture: Image) -> bytes:
    """A picture as a file, small enough for hundreds of them on a page."""
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=72, optimize=True)
    return content.getvalue()
