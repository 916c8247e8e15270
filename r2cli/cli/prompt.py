"""Lines that somebody types at a prompt, with editing, completion and a history, or that another program sends."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from r2cli.files import read_file
from r2cli.paths import data_dir
from r2cli.writing import replace_text

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.output import Output

PROMPT = "r2> "
_HISTORY = "shell_history"
_LONGEST_HISTORY = 1000
_LARGEST_HISTORY = 1 << 22
"""Bytes."""
_LIBEDIT = "_HiStOrY_V2_"
"""The first line of a history that macOS's readline wrote, which spells spaces and other bytes as ``\\040``."""


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


def typed_lines(commands: Mapping[str, str]) -> Iterator[str]:
    """The lines that somebody types, until Ctrl-D; Ctrl-C throws the line away that is being typed.

    Args:
        commands: What Tab completes besides earlier lines, each with what follows it: `FILE`, `DIR` or something else.
    """
    with _history() as lines:
        ask = _plainly if _output_missing() else _session(commands, lines).prompt
        while True:
            try:
                typed = ask(PROMPT)
            except EOFError:
                return
            except KeyboardInterrupt:
                continue
            for line in typed.splitlines():  # several of them where a text was pasted
                if line.strip():
                    lines.append(line)
                yield line


def _output_missing() -> bool:
    """Whether there is no terminal to show the line on while it is edited."""
    return not (sys.stdout.isatty() or sys.stderr.isatty())


def _plainly(prompt: str) -> str:
    """A line that nobody sees while it is typed; the prompt is no part of the answers."""
    _say(prompt)
    try:
        if line := sys.stdin.readline():
            return line.rstrip("\n")
    except KeyboardInterrupt:
        _say("\n")
        raise
    _say("\n")
    raise EOFError


def _say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def _session(commands: Mapping[str, str], lines: Sequence[str]) -> PromptSession[str]:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import InMemoryHistory

    from r2cli.cli.completer import LineCompleter

    return PromptSession(
        history=InMemoryHistory(lines),
        completer=LineCompleter(commands, lines),
        complete_while_typing=False,
        enable_suspend=True,
        output=_output(),
    )


def _output() -> Output | None:
    """Where the line is shown: on standard output, unless answers go elsewhere."""
    if sys.stdout.isatty():
        return None
    from prompt_toolkit.output import create_output

    return create_output(stdout=sys.stderr)


@contextmanager
def _history() -> Iterator[list[str]]:
    """What was typed in earlier sessions, and is typed in this one; losing it does no harm."""
    file = data_dir() / _HISTORY
    lines: list[str] = []
    with suppress(OSError, ValueError):  # a pipe in its place would be waited for, a device would never end
        lines += _read(read_file(file, _LARGEST_HISTORY).decode("utf-8", errors="replace"))
    try:
        yield lines
    finally:
        with suppress(OSError, ValueError):
            file.parent.mkdir(parents=True, exist_ok=True)
            kept = "".join(f"{line}\n" for line in lines[-_LONGEST_HISTORY:])
            # Queries are nobody else's business; after a power cut, those of one session are no loss.
            replace_text(file, kept, is_durable=False, mode=0o600)


def _read(text: str) -> Iterator[str]:
    """The lines of a history, oldest first."""
    first, *rest = text.splitlines() or [""]
    if first != _LIBEDIT:
        rest = [first, *rest]
    for line in filter(None, rest):
        yield _unspelled(line) if first == _LIBEDIT else line


def _unspelled(line: str) -> str:
    """A line of libedit's: bytes that are spelled in octal become what they are."""
    content = re.sub(rb"\\([0-3][0-7]{2})", lambda found: bytes([int(found[1], 8)]), line.encode("utf-8"))
    return content.decode("utf-8", errors="replace")
