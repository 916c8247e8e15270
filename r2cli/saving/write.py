"""Writing a document to a file, whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from r2cli.errors import CommandLineError
from r2cli.export.document import Document
from r2cli.writing import beside, explained

_STREAMS = (stat.S_IFIFO, stat.S_IFCHR)
"""What is written to as it is: pipes, terminals, /dev/null."""


def is_stream(file: Path) -> bool:
    """Whether something is written to as it is, and can be neither half nor whole."""
    try:
        return stat.S_IFMT(file.stat().st_mode) in _STREAMS
    except (OSError, ValueError):
        return False


def require_no_film(file: Path, document: Document) -> None:
    """Nobody means to overwrite the very video that was searched, or what was cut of it, not even with --force.

    Raises:
        CommandLineError: The file is one of these.
    """
    named = [found.video.path for found in document.findings] + [clip.path for clip in document.clips or ()]
    films = map(document.locate, dict.fromkeys([*named, *([document.reel.path] if document.reel else [])]))
    if any(film is not None and os.path.exists(file) and film.samefile(file) for film in films):
        raise CommandLineError(f"{file} is the film itself", "choose another name")


def write_file(file: Path, content: bytes, *, force: bool) -> None:
    """Write a file whole or not at all; a pipe or a device as it is.

    Raises:
        NameTakenError: There is a file of that name, and it is not to be overwritten.
        CommandLineError: It cannot be written.
    """
    if is_stream(file):
        with explained(file):
            file.write_bytes(content)
        return
    with beside(file, force=force) as fresh, explained(file):
        fresh.write_bytes(content)
