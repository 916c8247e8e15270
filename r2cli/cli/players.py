"""Programs that play a film from a moment on: which there are, and how each is told where to begin and to end."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from r2cli.cli.console import Talk
from r2cli.errors import CommandLineError, R2Error
from r2cli.findings import ranked
from r2cli.settings import given
from r2cli.timecode import format_time

if TYPE_CHECKING:
    from r2cli.findings import Findings, Moment

_INSTALL = "install mpv (https://mpv.io), VLC or FFmpeg's ffplay, or name another: r2 config set player NAME"


def _mpv(film: Path, start: float, end: float) -> list[str]:
    # This film alone, with r2's times: nothing that it links to, and not where somebody once left it.
    alone = ["--ytdl=no", "--ordered-chapters=no", "--resume-playback=no", "--save-position-on-quit=no"]
    return ["--msg-level=all=error", *alone, f"--start={start:.3f}", f"--end={end:.3f}", "--", str(film)]


def _vlc(film: Path, start: float, end: float) -> list[str]:
    # As a URI: of anything else VLC has to guess whether it is one.
    return ["--quiet", "--play-and-exit", f"--start-time={start:.3f}", f"--stop-time={end:.3f}", film.as_uri()]


def _ffplay(film: Path, start: float, end: float) -> list[str]:
    shown = ["-hide_banner", "-loglevel", "error", "-nostats", "-autoexit"]
    span = ["-ss", f"{start:.3f}", "-t", f"{end - start:.3f}"]
    return [*shown, "-protocol_whitelist", "file", *span, "-i", f"file:{film}"]


def _any(film: Path, start: float, end: float) -> list[str]:
    del start, end
    return [str(film)]


_PLAYERS: dict[str, Callable[[Path, float, float], list[str]]] = {"mpv": _mpv, "vlc": _vlc, "ffplay": _ffplay}
"""Those that r2 can tell a time, in the order in which it takes them: each gets an absolute path, and ends after the
moment."""
_ELSEWHERE = {
    "mpv": ("/Applications/mpv.app/Contents/MacOS/mpv",),
    "vlc": ("/Applications/VLC.app/Contents/MacOS/VLC", r"C:\Program Files\VideoLAN\VLC\vlc.exe"),
}
"""Where installers put them without a word to the search path."""


class PlayerError(R2Error):
    """There is no program to play videos with, or it failed."""


@dataclass(frozen=True)
class Player:
    """A program that plays films."""

    program: str
    """Its path."""

    @property
    def name(self) -> str:
        """What it is called."""
        return Path(self.program).stem

    @property
    def knows_times(self) -> bool:
        """Whether r2 knows how to tell it when to begin."""
        return self.name.lower() in _PLAYERS

    def command(self, film: Path, start: float, end: float) -> list[str]:
        """Its words, as a list: no shell reads them, and no name of a film becomes an option or an address.

        Args:
            film: Which.
            start: Seconds from the film's first picture.
            end: As `start`.
        """
        words = _PLAYERS.get(self.name.lower(), _any)
        return [self.program, *words(Path(os.path.abspath(film)), max(start, 0.0), end)]


def find_player() -> Player:
    """The player that was set; else mpv, VLC or ffplay, whichever comes first.

    Raises:
        PlayerError: It is no program, or there is none of them.
    """
    chosen = given("player")
    if chosen is None:
        found = next(filter(None, map(_located, _PLAYERS)), None)
        if found is None:
            raise PlayerError("there is nothing to play videos with", _INSTALL)
        return Player(found)
    program = _located(chosen.value)
    if program is None:
        where = chosen.origin if chosen.origin.startswith("R2_") else f"player in {chosen.origin}"
        raise PlayerError(
            f"{where} is {chosen.value!r}, which is not a program", "set it to the name or the path of one, no more"
        )
    return Player(program)


def _located(name: str) -> str | None:
    places = (os.path.expanduser(name), *_ELSEWHERE.get(name, ()))
    return next(filter(None, map(shutil.which, places)), None)


def moment_of(findings: Sequence[Findings], rank: int) -> tuple[Moment, Findings]:
    """The moment of a place in the ranking, as tables number them, and where it is from.

    Raises:
        CommandLineError: There is none.
    """
    known = ranked(findings)
    if not 1 <= rank <= len(known):
        moments = "1 moment" if len(known) == 1 else f"{len(known)} moments"
        raise CommandLineError(f"there is no moment {rank}: there are {moments}", "find more with: r2 find --top N")
    return known[rank - 1]


def play(player: Player, findings: Sequence[Findings], rank: int, talk: Talk) -> None:
    """Play a moment, and wait until the player ends.

    Args:
        player: From `find_player`.
        findings: About films that r2 has opened: what is a list of other files never gets to a player.
        rank: The moment's place.
        talk: Is told what is played.

    Raises:
        CommandLineError: There is no such moment.
        PlayerError: The player cannot be started, or ends with an error.
    """
    moment, found = moment_of(findings, rank)
    span = f"{format_time(moment.start)} - {format_time(moment.end)}"
    talk.note(f"{player.name} plays moment {rank}, {span} of {found.video.path}")
    if not player.knows_times:
        talk.note(f"{player.name} is told the film alone: when to begin r2 can tell {', '.join(_PLAYERS)}")
    _run(player, player.command(found.video.path, moment.start, moment.end))


def _run(player: Player, command: Sequence[str]) -> None:
    sys.stdout.flush()
    # Keys are for the player only where somebody types them, and what it says is no part of the answer.
    keys = None if sys.stdin is not None and sys.stdin.isatty() else subprocess.DEVNULL
    try:
        code = subprocess.run(command, stdin=keys, stdout=subprocess.DEVNULL, check=False).returncode
    except OSError as error:
        raise PlayerError(f"{player.program} cannot be started ({error.strerror or error})", _INSTALL) from error
    if code:
        raise PlayerError(f"{player.name} ended with exit code {code}", "choose another: r2 config set player NAME")
