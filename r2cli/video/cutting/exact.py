"""Cutting to the picture: everything is decoded and encoded again."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from r2cli.video.cutting.colour import rgb_filters
from r2cli.video.cutting.encoders import PictureEncoder
from r2cli.video.cutting.run import (
    OnShare,
    encode,
    input_options,
    seconds,
    sound_encoder,
    time_base_of,
)
from r2cli.video.cutting.subtitles import write_chapters, write_subtitles
from r2cli.video.cutting.tracks import Tracks
from r2cli.video.ffmpeg import file_url
from r2cli.video.pictures import Span, seek_time
from r2cli.video.probe import VideoInfo
from r2cli.video.streams import Coding

PREROLL = Fraction(1, 2)
"""Seconds of sound that are decoded before the clip: the first packet after a jump lacks its predecessor's overlap."""


def write_exact(
    video: VideoInfo,
    span: Span,
    coding: Coding,
    tracks: Tracks,
    encoder: PictureEncoder,
    target: Path,
    on_share: OnShare,
) -> None:
    """Write the pictures of a span, and its sound, subtitles and chapters beside them.

    The picture is turned upright; its pixel aspect and colour tags, and every track with its name and language, are
    kept. Sound is filled up with silence to the length of the picture; written subtitles become MP4's own kind.

    Raises:
        FFmpegError: FFmpeg is missing or failed.
    """
    sound = _sound_options(video, span, coding)
    subtitles, chapters = write_subtitles(video, span, tracks, target.parent), write_chapters(tracks, target.parent)
    place = 2 if sound else 1
    arguments = [
        *encoder.setup,
        *input_options(video, jump_to(video, span)),
        *(input_options(video, span.start - PREROLL if span.key is not None else None) if sound else []),
        *(["-i", file_url(subtitles)] if subtitles else []),
        *(["-f", "ffmetadata", "-i", file_url(chapters)] if chapters else []),
        *[
            "-map",
            f"0:{video.stream_index}",
            "-vf",
            ",".join([*picture_filters(span), *rgb_filters(coding), *encoder.filters]),
        ],
        *["-fps_mode", "passthrough"],
        *["-enc_time_base:v", time_base_of(span.is_constant(video.rate), video.rate, coding.time_base)],
        *["-c:v", encoder.name, *encoder.options],
        *sound,
        *(["-map", f"{place}:s", "-c:s", "mov_text"] if subtitles else []),
        *[
            "-map_chapters",
            str(place + bool(subtitles)) if chapters else "-1",
            "-movflags",
            "+faststart",
            "-write_tmcd",
            "0",
            "-f",
            "mp4",
            file_url(target),
        ],
    ]
    encode(arguments, target, span.count, on_share)


def picture_filters(span: Span) -> list[str]:
    """The pictures of a span as they are handed to the encoder."""
    return [*trim_filters(span), *_EVEN_SIZE]


_EVEN_SIZE = ("crop=trunc(iw/2)*2:trunc(ih/2)*2:0:0",)
"""An odd last row or column is lost: the colour of H.264 has half the resolution."""


def jump_to(video: VideoInfo, span: Span) -> Fraction | None:
    """Where to seek in order to decode a span."""
    return None if span.key is None else seek_time(video, span.key, span.shortest)


def trim_filters(span: Span) -> list[str]:
    """Keep the pictures of a span, and count their time from the first one.

    FFmpeg rounds a limit to its clock, which may tick once a picture: in the middle between two pictures it could fall
    on either. A quarter of a picture before the first one that is wanted and the first one that is not, it rounds to
    that one, or to nowhere.
    """
    begin, end = span.start - span.shortest / 4, span.end - (span.end - span.last) / 4
    counted = [] if span.origin is None else [f"setpts=round(PTS-STARTPTS+{seconds(span.origin)}/TB)"]
    trim = f"trim=start={seconds(begin)}:end={seconds(end)}"
    return [*counted, trim, f"setpts=round(PTS-{seconds(span.start)}/TB)"]


def sound_filters(span: Span, rate: int | None = None) -> list[str]:
    """Keep the sound of a span, each sample at its own time: gaps in it and before it become silence.

    Args:
        span: Which sound.
        rate: Samples per second; None: as they come.
    """
    pace = f"{rate}:" if rate else ""
    return [
        f"atrim=start={seconds(span.start)}:end={seconds(span.end)}",
        f"asetpts=round(PTS-{seconds(span.start)}/TB)",
        f"aresample={pace}async=1:min_hard_comp=0.01:first_pts=0",
        f"apad=whole_dur={seconds(span.length)}",
        f"atrim=end={seconds(span.length)}",
    ]


def _sound_options(video: VideoInfo, span: Span, coding: Coding) -> list[str]:
    if not coding.audio:
        return []
    maps = [option for one in coding.audio for option in ("-map", f"1:{one.index}")]
    return [*maps, "-af", ",".join(sound_filters(span)), *sound_encoder(coding.audio)]
