"""A moment in the player that is installed, in a window of its own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from r2cli.errors import CommandLineError
from r2cli.tasks.open_video import open_video


@dataclass(frozen=True)
class Stretch:
    """What is to be played."""

    video: Path
    start: float
    end: float
    """Both in seconds."""


def _mpv(program: str, one: Stretch) -> list[str]:
    times = [f"--start={one.start:.6f}", f"--end={one.end:.6f}"]
    return [program, "--no-terminal", "--force-window", "--ytdl=no", *times, "--", str(one.video.absolute())]


def _ffplay(program: str, one: Stretch) -> list[str]:
    times = ["-ss", f"{one.start:.6f}", "-t", f"{one.end - one.start:.6f}"]
    source = ["-protocol_whitelist", "file", "-i", f"file:{one.video.absolute()}"]
    return [program, "-loglevel", "quiet", "-nostdin", "-autoexit", *times, *source]


_PLAYERS: dict[str, Callable[[str, Stretch], list[str]]] = {"mpv": _mpv, "ffplay": _ffplay}
"""What can be told where to begin and to end, the better one first."""


def play(moment: Stretch) -> None:
    """Play a moment, and do not wait for its end.

    Raises:
        UnreadableInputError: It is no film: players open lists and addresses as well.
        CommandLineError: There is no player, or it cannot be started.
    """
    open_video(moment.video)
    for name, command in _PLAYERS.items():
        if program := shutil.which(name):
            try:
                quiet = subprocess.DEVNULL  # the terminal is taken
                subprocess.Popen(command(program, moment), stdin=quiet, stdout=quiet, stderr=quiet)
            except OSError as error:
                raise CommandLineError(f"{program} cannot be started: {error.strerror}") from error
            return
    raise CommandLineError("there is no player", f"install {' or '.join(_PLAYERS)}")
