"""Writes a film of the sprite world as H.264, the way a user's films come."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import ffmpeg

from r2cli.datasets.sprites.art import Sprites
from r2cli.datasets.sprites.script import Film
from r2cli.datasets.sprites.stage import Stage
from r2cli.errors import FFmpegError
from r2cli.video.ffmpeg import ffmpeg_path, file_url

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

    The film is written beside ``path`` and renamed into place, so that no half film is left behind.

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
        FFmpegError: FFmpeg is missing, or failed.
    """
    stage = Stage(film, sprites, height, width)
    fresh = path.with_name(f".{path.stem}.part{path.suffix}")
    every = max(1, round((keyframe_seconds or 0) * rate))
    keyframes = {"g": every, "keyint_min": every, "sc_threshold": 0} if keyframe_seconds else {}
    stream = ffmpeg.input("pipe:", format="rawvideo", pix_fmt="rgb24", s=f"{width}x{height}", r=rate).output(
        file_url(fresh),
        vcodec="libx264",
        pix_fmt="yuv420p",
        preset="veryfast",
        crf=23,
        loglevel="error",
        metadata=f"title={title}",
        **keyframes,
    )
    process = stream.overwrite_output().run_async(cmd=ffmpeg_path(), pipe_stdin=True, pipe_stderr=True)
    frames = round(film.duration * rate)
    try:
        for index in range(frames):
            process.stdin.write(stage.frame(index / rate).tobytes())
            on_progress((index + 1) / frames)
        process.stdin.close()
        if process.wait() == 0:
            fresh.replace(path)
    except BrokenPipeError:
        process.wait()
    finally:
        process.kill()
        process.wait()
        complaint = process.stderr.read().decode(errors="replace").strip()
        process.stderr.close()
        fresh.unlink(missing_ok=True)
    if process.returncode != 0:
        reason = complaint.splitlines()[-1] if complaint else "no reason given"
        raise FFmpegError(f"FFmpeg could not write {path}: {reason}", "is there room on the disk?")
