"""`r2 play`: a moment of saved findings, in a player."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from r2cli.cli.console import Talk, warnings_as_notes
from r2cli.cli.options import QuietOption
from r2cli.cli.players import find_player, moment_of
from r2cli.cli.players import play as play_moment
from r2cli.cli.saved import read_document, require_video
from r2cli.errors import ExitCode

if TYPE_CHECKING:
    from r2cli.export.document import Document


def play(
    findings: Annotated[
        Path,
        typer.Argument(
            metavar="FINDINGS.json", help="What find, highlight or summarize wrote as JSON; - is standard input."
        ),
    ],
    rank: Annotated[int, typer.Argument(min=1, metavar="[N]", help="Which moment, by its place in the ranking.")] = 1,
    quiet: QuietOption = False,
) -> int:
    """Play a moment of saved findings.

    In mpv, VLC or ffplay, whichever is there first, or in the program that the setting `player` names.

    \b
    r2 find holiday.mp4 "a dog jumps" --out findings.json
    r2 play findings.json
    r2 play findings.json 3
    """  # noqa: D301 - typer wants the control character itself: it keeps the lines apart
    document, talk = read_document(findings), Talk(quiet)
    saved = document.located()
    _, found = moment_of(saved, rank)
    player = find_player()
    _require_film(found.video.path, document, talk)
    play_moment(player, saved, rank, talk)
    return ExitCode.FOUND


def _require_film(path: Path, document: Document, talk: Talk) -> None:
    """See that it is a film: players open lists and addresses as well, and anybody may have written the document."""
    from r2cli.tasks.open_video import open_video
    from r2cli.video import DamagedVideoWarning

    require_video(path, document)
    with warnings_as_notes(DamagedVideoWarning, talk):
        open_video(path)
