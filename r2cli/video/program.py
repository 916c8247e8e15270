"""Which FFmpeg program is run: the one that was set, one on the search path, or the one that came along."""

from __future__ import annotations

import os
import shutil
import warnings
from dataclasses import dataclass
from functools import cache

from r2cli.errors import FFmpegError, R2Warning
from r2cli.settings import SETTINGS, Given, given
from r2cli.video.version import OLDEST_FFMPEG, is_old, version_of

FFMPEG_VARIABLE = SETTINGS["ffmpeg"].variable
_BUNDLED = "imageio-ffmpeg"


@dataclass(frozen=True)
class Program:
    """An ffmpeg, and who chose it."""

    path: str
    origin: str
    """A variable, the settings' file, the search path, or `imageio-ffmpeg`."""
    passed_over: str = ""
    """What the search path has, and why it is not taken."""


class OldFFmpegWarning(R2Warning):
    """There is an ffmpeg on the search path that is too old."""


def ffmpeg_path() -> str:
    """The path of `find_ffmpeg`'s program.

    Raises:
        FFmpegError: The program that was set is none, or there is no ffmpeg at all.
    """
    return find_ffmpeg().path


def find_ffmpeg() -> Program:
    """Find the ``ffmpeg`` program: the one that was set, else the search path, else the one inside imageio-ffmpeg.

    One on the search path that is older than `OLDEST_FFMPEG` is passed over, if imageio-ffmpeg has another.

    Raises:
        FFmpegError: The program that was set is none, or there is no ffmpeg at all.

    Warns:
        OldFFmpegWarning: One was passed over, or there is no newer one.
    """
    chosen = given("ffmpeg")
    if chosen is not None:
        return Program(_chosen_program(chosen), chosen.origin)
    found = shutil.which("ffmpeg")
    if found is None:
        return Program(_bundled_program(), _BUNDLED)
    return _newer_than(found) if is_old(version_of(found)) else Program(found, "the search path")


def _newer_than(found: str) -> Program:
    old = f"{found} is FFmpeg {version_of(found)}, older than {OLDEST_FFMPEG}"
    try:
        bundled = _bundled_program()
    except FFmpegError:
        _warn_once(f"{old}: what it writes may be wrong - pip install imageio-ffmpeg")
        return Program(found, "the search path")
    _warn_once(f"{old}: the one inside imageio-ffmpeg is used")
    return Program(bundled, _BUNDLED, passed_over=old)


@cache
def _warn_once(note: str) -> None:
    warnings.warn(note, OldFFmpegWarning, stacklevel=5)


def _chosen_program(chosen: Given) -> str:
    program = shutil.which(os.path.expanduser(chosen.value))
    if program is None:
        where = chosen.origin if chosen.origin == FFMPEG_VARIABLE else f"ffmpeg in {chosen.origin}"
        raise FFmpegError(
            f"{where} is {chosen.value!r}, which is not a program", "set it to an ffmpeg binary, or unset it"
        )
    return program


def _bundled_program() -> str:
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise FFmpegError(
            "there is no ffmpeg", f"pip install imageio-ffmpeg, or set {FFMPEG_VARIABLE} to an ffmpeg binary"
        ) from error
