"""Findings that were saved, read for the commands that work on them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from r2cli.errors import UnreadableInputError

if TYPE_CHECKING:
    from r2cli.export.document import Document

_LARGEST_FILE = 256_000_000
"""Bytes; more than a year of film needs."""


def read_document(path: Path) -> Document:
    """Read what `--json` wrote.

    Args:
        path: The file; `-` is standard input.

    Raises:
        UnreadableInputError: It cannot be read, or holds something else.
    """
    from r2cli.export.json.saved import read_json

    is_piped = path == Path("-")
    text = _read(path).decode("utf-8-sig", errors="replace")
    return read_json(text, "standard input" if is_piped else str(path), None if is_piped else path.parent)


def _read(path: Path) -> bytes:
    if path == Path("-"):
        data = sys.stdin.buffer.read(_LARGEST_FILE + 1)
    else:
        try:
            with path.open("rb") as file:
                data = file.read(_LARGEST_FILE + 1)
        except (OSError, ValueError) as error:
            reason = "there is no such file" if isinstance(error, FileNotFoundError) else "it cannot be read"
            raise UnreadableInputError(
                f"{path}: {reason}", "save findings with: r2 find VIDEO QUERY --json > findings.json"
            ) from error
    if len(data) > _LARGEST_FILE:
        raise UnreadableInputError(f"{path}: too large for findings", "name a file that r2 find --json wrote")
    return data
