"""One frame per clip, scaled and cropped by FFmpeg, streamed in batches."""

from __future__ import annotations

import math
import warnings
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import PurePosixPath
from typing import IO

import ffmpeg
import numpy as np
from numpy.typing import NDArray

from r2cli.errors import FFmpegError, UnreadableInputError
from r2cli.timecode import exact_rate, format_time
from r2cli.video.ffmpeg import FFMPEG_VARIABLE, PROTOCOLS, RunningFFmpeg, ffmpeg_path, file_url, run_ffmpeg
from r2cli.video.probe import DamagedVideoWarning, VideoInfo

SAMPLINGS = ("exact", "auto", "keyframes")
"""Which picture stands for a clip: the one at its middle; a cheap one in it; the nearest keyframe."""

_LEAST_SHARE = 0.5
"""A video of which less than this can be decoded is an error rather than a warning."""


@dataclass(frozen=True)
class FrameBatch:
    """Consecutive sampled frames."""

    pixels: NDArray[np.uint8]
    """RGB, ``[n, 3, S, S]``, contiguous."""
    times: NDArray[np.float64]
    """Seconds from the video's first picture to the middle of each clip, ``[n]``: (i + 0.5) / clips per second."""
    decoded: int = 0
    """Pictures that were decoded to get these; as many as the stretch holds where FFmpeg does not say."""


def clip_count(duration: float, clips_per_second: float) -> int:
    """How many clips a video has: the nearest whole number (a half counts), and never less than one.

    A last stretch of half a clip or more is a clip, a shorter one is not, as in FFmpeg's ``fps`` filter.

    Args:
        duration: Seconds.
        clips_per_second: Sampling rate.
    """
    return max(1, math.floor(Fraction(duration) * exact_rate(clips_per_second) + Fraction(1, 2)))


def sample_frames(
    video: VideoInfo,
    clips_per_second: float,
    size: int,
    batch_size: int = 64,
    *,
    sampling: str = "exact",
    hwaccel: str = "none",
    first_clip: int = 0,
) -> Generator[FrameBatch, None, None]:
    """Sample one frame per clip: the last picture that begins before the clip's middle.

    Clip i lies between i / R and (i + 1) / R seconds, counted from the first picture (`VideoInfo.start`); its frame is
    the one that FFmpeg's ``fps`` filter takes. The picture is turned upright, its pixels are made square, its short
    side is scaled to `size` (bicubic), and its centre is cut out. At most one batch is held in memory. Closing the
    generator, or any error inside, ends the ffmpeg process.

    Args:
        video: From `probe`.
        clips_per_second: R; 0.5 takes a frame every two seconds.
        size: Side S of the square frames, in pixels.
        batch_size: Most frames per batch.
        sampling: One of `SAMPLINGS`.
        hwaccel: ``none``, ``auto``, or FFmpeg's name of what decodes.
        first_clip: Begin with this clip; the frames from there on are those that a run from 0 yields.

    Yields:
        Batches in order of time; all together at least one frame.

    Raises:
        UnreadableInputError: No picture, or less than half of the video, can be decoded.
        FFmpegError: There is no ffmpeg that can be run, or it crashed.
        ValueError: A rate or size is not positive.

    Warns:
        DamagedVideoWarning: Some of the video is missing from what came.
    """
    if size < 1 or batch_size < 1:
        raise ValueError(f"size and batch_size must be positive, not {size} and {batch_size}")
    if sampling not in SAMPLINGS or first_clip < 0:
        raise ValueError(f"sampling must be one of {SAMPLINGS} and first_clip positive: {sampling!r}, {first_clip}")
    rate = exact_rate(clips_per_second)
    if first_clip >= clip_count(video.duration, float(rate)):
        return
    for short_video in (False,) if first_clip else (False, True):
        count = first_clip
        with run_ffmpeg(_command(video, rate, size, short_video, first_clip)) as running:
            for pixels in _read_batches(running.stdout, size, batch_size):
                decoded = round(len(pixels) / rate * video.rate)
                yield FrameBatch(pixels, _middles(count, len(pixels), rate), decoded)
                count += len(pixels)
            code = running.finish()
            if count or code:
                _check_completeness(video, rate, count, code, running)
                return
    raise UnreadableInputError(f"{video.path}: FFmpeg finds no picture in it", "copy or download it again")


def _command(video: VideoInfo, rate: Fraction, size: int, short_video: bool, first_clip: int) -> list[str]:
    # Timestamps are kept as they are (-copyts) and counted from the first picture by a constant: unlike STARTPTS that
    # survives a change of resolution in the middle of the stream, at which FFmpeg builds its filters anew.
    #
    # The name goes in as a path object: ffmpeg-python insists that text be UTF-8, which a name need not be.
    name = PurePosixPath(file_url(video.path))
    upright = ffmpeg.input(name, **_input_options(video))[str(video.stream_index)]
    clips = upright.filter("setpts", f"round(PTS-{video.start!r}/TB)").filter(
        # A video that ends before the middle of its first clip rounds to no clip at all: then its last picture passes.
        "fps",
        fps=str(rate),
        round="near",
        eof_action="pass" if short_video else "round",
    )
    wanted = clips.filter("trim", start_frame=first_clip) if first_clip else clips
    squares = wanted.filter(
        "scale",
        w=f"if(gte(dar,1),round({size}*dar),{size})",
        h=f"if(gte(dar,1),{size},round({size}/dar))",
        # The last two make the result the same on every processor.
        flags="bicubic+full_chroma_int+accurate_rnd+bitexact",
    ).filter("crop", size, size)
    # Up to version 7 FFmpeg shifts the pictures but not their end, and would go on to repeat the last one.
    most = clip_count(video.duration, float(rate)) - first_clip
    pipe = squares.output("pipe:", format="rawvideo", pix_fmt="rgb24", vframes=most)
    quiet = pipe.global_args("-hide_banner", "-nostdin", "-copyts", "-loglevel", "repeat+error")
    return [str(part) for part in ffmpeg.compile(quiet, cmd=ffmpeg_path())]


def _input_options(video: VideoInfo) -> dict[str, str]:
    # Only image2 reads a "%d" in a name as a series, and only image2 knows the option that stops it.
    series = {"pattern_type": "none"} if video.container == "image2" else {}
    return {"protocol_whitelist": PROTOCOLS, **series}


def _read_batches(stdout: IO[bytes], size: int, batch_size: int) -> Iterator[NDArray[np.uint8]]:
    frame_bytes = size * size * 3
    while data := stdout.read(batch_size * frame_bytes):
        count = len(data) // frame_bytes
        if count:
            frames = np.frombuffer(data, np.uint8, count * frame_bytes).reshape(count, size, size, 3)
            yield np.ascontiguousarray(frames.transpose(0, 3, 1, 2))  # [n, S, S, 3] -> [n, 3, S, S]


def _middles(first: int, count: int, rate: Fraction) -> NDArray[np.float64]:
    return (np.arange(first, first + count) + 0.5) * rate.denominator / rate.numerator


def _check_completeness(video: VideoInfo, rate: Fraction, count: int, code: int, running: RunningFFmpeg) -> None:
    expected = clip_count(video.duration, float(rate))
    reason = f" ({running.complaint()})" if running.complaint() else ""
    if code < 0:  # ended by a signal, which is never the input's right
        raise FFmpegError(
            f"{video.path}: ffmpeg crashed (signal {-code}): {ffmpeg_path()}",
            f"try another build of ffmpeg: set {FFMPEG_VARIABLE}",
        )
    if count == 0:
        raise UnreadableInputError(f"{video.path}: FFmpeg cannot decode it{reason}", "copy or download it again")
    reached = f"{format_time(float(count / rate))} of {format_time(video.duration)}"
    if count < _LEAST_SHARE * expected:
        raise UnreadableInputError(f"{video.path}: only {reached} can be decoded{reason}", "copy or download it again")
    if code or count < expected - 1:
        warnings.warn(f"{video.path}: damaged: {reached} can be decoded{reason}", DamagedVideoWarning, stacklevel=3)
