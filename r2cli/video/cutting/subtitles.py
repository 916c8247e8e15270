"""Subtitles of a clip: those that are shown in it, as they are coded, at the clip's own times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av

from r2cli.video.cutting.run import refused
from r2cli.video.cutting.tracks import Tracks
from r2cli.video.ffmpeg import file_url
from r2cli.video.opening import demuxed, opened
from r2cli.video.pictures import Span, stamp_of
from r2cli.video.probe import VideoInfo

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from av.stream import Stream

_BEFORE = Fraction(20)
"""Seconds to look back for a subtitle that is still shown when the clip begins."""
_LATE = Fraction(5)
"""Seconds that one may be stored behind its picture."""


def add_subtitles(out: OutputContainer, source: InputContainer, tracks: Tracks) -> dict[int, Stream]:
    """Make room for subtitles in a file that is to be written: the new stream by the index of the old one."""
    added = {}
    for track in tracks.subtitles:
        old = source.streams[track.index]
        new = out.add_stream_from_template(old)
        new.metadata.update(old.metadata)
        setattr(new, "disposition", old.disposition.value)  # noqa: B010 - before 17, PyAV takes numbers alone
        added[track.index] = new
    return added


def subtitle_packets(
    video: VideoInfo, span: Span, streams: Mapping[int, Stream]
) -> Iterator[tuple[Fraction, Packet[Any]]]:
    """What is shown during a span; what was shown before it and still is begins with it.

    Args:
        video: The source.
        span: Of it.
        streams: From `add_subtitles`.

    Yields:
        Each subtitle, and when it is shown, in seconds from the clip's beginning.
    """
    standing: dict[int, Packet[Any]] = {}
    for packet in _packets(video, span, streams):
        index, stamp = packet.stream_index, stamp_of(packet)
        length = (packet.duration or 0) * (packet.time_base or Fraction(0))
        if not length and stamp <= span.start:
            standing[index] = packet  # shown until the next one
            continue
        if index in standing:
            yield _placed(standing.pop(index), streams[index], span, span.start, Fraction(0))
        begin, end = max(stamp, span.start), min(stamp + length, span.end)
        if not length or begin < end:
            yield _placed(packet, streams[index], span, begin, end - begin if length else Fraction(0))
    for index, packet in standing.items():
        yield _placed(packet, streams[index], span, span.start, Fraction(0))


def _packets(video: VideoInfo, span: Span, streams: Mapping[int, Stream]) -> Iterator[Packet[Any]]:
    if not streams:
        return
    with opened(video.path) as container:
        picture = container.streams[video.stream_index]
        begin = span.start - _BEFORE
        if span.key is not None and begin > video.start and picture.time_base is not None:
            container.seek(int(begin / picture.time_base), stream=picture, backward=True)
        try:
            for packet in demuxed(container, picture, *(container.streams[index] for index in streams)):
                if not packet.size or (packet.pts is None and packet.dts is None):
                    continue
                is_subtitle = packet.stream_index in streams
                if is_subtitle and stamp_of(packet) < span.end:
                    yield packet
                elif not is_subtitle and (packet.dts or 0) * (packet.time_base or Fraction(0)) > span.end + _LATE:
                    return
        except (av.FFmpegError, OSError, ValueError):
            return  # the file breaks off here


def _placed(
    packet: Packet[Any], stream: Stream, span: Span, begin: Fraction, length: Fraction
) -> tuple[Fraction, Packet[Any]]:
    time, unit = begin - span.start, packet.time_base or Fraction(1, 1000)
    packet.stream = stream
    packet.time_base = unit
    packet.pts = packet.dts = round(time / unit)
    packet.duration = round(length / unit)
    return time, packet


def write_subtitles(video: VideoInfo, span: Span, tracks: Tracks, folder: Path) -> Path | None:
    """Write the subtitles of a clip into a file of their own, for FFmpeg to bring them into another form.

    Args:
        video: The source.
        span: Of it.
        tracks: What goes into the clip.
        folder: Where to.

    Returns:
        The file; None if there are no subtitles.

    Raises:
        CommandLineError: There is no room for it.
        FFmpegError: They cannot be written.
    """
    if not tracks.subtitles:
        return None
    is_mp4 = any(track.codec == "mov_text" for track in tracks.subtitles)
    path = folder / ("subtitles.mp4" if is_mp4 else "subtitles.mkv")
    with opened(video.path) as source, _refusals(path), av.open(file_url(path), "w") as out:
        streams = add_subtitles(out, source, tracks)
        for _, packet in subtitle_packets(video, span, streams):
            out.mux_one(packet)
    return path


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    try:
        yield
    except (av.FFmpegError, OSError, ValueError) as error:
        raise refused(path, error) from error


def write_chapters(tracks: Tracks, folder: Path) -> Path | None:
    """Write the chapters of a clip into a file of their own, as FFmpeg reads them.

    Args:
        tracks: What goes into the clip.
        folder: Where to.

    Returns:
        The file; None if there are no chapters.

    Raises:
        CommandLineError: There is no room for it.
    """
    if not tracks.chapters:
        return None
    path = folder / "chapters"
    with _refusals(path), av.open(file_url(path), "w", format="ffmetadata") as out:
        out.set_chapters(list(tracks.chapters))
        out.start_encoding()
    return path
