"""What a video file holds, found with PyAV: its picture's stream, size as shown, rate, first and last moment."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
from av.stream import Disposition

from r2cli.errors import UnreadableInputError
from r2cli.timecode import format_time, standard_rate
from r2cli.video.demuxing import DAMAGE, WITHOUT_INDEX, has_times
from r2cli.video.extent import Extent, tail_extent, whole_extent
from r2cli.video.opening import demuxed, names_other_files, opened
from r2cli.video.plausible import require_bearable, require_borne_out

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_SHORTFALL_SECONDS = 1.0
_SHORTFALL_SHARE = 0.05
_NOT_THE_PICTURE = Disposition.attached_pic | Disposition.timed_thumbnails


class DamagedVideoWarning(UserWarning):
    """A video is damaged or cut short, and r2 works with what is there."""


@dataclass(frozen=True)
class VideoInfo:
    """A video's one moving picture.

    Time zero of r2 is the *first picture that can be decoded*: a moment that starts at 3.0 starts three seconds after
    it, whatever timestamp the container gives it (broadcast streams rarely start at zero, and a cut file may start
    with pictures that nothing can decode). Add `start` to get the container's own time.
    """

    path: Path
    duration: float
    """Seconds from the first picture to the end of the last one, measured on what the file really holds."""
    rate: Fraction
    """Average frames per second."""
    width: int
    height: int
    """In square pixels as shown: after rotation and pixel aspect."""
    rotation: int
    """Degrees clockwise that the stored picture is turned for display: 0, 90, 180 or 270."""
    start: float
    """The first picture's timestamp in the container, in seconds."""
    codec: str
    """FFmpeg's name of the format: ``h264``, ``hevc``, ``vp9`` ..."""
    stream_index: int
    """Place among all streams of the container."""
    audio_streams: int
    container: str = ""
    """FFmpeg's name of the demuxer."""


def probe(path: str | Path) -> VideoInfo:
    """Find out what a video file holds.

    Reads the header, decodes up to the first picture, and looks at the packets of the last seconds. Only MPEG streams
    and files without usable timestamps or index are read to their end, without decoding.

    Raises:
        UnreadableInputError: There is no such file, or no picture in it can be decoded.

    Warns:
        DamagedVideoWarning: The file ends well before the time that its header states, or its clock starts over.
    """
    path = Path(path)
    _check_file(path)
    with _explained(path), opened(path) as container:
        stream = _picture_stream(container, path)
        require_bearable(path, stream)
        picture = _first_picture(container, stream, path)
        rate = _rate(container, stream)
        start = Fraction((has_times(container) and picture.pts) or 0) * _time_base(stream)
        extent = _extent(path, container, stream, rate)
        duration = float(extent.duration(start, rate))
        require_borne_out(path, stream.index, duration)
        _warn_of_damage(path, container, extent)
        rotation = round(-picture.rotation / 90) * 90 % 360
        width, height = _size_as_shown(stream, picture, rotation)
        return VideoInfo(
            path=path,
            duration=duration,
            rate=rate,
            width=width,
            height=height,
            rotation=rotation,
            start=float(start),
            codec=stream.codec_context.codec.canonical_name,
            stream_index=stream.index,
            audio_streams=len(container.streams.audio),
            container=container.format.name,
        )


def _check_file(path: Path) -> None:
    try:
        size = path.stat().st_size
    except (OSError, ValueError) as error:
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else f"it cannot be opened ({error})"
        raise UnreadableInputError(f"{path}: {reason}", "check the name") from error
    if path.is_dir():
        raise UnreadableInputError(f"{path}: this is a folder", "name the video files in it")
    if not path.is_file():
        raise UnreadableInputError(f"{path}: this is not a regular file", "save the video to a file first")
    if size == 0:
        raise UnreadableInputError(f"{path}: the file is empty", "copy or download it again")


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise UnreadableInputError(f"{path}: permission denied", "check who may read it") from error
    except DAMAGE as error:
        if names_other_files(path):
            raise UnreadableInputError(
                f"{path}: this is a list of other files, not a video", "name the video files themselves"
            ) from error
        raise UnreadableInputError(
            f"{path}: this is not a video, or its header is lost", "copy or download it again"
        ) from error


def _picture_stream(container: InputContainer, path: Path) -> VideoStream:
    moving = [
        stream
        for stream in container.streams.video
        if stream.codec_context is not None and not stream.disposition & _NOT_THE_PICTURE
    ]
    if not moving:
        cover = " (its only picture is a cover)" if container.streams.video else ""
        raise UnreadableInputError(f"{path}: no video stream in it{cover}", "r2 looks at pictures, not at sound")
    best = container.streams.best("video")
    return next((stream for stream in moving if best is not None and stream.index == best.index), moving[0])


def _first_picture(container: InputContainer, stream: VideoStream, path: Path) -> VideoFrame:
    stream.thread_type = "SLICE"  # frame threads would decode several pictures ahead to give the first
    for packet in demuxed(container, stream):
        try:
            frames = packet.decode()
        except av.FFmpegError:
            continue  # a file cut out of a longer one starts with packets whose references are gone
        if frames:
            return frames[0]
    raise UnreadableInputError(f"{path}: no picture in it can be decoded", "copy or download it again")


def _time_base(stream: VideoStream) -> Fraction:
    return stream.time_base or Fraction(1, av.time_base)


def _rate(container: InputContainer, stream: VideoStream) -> Fraction:
    rate = stream.average_rate or stream.guessed_rate or stream.base_rate
    if not has_times(container):
        rate = stream.guessed_rate or rate  # the average is the demuxer's own invention
    return standard_rate(rate) if rate else Fraction(25)


def _size_as_shown(stream: VideoStream, picture: VideoFrame, rotation: int) -> tuple[int, int]:
    aspect = stream.sample_aspect_ratio or Fraction(1)
    size = max(1, round(picture.width * aspect)), picture.height
    return size if rotation % 180 == 0 else size[::-1]


def _extent(path: Path, container: InputContainer, stream: VideoStream, rate: Fraction) -> Extent:
    if container.format.name not in WITHOUT_INDEX:
        with opened(path) as fresh:
            tail = tail_extent(fresh, stream.index, rate)
        if tail.end is not None:
            return tail
    with opened(path) as fresh:
        return whole_extent(fresh, stream.index, rate)


def _warn_of_damage(path: Path, container: InputContainer, extent: Extent) -> None:
    if extent.any_end is None:
        return
    # Less the start time only where a clock that ran over makes it negative: Matroska states the time at which it ends.
    present = float(extent.any_end) - min(container.start_time or 0, 0) / av.time_base
    stated = (container.duration or 0) / av.time_base
    damage = ""
    if extent.starts_over:
        damage = "its clock starts over in the middle, and only what comes before is used; convert it to MP4 first"
    elif stated - present > max(_SHORTFALL_SECONDS, _SHORTFALL_SHARE * stated):
        damage = f"cut short: its header says {format_time(stated)}, {format_time(present)} is there"
    if damage:
        warnings.warn(f"{path}: {damage}", DamagedVideoWarning, stacklevel=3)
