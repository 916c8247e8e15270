"""Everything that can go wrong in a way that a user can mend, each with its exit code.

The codes follow grep's habit: 0 found, 1 nothing matched, 2 and above trouble.
"""

from __future__ import annotations


class R2Error(Exception):
    """A failure that is explained in one line instead of a traceback.

    Args:
        message: What happened, in words that name the file, option or model concerned.
        hint: What to type or to do next; shown after the message.
    """

    exit_code = 2

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} - {self.hint}" if self.hint else self.message


class CommandLineError(R2Error):
    """The command line asks for something that makes no sense."""

    exit_code = 2


class NameTakenError(CommandLineError):
    """There is a file already where one would be written, and nobody said that it may be overwritten."""


class UnreadableInputError(R2Error):
    """An input file is missing, damaged, or holds no picture."""

    exit_code = 3


class ModelUnavailableError(R2Error):
    """A model is unknown, cannot be fetched, or is not what it claims to be."""

    exit_code = 4


class FFmpegError(R2Error):
    """FFmpeg is missing, or failed for a reason that is not the input's."""

    exit_code = 5
