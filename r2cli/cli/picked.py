"""What the screen of `r2 pick` wishes for: written with the code of `r2 cut` and `r2 export`, or played."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from r2cli.cli.console import Talk
from r2cli.cli.cutting import Cuts, cut_request, make_cuts
from r2cli.cli.exporting import Writing, plan_exports
from r2cli.cli.options import Cutting
from r2cli.cli.players import PlayerError, find_player
from r2cli.cli.saved import probe_saved
from r2cli.errors import CommandLineError, NameTakenError, UnreadableInputError
from r2cli.picking.wishes import Stretch, Wish, Work
from r2cli.saving.enrich import Listener

if TYPE_CHECKING:
    from r2cli.export.document import Document

_Stamp = tuple[int, int, int]


@dataclass(frozen=True)
class _Told(Talk):
    """Talk that goes to a listener, because the terminal is taken."""

    listener: Listener = field(kw_only=True)

    def note(self, text: str) -> None:
        """Tell it."""
        self.listener.note(text)

    @contextmanager
    def progress(self, label: str, total: int) -> Iterator[Callable[[int], None]]:
        """Tell it how far the work is."""
        with self.listener.progress(label, total) as on_progress:
            yield on_progress


@dataclass
class PickWriter:
    """Writes documents wherever somebody wishes."""

    force: bool = False
    hwaccel: str = "none"
    saved: dict[Path, _Stamp] = field(default_factory=dict)
    """Findings that it saved itself, as they were then: these may be saved again."""

    def __call__(self, wish: Wish, document: Document, target: Path, work: Work) -> None:
        """Write what is wished for.

        Raises:
            CommandLineError: It cannot be written, or there is something of that name.
            FFmpegError: FFmpeg failed.
        """
        talk = _Told(listener=work)
        try:
            if wish is Wish.SAVE:
                self._save(document, target, talk)
            elif wish is Wish.EXPORT:
                self._export(document, target, talk)
            else:
                self._cut(wish, document, target, talk)
        except NameTakenError as error:
            error.hint = "choose another name"  # there is no --force to type here
            raise

    def _save(self, document: Document, target: Path, talk: Talk) -> None:
        is_own = target.absolute() in self.saved and self.saved[target.absolute()] == _stamp(target)
        _export(document, target, talk, "json", force=self.force or is_own)
        if (stamp := _stamp(target)) is not None:
            self.saved[target.absolute()] = stamp

    def _export(self, document: Document, target: Path, talk: Talk) -> None:
        from r2cli.export.formats import by_suffix

        if by_suffix(target) is None and not target.is_dir():
            raise CommandLineError(f"{target}: no format is known by that suffix", "as in: dogs.csv")
        _export(document, target, talk, None, force=self.force)

    def _cut(self, wish: Wish, document: Document, target: Path, talk: Talk) -> None:
        clips, reel = (target, None) if wish is Wish.CLIPS else (None, target)
        request = cut_request(Cutting(clips=clips, reel=reel, force=self.force), self.hwaccel)
        cuts, failed = Cuts(), []

        def fail(path: Path, error: UnreadableInputError) -> None:
            failed.append(error)
            talk.note(str(error))

        videos = probe_saved(document, document.findings, fail, talk)
        try:
            make_cuts(request, document.findings, videos, cuts, talk, fail)
        finally:
            for clip in cuts.clips:
                talk.note(f"wrote {clip.path}")
        if cuts.reel is not None:
            talk.note(f"wrote {cuts.reel.path}")
        if failed and not cuts.are_any:
            raise failed[0]


def _export(document: Document, target: Path, talk: Talk, form: str | None, *, force: bool) -> None:
    plan_exports(Writing(out=[target], form=form), document.kind, force=force).write(document, talk)


def _stamp(file: Path) -> _Stamp | None:
    """What changes when somebody else writes a file."""
    try:
        known = file.stat()
    except (OSError, ValueError):
        return None
    return known.st_ino, known.st_size, known.st_mtime_ns


def play(moment: Stretch) -> None:
    """Play a moment in a window of its own, without waiting for its end: the terminal is taken.

    Raises:
        UnreadableInputError: It is no film: players open lists and addresses as well.
        PlayerError: There is no player, or it cannot be started.
    """
    from r2cli.tasks.open_video import open_video

    open_video(moment.video)
    player, silent = find_player(), subprocess.DEVNULL
    command = player.command(moment.video, moment.start, moment.end)
    try:
        subprocess.Popen(command, stdin=silent, stdout=silent, stderr=silent, start_new_session=True)
    except OSError as error:
        raise PlayerError(f"{player.program} cannot be started ({error.strerror or error})") from error
