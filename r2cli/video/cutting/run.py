"""Running FFmpeg to write a file: how inputs and sound are named to it, progress, and what its failures mean."""

from __future__ import annotations

import errno
import math
import re
import signal
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

from r2cli.errors import FFmpegError, R2Error, option
from r2cli.video.ffmpeg import RunningFFmpeg, file_url, opening_words, run_ffmpeg
from r2cli.video.probe import VideoInfo
from r2cli.video.program import FFMPEG_VARIABLE, ffmpeg_path
from r2cli.video.streams import AudioStream
from r2cli.writing import is_full, refusal

OnShare = Callable[[float], None]
"""Is told how much of a piece of work is done, 0 to 1."""

_BITS_PER_CHANNEL = 96_000
_LONGEST_LINE = 4096
"""Bytes; each line of FFmpeg's progress is a name and a value."""
_BETTER_BUILD = f"pip install imageio-ffmpeg, or set {FFMPEG_VARIABLE} to another ffmpeg"


def sound_encoder(tracks: Sequence[AudioStream]) -> list[str]:
    """Options that write each track as AAC with as many channels as it has."""
    rates = [
        option
        for number, one in enumerate(tracks)
        for option in (f"-b:a:{number}", str(one.channels * _BITS_PER_CHANNEL))
    ]
    return ["-c:a", "aac", *rates]


def input_options(video: VideoInfo, seek: Fraction | None) -> list[str]:
    """Options to open a file in the container's own time.

    Args:
        video: The file.
        seek: Container time at which reading may begin: the keyframe at or before it is found. None: the beginning.
    """
    place = [] if seek is None else ["-seek_timestamp", "1", "-noaccurate_seek", "-ss", seconds(seek)]
    return [*opening_words(video.path, video.container), *place, "-i", file_url(video.path)]


def seconds(time: Fraction) -> str:
    """A time as FFmpeg reads it, to the microsecond."""
    return f"{float(time):.6f}"


def command_line(arguments: Sequence[str]) -> list[str]:
    """The program, its manners, and what it shall do."""
    quiet = ["-hide_banner", "-nostdin", "-y", "-loglevel", "repeat+error", "-progress", "pipe:1"]
    # What cannot be decoded is measured in what was written; by itself, FFmpeg would rather write nothing.
    return [ffmpeg_path(), *quiet, "-max_error_rate", "1", "-copyts", *arguments]


def encode(arguments: Sequence[str], target: Path, pictures: int, on_share: OnShare) -> None:
    """Run FFmpeg to write one file.

    Args:
        arguments: Inputs, filters, encoders and output.
        target: What the user calls the file; for messages.
        pictures: How many will be written; for progress.
        on_share: Progress.

    Raises:
        CommandLineError: There is no room for it.
        FFmpegError: FFmpeg is missing or failed.
    """
    with run_ffmpeg(command_line(arguments)) as running:
        while line := running.stdout.readline(_LONGEST_LINE):
            name, sign, value = line.partition(b"=")
            if not sign or not _PROGRESS.match(line):
                raise not_ffmpeg()
            if name == b"frame" and value.strip().isdigit():
                on_share(min(int(value) / max(pictures, 1), 1.0))
        code = running.finish()
        if code or has_no_room(running):  # FFmpeg before 7 ends well where the last of a file finds no room
            raise explain(running, code, target)


def not_ffmpeg() -> FFmpegError:
    """What to say of a program that writes where ffmpeg has nothing to say, or something else."""
    return FFmpegError(
        f"{ffmpeg_path()} does not do what ffmpeg does: it writes what nobody asked for",
        f"set {FFMPEG_VARIABLE} to an ffmpeg binary that works",
    )


_PROGRESS = re.compile(rb"\w+=")
"""How each line of ffmpeg's report on its progress begins."""
_NO_ROOM = {
    "No space left on device": errno.ENOSPC,
    "Disk quota exceeded": errno.EDQUOT,
    "File too large": errno.EFBIG,
}


def has_no_room(running: RunningFFmpeg) -> bool:
    """Whether there was no room for what FFmpeg wrote, however it ended."""
    return any(running.mentioned(words) for words in _NO_ROOM)


_ENCODERS = {"libx264": "H.264", "libx265": "HEVC", "libvpx-vp9": "VP9"}


def explain(running: RunningFFmpeg, code: int, target: Path) -> R2Error:
    """Why FFmpeg could not write a file, and what to do."""
    for words, number in _NO_ROOM.items():
        if running.mentioned(words):
            return refusal(target, number, words)
    for encoder, name in _ENCODERS.items():
        if running.mentioned(f"Unknown encoder '{encoder}'"):
            return FFmpegError(f"this ffmpeg cannot write {name}: {ffmpeg_path()}", _BETTER_BUILD)
    if running.mentioned("Unrecognized option") or running.mentioned("Option not found"):
        return FFmpegError(f"this ffmpeg is too old to cut with: {ffmpeg_path()}", _BETTER_BUILD)
    if code < 0 and -code == getattr(signal, "SIGXFSZ", None):
        return refusal(target, errno.EFBIG, "")
    if code < 0:
        return FFmpegError(f"{target}: ffmpeg crashed (signal {-code}): {ffmpeg_path()}", _BETTER_BUILD)
    return FFmpegError(f"{target}: ffmpeg failed: {running.complaint() or f'exit code {code}'}", "see R2_DEBUG=1")


def refused(target: Path, error: Exception) -> R2Error:
    """Why PyAV could not write a file, and what to do."""
    number, reason = getattr(error, "errno", None), str(getattr(error, "strerror", None) or error)
    if is_full(number):
        return refusal(target, number, reason)
    return FFmpegError(
        f"{target.suffix} does not take these streams as they are: {reason}", f"try {option('cut', 'exact')}"
    )


def time_base_of(constant: bool, rate: Fraction, otherwise: Fraction) -> str:
    """The unit of a clip's timestamps: one picture where the rate is constant, so that rounding leaves no trace."""
    unit = 1 / rate if constant else max(otherwise, Fraction(1, 1_000_000))
    return f"{unit.numerator}/{unit.denominator}"


def even(length: float) -> int:
    """The nearest even number of pixels: most codecs halve the colour's resolution."""
    return max(2, 2 * math.floor(length / 2 + 0.5))
