"""Everything that can go wrong in a way that a user can mend, and every way in which r2 can end.

The codes follow grep's habit: 0 found, 1 nothing matched, 2 and above trouble.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum


class ExitCode(IntEnum):
    """What a command ends with, and what that means; `r2 --help` and the README show these words."""

    words: str

    def __new__(cls, code: int, words: str) -> ExitCode:
        """A code with its meaning."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.words = words
        return member

    FOUND = 0, "found"
    NOTHING = 1, "nothing matched"
    COMMAND_LINE = 2, "the command line is wrong, or an output cannot be written"
    INPUT = 3, "an input cannot be read (the others are still done)"
    MODEL = 4, "a model cannot be had"
    FFMPEG = 5, "FFmpeg is missing or failed"
    FAULT = 70, "a fault of r2 itself: please report it"  # BSD's sysexits say so
    INTERRUPTED = 130, "interrupted"


class R2Error(Exception):
    """A failure that is explained in one line instead of a traceback.

    Args:
        message: What happened, in words that name the file, option or model concerned.
        hint: What to type or to do next; shown after the message.
        steps: What to do otherwise, where that takes several; each in a line of its own below.
    """

    exit_code = ExitCode.COMMAND_LINE

    def __init__(self, message: str, hint: str = "", steps: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.steps = tuple(steps)

    def __str__(self) -> str:
        return f"{self.message} - {self.hint}" if self.hint else self.message


class CommandLineError(R2Error):
    """The command line asks for something that makes no sense."""


class ArgumentError(CommandLineError, ValueError):
    """An argument of the Python API, or the option of that name, makes no sense."""


class NameTakenError(CommandLineError):
    """There is a file already where one would be written, and nobody said that it may be overwritten."""


class OutputError(R2Error):
    """The answer cannot be written to standard output."""


class UnreadableInputError(R2Error):
    """An input file is missing, damaged, or holds no picture."""

    exit_code = ExitCode.INPUT


class ModelUnavailableError(R2Error):
    """A model is unknown, cannot be fetched, or is not what it claims to be."""

    exit_code = ExitCode.MODEL


class FFmpegError(R2Error):
    """FFmpeg is missing, or failed for a reason that is not the input's."""

    exit_code = ExitCode.FFMPEG


class R2Warning(UserWarning):
    """Something that r2 says through `warnings` because it is good to know; commands show it as a note."""


_speaks_flags = False
"""Of the whole process, threads included: either the command is at work in it, or a program that uses the library."""


@contextmanager
def speaking_flags() -> Iterator[None]:
    """Have `option` speak of flags while the block runs: who reads the messages types commands."""
    global _speaks_flags
    before, _speaks_flags = _speaks_flags, True
    try:
        yield
    finally:
        _speaks_flags = before


def option(name: str, value: object = None) -> str:
    """An option as whoever reads a message would type it.

    Args:
        name: As an argument of the Python API, `min_score`.
        value: What it is, or should be; None: only the option is meant.

    Returns:
        On the command line ``--min-score 0.5``, in Python ``min_score=0.5``.
    """
    if not _speaks_flags:
        return name if value is None else f"{name}={value!r}"
    flag = f"--{name.replace('_', '-')}"
    return flag if value is None or value is True else f"{flag} {value}"


def is_debugging() -> bool:
    """Whether `R2_DEBUG` asks for tracebacks and for what libraries say."""
    return os.environ.get("R2_DEBUG", "") not in ("", "0")


def shortened(text: str, longest: int = 600) -> str:
    """A text of any length as people can read it: its beginning, and its end, which says what to do about it.

    Queries, names and values come from outside, and messages repeat them.
    """
    if len(text) <= longest:
        return text
    end = longest // 3
    return f"{text[: longest - end]} ... {text[-end:]}"
