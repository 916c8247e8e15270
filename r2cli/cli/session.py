"""A conversation about some videos: lines in, answers out."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from r2cli.amounts import read_pad, read_score
from r2cli.cli.answering import document_of, say_what_is_missing, show_table
from r2cli.cli.console import Answer, Talk, write_error, write_line
from r2cli.cli.cutting import Cuts, cut_request, make_cuts
from r2cli.cli.exporting import Writing, plan_exports
from r2cli.cli.options import Cutting
from r2cli.cli.players import find_player, play
from r2cli.errors import CommandLineError, ExitCode, NameTakenError, R2Error, UnreadableInputError
from r2cli.export.document import Document, Kind
from r2cli.export.json.lines import write_line as as_line
from r2cli.tasks.ask import require_query, select
from r2cli.tasks.combine import Question, question_notes, read_expression
from r2cli.tasks.remember import VideoMemory

if TYPE_CHECKING:
    from r2cli.findings import Findings

_WARM_UP = "somebody"


@dataclass
class Session:
    """What has been asked, and how to answer."""

    indexes: tuple[VideoMemory, ...]
    talk: Talk
    top: int
    min_score: float
    as_json: bool = False
    cutting: Cutting = Cutting()
    """How clips and reels are cut."""
    everything: list[Findings] = field(default_factory=list)
    """All moments of the last query, before `top` and `min_score`."""
    exit_code: int = ExitCode.NOTHING
    """As of `r2 find`, for all queries together; what went wrong last counts most."""

    @property
    def last(self) -> list[Findings]:
        """The last answer.

        Raises:
            CommandLineError: There is none yet.
        """
        if not self.everything:
            raise CommandLineError("nothing has been asked yet", "type what to look for first")
        return [select(found, top=self.top, min_score=self.min_score) for found in self.everything]

    def warm_up(self) -> None:
        """Let the libraries prepare what they put off until it is needed, before somebody waits for it."""
        import rich.console  # noqa: F401

        from r2cli.present.table import moment_table

        moment_table(self.indexes[0].ask([_WARM_UP]))

    def take(self, line: str) -> bool:
        """Answer a query, or obey a command; what is wrong with it is said.

        Returns:
            Whether the conversation goes on.
        """
        line = line.strip()
        try:
            if line.startswith(":"):
                return self._obey(line)
            if line and not line.startswith("#"):
                self.ask(require_query(line))
        except R2Error as error:
            write_error(error)
            self.exit_code = error.exit_code
        return True

    def show(self) -> None:
        """The last answer, as a table or as a line of JSON."""
        if self.as_json:
            _write_on_one_line(document_of(Kind.FINDINGS, self.last))
        else:
            show_table(self.last)

    def show_cuts(self, cuts: Cuts) -> None:
        """What was cut, in the same way."""
        if self.as_json:
            _write_on_one_line(document_of(Kind.CUTS, (), cuts=cuts))
        elif tables := cuts.tables():
            Answer().show(*tables[1:])

    def ask(self, question: Question) -> None:
        """Answer a sentence, or an expression."""
        for note in question_notes([question], self.indexes[0].model):
            self.talk.note(note)
        self.everything = [found for index in self.indexes for found in index.answer([question])]
        say_what_is_missing(self.everything, self.min_score, self.talk)
        self.show()
        if self.exit_code == ExitCode.NOTHING and any(found.moments for found in self.last):
            self.exit_code = ExitCode.FOUND

    def _obey(self, line: str) -> bool:
        name, _, argument = line.partition(" ")
        command = COMMANDS.get(name)
        if command is None:
            raise CommandLineError(f"there is no {name}", f"there are: {', '.join(COMMANDS)}")
        if bool(argument.strip()) != bool(command.argument):
            needs = f"needs {command.argument}" if command.argument else "stands alone"
            raise CommandLineError(f"{name} {needs}", f"as in: {command.example or name}")
        command.do(self, argument.strip() if command.keeps_quotes else _unquoted(argument.strip()))
        return name != ":quit"


def _unquoted(text: str) -> str:
    """Without the quotes that somebody put around it, as in any shell."""
    return text[1:-1] if len(text) > 2 and text[0] == text[-1] and text[0] in "\"'" else text


@dataclass(frozen=True)
class Command:
    """Something to type that is no query."""

    argument: str
    """What must follow; empty: nothing."""
    example: str
    about: str
    do: Callable[[Session, str], None]
    keeps_quotes: bool = False
    """Whether quotes around what follows belong to it."""


def _ask_expression(session: Session, argument: str) -> None:
    session.ask(read_expression(argument, ":expr"))


def _set_top(session: Session, argument: str) -> None:
    if not (argument.isascii() and argument.isdigit() and int(argument[:9]) > 0):
        raise CommandLineError(f"{argument!r} is no number of moments", "as in: :top 20")
    session.top = int(argument[:9])
    _show_again(session)


def _set_min_score(session: Session, argument: str) -> None:
    try:
        session.min_score = read_score(argument)
    except ValueError as error:
        raise CommandLineError(f"{argument!r} is no score", "from 0 to 1, as in: :min-score 0.3") from error
    _show_again(session)


def _set_pad(session: Session, argument: str) -> None:
    try:
        session.cutting = replace(session.cutting, pad=read_pad(argument))
    except ValueError as error:
        raise CommandLineError(
            f"{argument!r} is no time", "as in: :pad 1.5s, or before,after: :pad 1.5s,500ms"
        ) from error


def _show_again(session: Session) -> None:
    if session.everything:
        session.show()


def _write_json(session: Session, argument: str) -> None:
    from r2cli.export.formats import DEFAULT

    _export(session, argument, DEFAULT.name)


def _export(session: Session, argument: str, name: str | None = None) -> None:
    from r2cli.export.formats import by_suffix

    if name is None and by_suffix(Path(argument)) is None:
        raise CommandLineError(f"{argument}: no format is known by that suffix", "as in: :export dogs.csv")
    with _another("name"):
        writing = Writing(out=[Path(os.path.expanduser(argument))], form=name)
        exports = plan_exports(writing, Kind.FINDINGS, pad=session.cutting.pad)
        exports.write(document_of(Kind.FINDINGS, session.last), session.talk)


def _cut_clips(session: Session, argument: str) -> None:
    with _another("folder"):
        _cut(session, clips=Path(os.path.expanduser(argument)))


def _make_reel(session: Session, argument: str) -> None:
    with _another("name"):
        _cut(session, reel=Path(os.path.expanduser(argument)))


@contextmanager
def _another(what: str) -> Iterator[None]:
    """Say what to do about a name that is taken; there is no --force to type here."""
    try:
        yield
    except NameTakenError as error:
        error.hint = f"choose another {what}"
        raise


def _cut(session: Session, *, clips: Path | None = None, reel: Path | None = None) -> None:
    request = cut_request(replace(session.cutting, clips=clips, reel=reel))
    cuts, videos = Cuts(), {index.video.path: index.video for index in session.indexes}

    def fail(path: Path, error: UnreadableInputError) -> None:
        write_line(str(error))
        session.exit_code = error.exit_code

    try:
        make_cuts(request, session.last, videos, cuts, session.talk, fail)
    finally:
        session.show_cuts(cuts)


def _play(session: Session, argument: str) -> None:
    if not (argument.isascii() and argument.isdigit()):
        raise CommandLineError(f"{argument!r} is no rank of a moment", "as in: :play 2")
    play(find_player(), session.last, int(argument[:9]), session.talk)


def _help(session: Session, argument: str) -> None:
    typed = {f"{name} {command.argument}".strip(): command.about for name, command in COMMANDS.items()}
    width = max(map(len, typed))
    # Not with the answers, which a program may read.
    sys.stderr.write("".join(f"  {words:<{width}}  {about}\n" for words, about in typed.items()))


def _write_on_one_line(document: Document) -> None:
    Answer().write_bytes(as_line(document))


COMMANDS: dict[str, Command] = {
    ":top": Command("N", ":top 20", "show at most N moments of each video", _set_top),
    ":min-score": Command("SCORE", ":min-score 0.3", "leave out moments below this score, 0 to 1", _set_min_score),
    ":pad": Command("TIME[,TIME]", ":pad 1.5s", "cut so much more before and after each moment", _set_pad),
    ":clips": Command("DIR", ":clips dogs", "cut the moments of the last answer into a folder", _cut_clips),
    ":reel": Command("FILE", ":reel dogs.mp4", "join the moments of the last answer into one film", _make_reel),
    ":json": Command("FILE", ":json dogs.json", "write the last answer to a file, for r2 cut", _write_json),
    ":export": Command("FILE", ":export dogs.csv", "write it in the format of the file's suffix", _export),
    ":play": Command("N", ":play 2", "play the moment of that rank, in mpv, VLC or ffplay", _play),
    ":expr": Command(
        "EXPRESSION",
        ':expr "a dog" and not "people"',
        "ask for several things at once, or one after the other",
        _ask_expression,
        keeps_quotes=True,
    ),
    ":help": Command("", "", "show this", _help),
    ":quit": Command("", "", "end; so does Ctrl-D", lambda session, argument: None),
}
"""What can be typed besides queries; a new row is all that a new one needs."""
