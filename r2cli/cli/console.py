"""The answer goes to standard output, the talk to standard error."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TextIO

from r2cli.cli.bars import draw
from r2cli.errors import OutputError, R2Error, R2Warning, is_debugging, shortened
from r2cli.present.text import visible

if TYPE_CHECKING:
    from rich.console import Console, RenderableType


Color = Literal["auto", "always", "never"]
_color: ContextVar[Color] = ContextVar("color", default="auto")


_COLOURED: dict[Color, dict[str, Any]] = {
    "auto": {},
    "always": {"force_terminal": True, "color_system": "standard", "no_color": False},
    "never": {"color_system": None},
}


def choose_color(wish: Color) -> Color:
    """Whether answers have colours from now on."""
    _color.set(wish)
    return wish


def write_line(text: str) -> None:
    """One line on standard error, of a length that can be read."""
    write_text(f"r2: {visible(shortened(text))}\n")


def write_error(error: R2Error) -> None:
    """An error in a line, and below it the steps that lead out of it, if there are several."""
    write_line(str(error))
    write_text("".join(f"    {visible(step)}\n" for step in error.steps))


_passing: list[str] = []
"""What stands on the terminal's last line until something else is said."""
_CLEARED = "\r\x1b[K"


def write_text(text: str) -> None:
    """Text on standard error. A closed, full or missing standard error is no reason to fail."""
    if _passing:
        _passing.clear()
        text = f"{_CLEARED}{text}"
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):
        drop_output(sys.stderr)


@dataclass(frozen=True)
class Talk:
    """Progress and notes on standard error, unless `--quiet`."""

    quiet: bool = False

    def note(self, text: str) -> None:
        """Say something that is good to know."""
        if not self.quiet:
            write_line(text)

    @property
    def shows_progress(self) -> bool:
        """Whether somebody watches: not `--quiet`, not piped, not a dumb terminal."""
        return not self.quiet and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Say so on a terminal while libraries and models are read, which takes seconds; it leaves no trace."""
        if not self.shows_progress or _passing:
            yield
            return
        write_text("loading ...")
        _passing.append("loading ...")
        try:
            yield
        finally:
            if _passing:
                write_text("")

    @contextmanager
    def progress(self, label: str, total: int) -> Iterator[Callable[[int], None]]:
        """A bar with an estimate while the block runs; it is told how many of `total` are done, and leaves no trace."""
        if not self.shows_progress:
            yield lambda done: None
            return
        with draw() as drawn:
            task = drawn.add(visible(label), total)
            yield lambda done: drawn.move(task, min(done, total))


class Answer:
    """Standard output. When its reader has gone (`| head -1`), the rest of the answer is dropped without a word."""

    def write(self, text: str) -> None:
        """Text as it is.

        Raises:
            OutputError: It cannot be written, and not because its reader has seen enough.
        """
        with _written():
            sys.stdout.write(text)
            sys.stdout.flush()

    def write_bytes(self, content: bytes) -> None:
        """A file's content as it is; what is no text is spelled out where bytes cannot pass.

        Raises:
            OutputError: As for `write`.
        """
        out = getattr(sys.stdout, "buffer", None)
        if out is None:
            self.write(content.decode("utf-8", errors="backslashreplace"))
            return
        with _written():
            sys.stdout.flush()
            out.write(content)
            out.flush()

    def show(self, *renderables: RenderableType) -> None:
        """Something for people to look at, in colour where that is welcome; with links on a terminal alone."""
        from r2cli.present.links import Unlinked

        console = self._console
        with console.capture() as captured:  # rich would end the process at a closed pipe
            for renderable in renderables:
                is_plain = self.is_watched or isinstance(renderable, str)
                console.print(renderable if is_plain else Unlinked(renderable))
        self.write(captured.get())

    @property
    def is_watched(self) -> bool:
        """Whether it goes to a terminal."""
        try:
            return sys.stdout.isatty()
        except (AttributeError, ValueError):  # there is none, or it is closed
            return False

    @property
    def shows_unicode(self) -> bool:
        """Whether block characters survive on the way to the reader."""
        return (getattr(sys.stdout, "encoding", None) or "ascii").lower().startswith("utf")

    @property
    def columns(self) -> int:
        """Of the terminal; of anything else as many as anybody could want."""
        return self._console.width

    @property
    def has_colors(self) -> bool:
        """Whether what is shown is coloured."""
        console = self._console
        return console.color_system is not None and not console.no_color

    @property
    def _console(self) -> Console:
        from rich.console import Console

        from r2cli.present.table import ANY_WIDTH

        width = None if sys.stdout.isatty() else ANY_WIDTH
        return Console(
            width=width, markup=False, highlight=False, emoji=False, soft_wrap=False, **_COLOURED[_color.get()]
        )


@contextmanager
def _written() -> Iterator[None]:
    """Drop the rest for a reader that has gone; explain every other reason why standard output takes nothing."""
    try:
        yield
    except BrokenPipeError:
        drop_output(sys.stdout)
    except OSError as error:
        drop_output(sys.stdout)
        raise unwritable(error) from error


def unwritable(error: OSError) -> OutputError:
    """What to say where standard output takes nothing: it is closed, or its disk is full."""
    reason = (error.strerror or str(error)).lower()
    return OutputError(f"the answer cannot be written to standard output ({reason})", "send it elsewhere")


def drop_output(stream: TextIO | None) -> None:
    """Send what is still buffered for a stream that takes nothing to nowhere.

    The interpreter would complain of it at its end.
    """
    if stream is None:
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, stream.fileno())
    except (OSError, ValueError):
        return
    finally:
        os.close(nowhere)


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Keep to themselves what libraries say, and turn what r2 says through `warnings` into notes.

    With `R2_DEBUG` everything is let through.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_SYMLINKS_WARNING", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if is_debugging():
        yield
        return
    root, nowhere = logging.getLogger(), logging.NullHandler()
    # A root logger that has a handler is one to which `logging.warning` adds none that prints.
    root.addHandler(nowhere)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        root.removeHandler(nowhere)


@contextmanager
def warnings_as_notes(category: type[Warning], talk: Talk) -> Iterator[None]:
    """Show warnings of one kind, and what else r2 says through `warnings`, as notes, each once."""
    with warnings.catch_warnings():
        for shown_kind in (category, R2Warning):
            warnings.simplefilter("always", shown_kind)
        shown = warnings.showwarning

        def show(message: Warning | str, kind: type[Warning], *place: object) -> None:
            if issubclass(kind, (category, R2Warning)):
                talk.note(str(message))
            else:
                shown(message, kind, *place)  # type: ignore[arg-type]

        warnings.showwarning = show  # type: ignore[assignment]
        yield
