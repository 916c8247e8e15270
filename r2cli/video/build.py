"""What an ffmpeg program is: its version, and what it was built to read and write."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

from r2cli.errors import FFmpegError
from r2cli.video.program import find_ffmpeg
from r2cli.video.version import is_old, version_of

_SECONDS_TO_ANSWER = 20.0


@dataclass(frozen=True)
class Build:
    """One ffmpeg program."""

    path: str
    origin: str
    """Who chose it: a variable, the settings' file, the search path, or `imageio-ffmpeg`."""
    version: str
    is_old: bool
    """Whether it is older than what r2 takes; then it was chosen, or there is no other."""
    passed_over: str
    """What the search path has, and why it is not taken; mostly empty."""
    decoders: frozenset[str]
    encoders: frozenset[str]
    hardware: tuple[str, ...]
    """Kinds of hardware that it could decode with, whether this machine has them or not."""


def examine_ffmpeg() -> Build:
    """Ask the ffmpeg that r2 uses about itself.

    Raises:
        FFmpegError: There is none, or it does not answer.
    """
    program = find_ffmpeg()
    version = version_of(program.path)
    if not version:
        _ask(program.path, "-version")  # says why it does not answer, if it does not
        raise FFmpegError(f"{program.path} is not ffmpeg", "set R2_FFMPEG to an ffmpeg binary, or unset it")
    return Build(
        path=program.path,
        origin=program.origin,
        version=version,
        is_old=is_old(version),
        passed_over=program.passed_over,
        decoders=_names(_ask(program.path, "-decoders")),
        encoders=_names(_ask(program.path, "-encoders")),
        hardware=tuple(sorted(_ask(program.path, "-hwaccels").split("methods:")[-1].split())),
    )


def _ask(path: str, question: str) -> str:
    try:
        answer = subprocess.run(
            [path, "-hide_banner", question],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS_TO_ANSWER,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = "it does not answer" if isinstance(error, subprocess.TimeoutExpired) else error.strerror or str(error)
        raise FFmpegError(f"{path} cannot be used ({reason})", "set R2_FFMPEG to an ffmpeg that works") from error
    return answer.stdout.decode("utf-8", errors="replace")


def _names(listing: str) -> frozenset[str]:
    """Of lines such as ` V....D h264    H.264 / AVC (codec h264)`, below a line of dashes."""
    lines = listing.partition("------")[2].splitlines()
    return frozenset(words[1] for line in lines if len(words := line.split()) > 1)
