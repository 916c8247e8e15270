"""Writes a film of the sprite world as H.264, the way a user's films come."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import ffmpeg
import numpy as np
from numpy.typing import NDArray

from r2cli.datasets.sprites.art import Sprites
from r2cli.datasets.sprites.script import Film
from r2cli.datasets.sprites.stage import Stage
from r2cli.errors import FFmpegError
from r2cli.video.ffmpeg import file_url, run_ffmpeg
from r2cli.video.program import ffmpeg_path
from r2cli.writing import beside

OnProgress = Callable[[float], None]
"""Told the share of the film that is written, 0 to 1."""


def write_film(
    film: Film,
    sprites: Sprites,
    path: Path,
    *,
    width: int = 1280,
    height: int = 720,
    rate: int = 25,
    title: str = "",
    keyframe_seconds: float | None = None,
    on_progress: OnProgress = lambda share: None,
) -> None:
    """Draw every frame of a film and encode it.

    Args:
        film: The script.
        sprites: The art.
        path: Where to put the film; its ending decides the container.
        width: Pixels.
        height: Pixels; the stage is the centred square.
        rate: Frames per second.
        title: Written into the file.
        keyframe_seconds: From one keyframe to the next; None: as the encoder likes.
        on_progress: Told how far it is.

    Raises:
        CommandLineError: Nothing can be written there.
        FFmpegError: FFmpeg is missing, or failed.
    """
    stage = Stage(film, sprites, height, width)
    every = max(1, round((keyframe_seconds or 0) * rate))
    keyframes = {"g": every, "keyint_min": every, "sc_threshold": 0} if keyframe_seconds else {}
    source = ffmpeg.input("pipe:", format="rawvideo", pix_fmt="rgb24", s=f"{width}x{height}", r=rate)
    coding = {"vcodec": "libx264", "pix_fmt": "yuv420p", "preset": "veryfast", "crf": 23, **keyframes}
    frames = round(film.duration * rate)
    with beside(path, force=True) as unfinished:
        output = source.output(file_url(unfinished), loglevel="error", metadata=f"title={title}", **coding)
        _encode((np.asarray(stage.frame(index / rate)) for index in range(frames)), frames, output, path, on_progress)


def _encode(
    pictures: Iterable[NDArray[np.uint8]], count: int, output: ffmpeg.Stream, path: Path, on_progress: OnProgress
) -> None:
    command = ffmpeg.compile(output.overwrite_output(), cmd=ffmpeg_path())
    with run_ffmpeg(command, fed=True) as running:
        if running.stdin is None:
            raise ValueError("ffmpeg must be fed")
        with suppress(BrokenPipeError):  # then it says why
            for number, picture in enumerate(pictures, start=1):
                running.stdin.write(picture.tobytes())
                on_progress(number / count)
            running.stdin.close()
        if running.finish() != 0:
            reason = running.complaint() or "no reason given"
            raise FFmpegError(f"FFmpeg could not write {path}: {reason}", "is there room on the disk?")
