"""A closer look at moments that were found: an option group, and what it does after the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from r2cli.cli.console import Talk
from r2cli.cli.players import Player, find_player, moment_of, play
from r2cli.cli.thumbs import require_pictures, show_thumbs
from r2cli.errors import CommandLineError
from r2cli.export.document import Kind
from r2cli.findings import ranked

if TYPE_CHECKING:
    from r2cli.checkpoints.load import LoadedModel
    from r2cli.cli.exports import Exports
    from r2cli.explanation import Explanation
    from r2cli.findings import Findings
    from r2cli.memory import Reading
    from r2cli.tasks.combine import Question
    from r2cli.video import VideoInfo


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
    explain: Annotated[
        int | None,
        typer.Option(
            "--explain", min=1, metavar="N", help="Say what made the score of the moment of rank N, and what came next."
        ),
    ] = None

    thumbs: Annotated[
        bool, typer.Option("--thumbs", help="Show the best picture of each moment, where the terminal can.")
    ] = False


@dataclass(frozen=True)
class Search:
    """How moments were found."""

    videos: Sequence[VideoInfo]
    loaded: LoadedModel
    reading: Reading
    threshold: float
    """The least score of a moment that is shown."""


@dataclass(frozen=True)
class View:
    """The same, with all that it takes at hand."""

    asked: Viewing
    player: Player | None

    def after(self, findings: Sequence[Findings], videos: Sequence[VideoInfo], talk: Talk) -> None:
        """What is to come after the answer.

        Args:
            findings: As they were shown.
            videos: That they are about.
            talk: Is told what is done.

        Raises:
            CommandLineError: There is no moment of that rank, though there are others.
            PlayerError: The player failed.
        """
        if not any(found.moments for found in findings):
            return
        if self.asked.explain is not None:
            moment_of(findings, self.asked.explain)
        if self.asked.thumbs:
            show_thumbs(findings, videos, talk)
        if self.player is not None and self.asked.play is not None:
            play(self.player, findings, self.asked.play, talk)


def plan_view(viewing: Viewing, exports: Exports, asked: Sequence[Question] = ()) -> View:
    """See that all is there, before any work is done.

    Args:
        viewing: What was asked for.
        exports: Where the answer goes.
        asked: What it is about.

    Raises:
        CommandLineError: An explanation would be of nothing, or something has no place.
        PlayerError: There is no player.
    """
    if viewing.explain is not None:
        _require_place(exports)
        _require_sentences(asked)
    if viewing.thumbs:
        require_pictures(exports)
    return View(viewing, None if viewing.play is None else find_player())


def _require_place(exports: Exports) -> None:
    if exports.kind is not Kind.FINDINGS:
        raise CommandLineError(
            "a highlight's score is the mean saliency of its clips, which its curve shows: there is no more to explain",
            'ask for something: r2 find VIDEO "a dog jumps" --explain 1',
        )
    formats = [target.format.name for target in exports.targets if target.file is None]
    if formats not in ([], ["json"]):
        raise CommandLineError(f"{formats[0]} cannot hold an explanation", "add --json, or leave the format out")


def _require_sentences(asked: Sequence[Question]) -> None:
    if not all(isinstance(one, str) for one in asked):
        raise CommandLineError(
            "an expression's score is made of those of its parts, which --json shows: there is no more to explain",
            'ask for one of them: r2 find VIDEO "a dog" --explain 1',
        )


def explain_found(
    rank: int | None, selected: Sequence[Findings], search: Search | None, talk: Talk
) -> Explanation | None:
    """Say what made the score of the moment of a rank; None where nobody asked, or there is none.

    Args:
        rank: Its place among all that are shown.
        selected: As they are shown.
        search: How they were found; None: no video could be read.
        talk: Shows how far the video has been read once more, where nothing of it was kept.

    Raises:
        R2Error: Asked again, the model does not say the same.
    """
    from r2cli.tasks.explain import explain
    from r2cli.tasks.remember import remember_video
    from r2cli.video import clip_count

    known = ranked(selected)
    if rank is None or search is None or rank > len(known):
        return None
    moment, found = known[rank - 1]
    video = next(one for one in search.videos if one.path == found.video.path)
    clips = clip_count(video.duration, search.loaded.checkpoint.clips_per_second)
    with talk.progress(video.path.name, clips) as on_progress:
        memory = remember_video(video, search.loaded, search.reading, on_progress)
    return explain(memory.encoded, found.query, moment, rank=rank, threshold=search.threshold)
