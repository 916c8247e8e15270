"""A closer look at moments that were found: an option group, and what it does after the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from r2cli.cli.console import Talk
from r2cli.cli.players import Player, find_player, play

if TYPE_CHECKING:
    from r2cli.findings import Findings


@dataclass(frozen=True)
class Viewing:
    """What to show of moments besides their times."""

    SECTION: ClassVar[str] = "A closer look"

    play: Annotated[
        int | None,
        typer.Option(
            "--play", min=1, metavar="N", help="Play the moment of rank N, in mpv, VLC or ffplay, or as `player` says."
        ),
    ] = None


@dataclass(frozen=True)
class View:
    """The same, with all that it takes at hand."""

    asked: Viewing
    player: Player | None

    def after(self, findings: Sequence[Findings], talk: Talk) -> None:
        """What is to come after the answer.

        Args:
            findings: As they were shown.
            talk: Is told what is done.

        Raises:
            CommandLineError: There is no moment of that rank, though there are others.
            PlayerError: The player failed.
        """
        if self.player is not None and self.asked.play is not None and any(found.moments for found in findings):
            play(self.player, findings, self.asked.play, talk)


def plan_view(viewing: Viewing) -> View:
    """See that all is there, before any work is done.

    Raises:
        PlayerError: There is no player.
    """
    return View(viewing, None if viewing.play is None else find_player())
