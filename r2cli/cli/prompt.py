"""Lines that somebody types at a prompt, with editing and a history, or that another program sends."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType

from r2cli.files import read_file
from r2cli.paths import data_dir
from r2cli.writing import replaced

PROMPT = "r2> "
_HISTORY = "shell_history"
_LONGEST_HISTORY = 1000
_LARGEST_HISTORY = 1 << 22
"""Bytes."""


def is_interactive() -> bool:
    """Whether somebody sits at a terminal and types."""
    try:
        return sys.stdin.isatty()
    except (AttributeError, ValueError):  # it is closed, or there is none
        return False


def piped_lines() -> Iterator[str]:
    """The lines on standard input, without their ends; bytes that are no UTF-8 are replaced."""
    for number, line in enumerate(sys.stdin.buffer):
        yield line.decode("utf-8-sig" if number == 0 else "utf-8", errors="replace").rstrip("\r\n")


def typed_lines() -> Iterator[str]:
    """The lines that somebody types, until Ctrl-D; Ctrl-C throws the line away that is being typed."""
    with _history():
        while True:
            try:
                yield _ask()
            except EOFError:
                _to_terminal("\n")
                return
            except KeyboardInterrupt:
                _to_terminal("\n")


def _ask() -> str:
    if sys.stdout.isatty():
        return input(PROMPT)
    _to_terminal(PROMPT)  # `input` would put it among the answers
    if line := sys.stdin.readline():
        return line.rstrip("\n")
    raise EOFError


def _to_terminal(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


@contextmanager
def _history() -> Iterator[None]:
    """Editing, and what was typed in earlier sessions, where this system has a `readline`; losing it does no harm."""
    try:
        import readline
    except ImportError:  # Windows, whose console edits lines by itself
        yield
        return
    file = data_dir() / _HISTORY
    with suppress(OSError, ValueError):
        read_file(file, _LARGEST_HISTORY)  # a pipe in its place would be waited for, a device would never end
        readline.read_history_file(str(file))
    readline.set_history_length(_LONGEST_HISTORY)
    try:
        yield
    finally:
        with suppress(OSError, ValueError):
            _keep_history(readline, file)


def _keep_history(readline: ModuleType, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    # Queries are nobody else's business; after a power cut, those of one session are no loss.
    with replaced(file, is_durable=False, mode=0o600) as fresh:
        readline.write_history_file(str(fresh))
