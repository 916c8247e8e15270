"""Files that appear under their name when they are whole, and never before."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from r2cli.errors import CommandLineError


def require_free(target: Path, *, force: bool) -> None:
    """Refuse a name that is taken.

    Raises:
        CommandLineError: There is something under this name, and it is not to be overwritten.
    """
    if target.is_dir():
        raise CommandLineError(f"{target} is a folder", "name a file")
    if not force and os.path.lexists(target):
        raise CommandLineError(f"{target} exists already", "choose another name, or --force to overwrite it")


def require_folder(folder: Path) -> None:
    """Make a folder if it is missing, and see that files can be written there.

    Raises:
        CommandLineError: They cannot.
    """
    with _explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".r2-", dir=folder):
            pass


@contextmanager
def beside(target: Path, *, force: bool) -> Iterator[Path]:
    """Give a path to write to; when the block ends well, the file there gets its real name, else it is removed.

    Raises:
        CommandLineError: The folder cannot be written to, or the name was taken meanwhile.
    """
    require_free(target, force=force)
    with _explained(target.parent):
        folder = tempfile.TemporaryDirectory(prefix=".r2-", dir=target.parent, ignore_cleanup_errors=True)
    with folder as name:
        unfinished = Path(name) / f"unfinished{target.suffix}"
        yield unfinished
        require_free(target, force=force)
        with _explained(target.parent):
            os.replace(unfinished, target)


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CommandLineError(
            f"{folder} cannot be written to: {error.strerror or error}", "choose another folder"
        ) from error
