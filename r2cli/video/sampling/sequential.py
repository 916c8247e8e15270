"""Sampling by the ``ffmpeg`` program: everything is decoded, whatever the file is like. The reference for the rest."""

from __future__ import annotations

import warnings
from collections.abc import Generator
from fractions import Fraction
from pathlib import PurePosixPath
from threading import Thread
from typing import Any

import ffmpeg
import numpy as np

from r2cli.errors import FFmpegError, UnreadableInputError
from r2cli.timecode import format_time
from r2cli.video.ffmpeg import RunningFFmpeg, file_url, opening_options, run_ffmpeg
from r2cli.video.probe import DamagedVideoWarning, VideoInfo
from r2cli.video.program import FFMPEG_VARIABLE, ffmpeg_path
from r2cli.video.sampling.frames import SampleRequest, Still
from r2cli.video.sampling.framing import scale_options
from r2cli.video.sampling.ordered_queue import Belt, BeltClosedError

_LEAST_SHARE = 0.5
"""A video of which less than this can be decoded is an error rather than a warning."""
_STILLS_AHEAD = 64


def decode_all(video: VideoInfo, request: SampleRequest) -> Generator[Still, None, None]:
    """Decode a video from its beginning, and give each clip's frame from the request's first clip on.

    Raises:
        UnreadableInputError: No picture, or less than half of the video, can be decoded.
        FFmpegError: There is no ffmpeg that can be run, or it crashed.

    Warns:
        DamagedVideoWarning: Some of the video is missing from what came.
    """
    for short_video in (False,) if request.first_clip else (False, True):
        count = request.first_clip
        with run_ffmpeg(_command(video, request, short_video)) as running:
            for still in _read_ahead(running, video, request):
                yield still
                count += 1
            code = running.finish()
            if count or code:
                _check_completeness(video, request, count, code, running)
                return
    raise UnreadableInputError(f"{video.path}: FFmpeg finds no picture in it", "copy or download it again")


def _command(video: VideoInfo, request: SampleRequest, short_video: bool) -> list[str]:
    # Timestamps are kept as they are (-copyts) and counted from the first picture by a constant: unlike STARTPTS that
    # survives a change of resolution in the middle of the stream, at which FFmpeg builds its filters anew.
    #
    # The name goes in as a path object: ffmpeg-python insists that text be UTF-8, which a name need not be.
    name = PurePosixPath(file_url(video.path))
    upright = ffmpeg.input(name, **opening_options(video.path, video.container))[str(video.stream_index)]
    # A picture that stands for hours is repeated at once, by a filter that does not wait: scaled before, and not each
    # time anew, it takes no memory. Where pictures are many, most of them are not worth scaling.
    is_sparse = video.rate < request.rate
    pictures = _squares(upright, request) if is_sparse else upright
    clips = pictures.filter("setpts", f"round(PTS-{video.start!r}/TB)").filter(
        # A video that ends before the middle of its first clip rounds to no clip at all: then its last picture passes.
        "fps",
        fps=str(request.rate),
        round="near",
        eof_action="pass" if short_video else "round",
    )
    wanted = clips.filter("trim", start_frame=request.first_clip) if request.first_clip else clips
    squares = wanted if is_sparse else _squares(wanted, request)
    # Up to version 7 FFmpeg shifts the pictures but not their end, and would go on to repeat the last one.
    most = request.clips - request.first_clip
    pipe = squares.output("pipe:", format="rawvideo", pix_fmt="rgb24", vframes=most)
    quiet = pipe.global_args("-hide_banner", "-nostdin", "-copyts", "-loglevel", "repeat+error")
    return [str(part) for part in ffmpeg.compile(quiet, cmd=ffmpeg_path())]


def _squares(pictures: Any, request: SampleRequest) -> Any:  # noqa: ANN401 - ffmpeg-python has no types
    return pictures.filter("scale", **scale_options(request.framing)).filter("crop", request.size, request.size)


def _read_ahead(running: RunningFFmpeg, video: VideoInfo, request: SampleRequest) -> Generator[Still, None, None]:
    belt: Belt[Still] = Belt(_STILLS_AHEAD)  # a pipe holds less than one frame, and ffmpeg stands still meanwhile
    per_clip = round(video.rate / request.rate)
    reader = Thread(target=_read, args=(running, request.size, per_clip, belt), name="r2-read", daemon=True)
    reader.start()
    try:
        yield from belt.take(1)
    except BaseException:
        belt.close()
        running.kill()
        raise
    finally:
        reader.join()


def _read(running: RunningFFmpeg, size: int, per_clip: int, belt: Belt[Still]) -> None:
    frame_bytes = size * size * 3
    try:
        while len(data := running.stdout.read(frame_bytes)) == frame_bytes:
            belt.put(0, Still(np.frombuffer(data, np.uint8).reshape(size, size, 3), per_clip, is_sequential=True))
        belt.end(0)
    except BeltClosedError:
        return
    except BaseException as error:  # raised again where the frames are taken, or it would be lost in this thread
        belt.end(0, error)


def _check_completeness(
    video: VideoInfo, request: SampleRequest, count: int, code: int, running: RunningFFmpeg
) -> None:
    reason = f" ({running.complaint()})" if running.complaint() else ""
    if code < 0:  # ended by a signal, which is never the input's right
        raise FFmpegError(
            f"{video.path}: ffmpeg crashed (signal {-code}): {ffmpeg_path()}",
            f"try another build of ffmpeg: set {FFMPEG_VARIABLE}",
        )
    if count == 0:
        raise UnreadableInputError(f"{video.path}: FFmpeg cannot decode it{reason}", "copy or download it again")
    reached = f"{format_time(float(Fraction(count) / request.rate))} of {format_time(video.duration)}"
    if count < _LEAST_SHARE * request.clips:
        raise UnreadableInputError(f"{video.path}: only {reached} can be decoded{reason}", "copy or download it again")
    if code or count < request.clips - 1:
        warnings.warn(f"{video.path}: damaged: {reached} can be decoded{reason}", DamagedVideoWarning, stacklevel=5)
