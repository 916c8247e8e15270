"""Encoders of graphics cards: tried on a known picture before they are used, and looked at afterwards."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from threading import Thread

import av
import numpy as np
from numpy.typing import NDArray

from r2cli.errors import FFmpegError, UnreadableInputError
from r2cli.video.cutting.encoders import CHOICES, PictureEncoder, hardware_encoder, software_encoder
from r2cli.video.ffmpeg import RunningFFmpeg, run_ffmpeg
from r2cli.video.program import ffmpeg_path

_QUIET = ("-hide_banner", "-nostdin", "-loglevel", "repeat+error")
_TRIAL_SIZE = (320, 240)
_TRIAL_PICTURES = 10
_TRIAL_BYTES = 1 << 20
"""More than any encoder makes of them."""
_THUMBNAIL = (16, 9)
THUMBNAIL = f"scale={_THUMBNAIL[0]}:{_THUMBNAIL[1]}:flags=area,format=gray"
"""Filters that leave of a picture what `look_alike` compares."""
_UNLIKE = 12.0
"""Levels of 255 by which thumbnails differ on average when an encoder has gone wrong; quality costs less than one."""


def encode_with(
    hwaccel: str,
    write: Callable[[PictureEncoder], None],
    resembles: Callable[[], bool],
    *,
    is_deep: bool,
    is_interlaced: bool = False,
    light: Sequence[str] = (),
) -> str:
    """Write a file with the encoder that was asked for; where it fails, with the one that runs everywhere.

    Args:
        hwaccel: ``none``, or which graphics card should encode, as in `CHOICES`.
        write: Writes the file, and raises an error if it is not as it should be.
        resembles: Whether what was written looks like what it was made of.
        is_deep: Whether pictures have more than 8 bits per sample.
        is_interlaced: Whether pictures consist of two fields.
        light: What tells of HDR, as for `software_encoder`; the encoders of graphics cards are not told.

    Returns:
        A line for the user if another encoder did it, or if something is lost.

    Raises:
        R2Error: What `write` raises when the processor encodes.
    """
    encoder, note = choose_encoder(hwaccel, is_deep=is_deep, is_interlaced=is_interlaced)
    software = software_encoder(is_deep=is_deep, is_interlaced=is_interlaced, light=light)
    if encoder.is_hardware:
        try:
            write(encoder)
            if resembles():
                return f"{encoder.name} leaves out how the source was mastered for HDR" if light else ""
            note = f"{encoder.name} wrote other pictures than it was given; the processor encoded them again"
        except (FFmpegError, UnreadableInputError) as error:
            note = f"{encoder.name} failed ({error.message}); the processor encoded it instead"
    write(software)
    return note


def choose_encoder(hwaccel: str, *, is_deep: bool, is_interlaced: bool = False) -> tuple[PictureEncoder, str]:
    """Find an encoder that works.

    Args:
        hwaccel: ``none``, or which graphics card should encode, as in `CHOICES`.
        is_deep: Whether pictures have more than 8 bits per sample.
        is_interlaced: Whether pictures consist of two fields.

    Returns:
        The encoder, and a line for the user if it is not what was asked for.

    Raises:
        FFmpegError: There is no ffmpeg.
    """
    software = software_encoder(is_deep=is_deep, is_interlaced=is_interlaced)
    if hwaccel == "none":
        return software, ""
    if is_interlaced:
        return software, f"--hwaccel {hwaccel}: interlaced pictures are encoded by the processor"
    failed: dict[str, str] = {}
    for family in CHOICES.get(hwaccel, ()):
        encoder = hardware_encoder(family, is_deep=is_deep)
        reason = _try(encoder, ffmpeg_path())
        if not reason:
            return encoder, ""
        failed[encoder.name] = reason
    return software, f"--hwaccel {hwaccel}: {_explain(failed)}; the processor encodes"


def _explain(failed: dict[str, str]) -> str:
    if not failed:
        return "nothing of that name encodes"
    if len(failed) == 1:
        return "".join(f"{name} cannot be used ({reason})" for name, reason in failed.items())
    return f"none of {', '.join(failed)} can be used"


@lru_cache
def _try(encoder: PictureEncoder, program: str) -> str:
    """Why an encoder cannot be used; empty if it can."""
    picture = _trial_picture()
    width, height = _TRIAL_SIZE
    source = ["-f", "rawvideo", "-pix_fmt", "gray", "-s", f"{width}x{height}", "-r", "25", "-i", "pipe:0"]
    result = [*["-vf", ",".join(encoder.filters)], "-c:v", encoder.name, *encoder.options, "-f", "matroska", "pipe:1"]
    with run_ffmpeg([program, *_QUIET, *encoder.setup, *source, *result], fed=True) as running:
        # Beside the reading: whoever writes more than a pipe takes before it reads would wait for us, and we for it.
        Thread(target=_feed, args=(running, picture.tobytes() * _TRIAL_PICTURES), daemon=True).start()
        data = running.stdout.read(_TRIAL_BYTES + 1)
        if len(data) > _TRIAL_BYTES:
            running.stdout.close()  # should it be a script, this ends the program that it started
            return "it writes without end"
        if code := running.finish():
            return running.first_complaint() or f"ffmpeg ended with {code}"
    return _judge(data, picture)


def _feed(running: RunningFFmpeg, pictures: bytes) -> None:
    if running.stdin is None:
        raise ValueError("the encoder must be fed")
    with suppress(BrokenPipeError):
        running.stdin.write(pictures)
        running.stdin.close()


def _trial_picture() -> NDArray[np.uint8]:
    width, height = _TRIAL_SIZE
    down, across = np.mgrid[0:height, 0:width]
    slope: NDArray[np.float64] = across / width + down / height
    return (32 + 95 * slope).astype(np.uint8)


def _judge(data: bytes, expected: NDArray[np.uint8]) -> str:
    try:
        with av.open(io.BytesIO(data)) as container:
            came = [frame.to_ndarray(format="gray").astype(float) for frame in container.decode(video=0)]
    except (av.FFmpegError, OSError, ValueError, IndexError):
        return "what it writes cannot be read"
    if len(came) != _TRIAL_PICTURES:
        return f"it loses pictures: {len(came)} of {_TRIAL_PICTURES} came out"
    worst = max(float(np.abs(one - expected).mean()) for one in came)
    return "its pictures are not those that it was given" if worst > _UNLIKE else ""


def look_alike(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two commands, whose filters end with `THUMBNAIL`, give roughly the same first picture.

    Args:
        one: What stands between ffmpeg's name and its output.
        other: The same.
    """
    thumbnails = [_first_picture(arguments) for arguments in (one, other)]
    shapes = {picture.shape for picture in thumbnails}
    if shapes != {(_THUMBNAIL[0] * _THUMBNAIL[1],)}:
        return False
    return float(np.abs(thumbnails[0] - thumbnails[1]).mean()) <= _UNLIKE


def _first_picture(arguments: Sequence[str]) -> NDArray[np.float64]:
    output = ["-frames:v", "1", "-f", "rawvideo", "pipe:1"]
    with run_ffmpeg([ffmpeg_path(), *_QUIET, *arguments, *output]) as running:
        data = running.stdout.read(_THUMBNAIL[0] * _THUMBNAIL[1])
    return np.frombuffer(data, np.uint8).astype(float)
