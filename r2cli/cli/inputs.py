"""Files and standard input, read whole for the commands that take lists and documents."""

from __future__ import annotations

import sys
from pathlib import Path

from r2cli.errors import UnreadableInputError

STANDARD_INPUT = Path("-")


def name_of(file: Path) -> str:
    """What to call it in messages."""
    return "standard input" if file == STANDARD_INPUT else str(file)


def read_whole(file: Path, *, largest: int, what: str, hint: str) -> bytes:
    """Read a file, or standard input for `-`.

    Args:
        file: Which.
        largest: Bytes that it may have.
        what: What it should be, for the message about one that is too large.
        hint: What to do if it cannot be read.

    Raises:
        UnreadableInputError: It is missing, cannot be read, or is too large.
    """
    try:
        if file == STANDARD_INPUT:
            content = sys.stdin.buffer.read(largest + 1)
        else:
            with file.open("rb") as stream:
                content = stream.read(largest + 1)
    except (OSError, ValueError) as error:
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else "it cannot be read"
        raise UnreadableInputError(f"{name_of(file)}: {reason}", hint) from error
    if len(content) > largest:
        raise UnreadableInputError(f"{name_of(file)}: too large for {what}", hint)
    return content
