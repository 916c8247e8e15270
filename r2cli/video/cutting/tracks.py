"""What goes with a video's picture into its clips: sound, subtitles and chapters; and what cannot."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import av
from av.container import OutputContainer

from r2cli.cuts import CutMode
from r2cli.video.opening import opened
from r2cli.video.pictures import Span
from r2cli.video.probe import VideoInfo

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.container.core import Chapter
    from av.stream import Stream

MUXERS = {".mp4": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm", ".ts": "mpegts"}
"""FFmpeg's names of the containers that clips have."""
_WRITTEN = {"subrip", "ass", "ssa", "webvtt", "text", "mov_text"}
_HELD = {
    ".mp4": {"mov_text"},
    ".mov": {"mov_text"},
    ".mkv": {"subrip", "ass", "ssa", "webvtt", "text", "hdmv_pgs_subtitle", "dvd_subtitle", "dvb_subtitle"},
    ".webm": {"webvtt"},
    ".ts": {"dvb_subtitle"},
}
"""Subtitles that a container can hold as they are, by FFmpeg's names of them."""
_WITHOUT_CHAPTERS = ".ts"
_TICKS = Fraction(1, 1000)


@dataclass(frozen=True)
class Track:
    """A track beside the picture."""

    index: int
    """Place among all streams of the container."""
    codec: str
    """FFmpeg's name of it; empty if there is nothing here that can read it."""


@dataclass(frozen=True)
class Tracks:
    """What a clip has beside its picture."""

    sound: tuple[Track, ...] = ()
    subtitles: tuple[Track, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    """In milliseconds from the clip's beginning, those that reach into the clip."""
    note: str = ""
    """What of the source it has not, in words; empty if it has all."""


def tracks_in(container: InputContainer, video: VideoInfo, span: Span, mode: CutMode, suffix: str) -> Tracks:
    """Find out what of a source goes into a clip.

    Args:
        container: The source, open.
        video: The same, from `probe`.
        span: What of it the clip covers.
        mode: How it is cut: what is encoded may become what the container can hold.
        suffix: Of the clip.
    """
    sound = [_track_of(stream) for stream in container.streams.audio]
    held = {track.index for track in sound if track.codec}
    if mode is not CutMode.EXACT:
        held = _taken(container.streams.audio, suffix)
    subtitles = [_track_of(stream) for stream in container.streams.subtitles]
    fit = _WRITTEN if mode is CutMode.EXACT else _HELD[suffix]
    chapters = _chapters_within(container, span)
    lost = [
        *_lost("sound track", sound, held),
        *_lost("subtitles", subtitles, {track.index for track in subtitles if track.codec in fit}),
        *(["chapters"] if chapters and suffix == _WITHOUT_CHAPTERS else []),
    ]
    return Tracks(
        sound=tuple(track for track in sound if track.index in held),
        subtitles=tuple(track for track in subtitles if track.codec in fit),
        chapters=() if suffix == _WITHOUT_CHAPTERS else tuple(chapters),
        note=f"{video.path}: its clips are without {', '.join(lost)}, which cannot go along" if lost else "",
    )


def has_subtitles(video: VideoInfo) -> bool:
    """Whether a video has any, as far as it can still be read."""
    with suppress(av.FFmpegError, OSError, ValueError), opened(video.path) as container:
        return bool(container.streams.subtitles)
    return False


def _track_of(stream: Stream) -> Track:
    context = stream.codec_context
    is_empty = isinstance(context, av.AudioCodecContext) and not (context.channels and context.rate)
    return Track(stream.index, "" if context is None or is_empty else context.codec.canonical_name)


def _taken(streams: Sequence[AudioStream], suffix: str) -> set[int]:
    """Which sound a container takes as it is."""
    with av.open(io.BytesIO(), "w", format=MUXERS[suffix]) as out:
        return {stream.index for stream in streams if _takes(out, stream)}


def _takes(out: OutputContainer, stream: AudioStream) -> bool:
    try:
        out.add_stream_from_template(stream, opaque=True)
    except ValueError:
        return False
    return True


def _lost(kind: str, tracks: Sequence[Track], kept: set[int]) -> list[str]:
    """Those that are not kept, by their numbers among their kind."""
    is_one = len(tracks) == 1
    return [
        " ".join(filter(None, (kind, "" if is_one else str(number), f"({track.codec})" if track.codec else "")))
        for number, track in enumerate(tracks, start=1)
        if track.index not in kept
    ]


def _chapters_within(container: InputContainer, span: Span) -> list[Chapter]:
    chapters: list[Chapter] = []
    for one in container.chapters():
        unit = one["time_base"] or Fraction(0)
        begin = max(one["start"] * unit - span.start, Fraction(0))
        end = min(one["end"] * unit - span.start, span.length)
        if round(begin / _TICKS) < round(end / _TICKS):
            chapters.append(
                {
                    "id": len(chapters) + 1,
                    "start": round(begin / _TICKS),
                    "end": round(end / _TICKS),
                    "time_base": _TICKS,
                    "metadata": one["metadata"],
                }
            )
    return chapters
