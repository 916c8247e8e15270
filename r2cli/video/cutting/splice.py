"""Writing coded pictures and sound as they are, from one file or from several, with times of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from fractions import Fraction
from heapq import merge
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av

from r2cli.video.cutting.run import OnShare, refused
from r2cli.video.cutting.subtitles import add_subtitles, subtitle_packets
from r2cli.video.cutting.tracks import MUXERS, Tracks
from r2cli.video.demuxing import only_stream
from r2cli.video.ffmpeg import file_url
from r2cli.video.opening import demuxed, opened
from r2cli.video.pictures import CLOCK_ERROR, Picture, Span, picture_packets, seek_time, stamp_of
from r2cli.video.probe import VideoInfo

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from av.stream import Stream

_STARTS_EARLY = {".mp4", ".mov"}
"""Containers that can tell a player to skip the beginning of a track."""
_SOUND_BEFORE = Fraction(1)
"""Seconds to look back for sound that reaches into the clip."""

Rewrite = Callable[[int, bytes], bytes]
"""Gets the number of a picture in its part and its data; gives the data to write."""


@dataclass(frozen=True)
class Part:
    """Consecutive coded pictures of one file."""

    video: VideoInfo
    pictures: tuple[Picture, ...]
    """In the order in which they are decoded; the first is a keyframe."""
    shift: Fraction
    """Seconds from the file's own time to the clip's, in which the first picture begins at 0."""
    rewrite: Rewrite | None = None
    can_jump: bool = True
    """Whether one can begin to read in the middle of the file."""


def suffix_like(video: VideoInfo) -> str:
    """The kind of file that can take a video's streams as they are."""
    own = video.path.suffix.lower()
    if "mp4" in video.container.split(","):
        return own if own in _STARTS_EARLY else ".mp4"
    if video.container == "mpegts":
        return ".ts"
    return own if "matroska" in video.container and own == ".webm" else ".mkv"


def write_parts(
    source: VideoInfo,
    parts: Sequence[Part],
    span: Span,
    tracks: Tracks,
    target: Path,
    on_share: OnShare,
    *,
    extradata: bytes | None = None,
) -> None:
    """Write parts one after the other, and the sound, subtitles and chapters of the source beside them.

    Args:
        source: Whose streams the clip has.
        parts: Its pictures.
        span: What of the source they cover together.
        tracks: What goes along.
        target: Where; its suffix chooses the container.
        on_share: Progress.
        extradata: The picture's parameter sets, if not the source's.

    Raises:
        FFmpegError: The container does not take these streams.
        CommandLineError: There is no room for it.
    """
    with opened(source.path) as file:
        try:
            with av.open(file_url(target), "w", format=MUXERS[target.suffix], options=_muxer_options(target)) as out:
                template = file.streams[source.stream_index]
                picture = out.add_stream_from_template(template, opaque=True)
                if target.suffix in _STARTS_EARLY:  # hev1, the container's own choice, is not played by Apple's
                    picture.codec_context.codec_tag = template.codec_context.codec_tag
                if extradata is not None:
                    picture.codec_context.extradata = extradata
                sound = {track.index: _add_sound(out, file.streams[track.index]) for track in tracks.sound}
                early = target.suffix in _STARTS_EARLY
                beside = [_sound(source, span, *pair, early) for pair in sound.items()]
                beside.append(subtitle_packets(source, span, add_subtitles(out, file, tracks)))
                out.set_chapters(list(tracks.chapters))
                pictures = _pictures(source, file, parts, span, picture)
                for time, packet in merge(pictures, *beside, key=lambda timed: timed[0]):
                    out.mux_one(packet)
                    on_share(min(max(float(time / span.length), 0.0), 1.0))
        except (av.FFmpegError, OSError, ValueError) as error:
            raise refused(target, error) from error  # also when the end of the file cannot be written


def _muxer_options(target: Path) -> dict[str, str]:
    return {"movflags": "+faststart", "write_tmcd": "0"} if target.suffix in _STARTS_EARLY else {}


def _add_sound(out: OutputContainer, stream: Stream) -> Stream:
    added = out.add_stream_from_template(stream, opaque=True)
    added.metadata.update(stream.metadata)
    return added


def _pictures(
    source: VideoInfo, file: InputContainer, parts: Sequence[Part], span: Span, stream: Stream
) -> Iterator[tuple[Fraction, Packet[Any]]]:
    stamps = [picture.stamp + part.shift for part in parts for picture in part.pictures]
    times, lengths = iter(decode_times(stamps)), shown_lengths(stamps, span.length)
    for part in parts:
        with nullcontext(file) if part.video is source else opened(part.video.path) as container:
            for number, packet in enumerate(_matching(container, part)):
                stamp, decoded = stamp_of(packet) + part.shift, next(times)
                if part.rewrite is not None:
                    packet = _rewritten(packet, part.rewrite(number, bytes(packet)))
                yield decoded, _timed(packet, stream, stamp, decoded, lengths[stamp])


def shown_lengths(stamps: Sequence[Fraction], end: Fraction) -> dict[Fraction, Fraction]:
    """How long each picture is shown: until the next one, or the end.

    What a container says about a picture may be the time until the next one is *decoded*.
    """
    ascending = sorted(set(stamps))
    return {one: max(after - one, Fraction(0)) for one, after in zip(ascending, [*ascending[1:], end], strict=True)}


def _matching(container: InputContainer, part: Part) -> Iterator[Packet[Any]]:
    wanted = iter(part.pictures)
    due = next(wanted, None)
    begin = seek_time(part.video, part.pictures[0].stamp, CLOCK_ERROR) if part.can_jump else None
    only_stream(container, part.video.stream_index)
    for packet in picture_packets(container, part.video, begin):
        if due is None:
            return
        if stamp_of(packet) == due.stamp:
            yield packet
            due = next(wanted, None)


def _rewritten(packet: Packet[Any], data: bytes) -> Packet[Any]:
    new = av.Packet(data)
    new.time_base, new.duration, new.is_keyframe = packet.time_base, packet.duration, packet.is_keyframe
    return new


def decode_times(stamps: Sequence[Fraction]) -> list[Fraction]:
    """Times at which pictures must be decoded so that each is ready when it is shown, in the order of decoding.

    The pictures' own times in ascending order, all earlier by the least amount that suffices.
    """
    ascending = sorted(stamps)
    delay = max((early - shown for early, shown in zip(ascending, stamps, strict=True)), default=Fraction(0))
    return [time - delay for time in ascending]


def _sound(
    video: VideoInfo, span: Span, index: int, stream: Stream, early: bool
) -> Iterator[tuple[Fraction, Packet[Any]]]:
    with opened(video.path) as container:
        source = container.streams[index]
        begin = span.start - _SOUND_BEFORE
        if source.time_base is not None and begin > 0:
            container.seek(int(begin / source.time_base), stream=source, backward=True)
        for packet in demuxed(container, source):
            if not packet.size or packet.pts is None or packet.time_base is None:
                continue
            stamp, length = stamp_of(packet), (packet.duration or 0) * packet.time_base
            if stamp >= span.end:
                return
            # One packet more where it can be hidden: the first one lacks its predecessor's overlap.
            if stamp + length * (2 if early else 1) > span.start:
                time = stamp - span.start
                yield time, _timed(packet, stream, time, time, length)


def _timed(packet: Packet[Any], stream: Stream, stamp: Fraction, decoded: Fraction, length: Fraction) -> Packet[Any]:
    unit = packet.time_base
    packet.stream = stream
    packet.time_base = unit
    packet.pts, packet.dts, packet.duration = round(stamp / unit), round(decoded / unit), round(length / unit)
    return packet
