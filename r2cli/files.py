"""Files: written so that they appear under their name when they are whole and never before; digests and sizes."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from r2cli.errors import CommandLineError, NameTakenError, R2Error

_BLOCK = 1 << 18
"""Bytes; what is read is still in the processor's cache when it is digested."""
_FULL: dict[int | None, str] = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "there is no more room for you on this disk",
    errno.EFBIG: "it becomes larger than a file may be here",
}


def require_free(target: Path, *, force: bool) -> None:
    """Refuse a name that is taken.

    Raises:
        NameTakenError: There is something under this name, and it is not to be overwritten.
        CommandLineError: It is a folder.
    """
    if target.is_dir():
        raise CommandLineError(f"{target} is a folder", "name a file")
    if not force and os.path.lexists(target):
        raise NameTakenError(f"{target} exists already", "choose another name, or --force to overwrite it")


def require_folder(folder: Path) -> None:
    """Make a folder if it is missing, and see that files can be written there.

    Raises:
        CommandLineError: They cannot.
    """
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
    require_writable(folder)


def require_writable(folder: Path) -> None:
    """See that files can be written to a folder.

    Raises:
        CommandLineError: They cannot.
    """
    with explained(folder), tempfile.TemporaryDirectory(prefix=".r2-", dir=folder):
        pass


@contextmanager
def beside(target: Path, *, force: bool) -> Iterator[Path]:
    """Give a path to write to; when the block ends well, the file there gets its real name, else it is removed.

    More files may be written beside it; none of them stays. Errors call all of them by the real name.

    Raises:
        CommandLineError: The folder cannot be written to, or the name was taken meanwhile.
    """
    require_free(target, force=force)
    with explained(target.parent):
        folder = tempfile.TemporaryDirectory(prefix=".r2-", dir=target.parent, ignore_cleanup_errors=True)
    with folder as name:
        try:
            yield Path(name) / f"unfinished{target.suffix}"
        except R2Error as error:
            error.message = _named(error.message, name, target)
            raise
        require_free(target, force=force)
        with explained(target.parent):
            os.replace(Path(name) / f"unfinished{target.suffix}", target)


def _named(message: str, folder: str, target: Path) -> str:
    inside = "|".join(re.escape(name) for name in (os.path.abspath(folder), folder))
    return re.sub(rf"(file:)?({inside})([/\\\\][\w.]+)?", lambda found: str(target), message)


@contextmanager
def explained(target: Path) -> Iterator[None]:
    """Say what an operating system's refusal to write means.

    Args:
        target: What the user calls the place.

    Raises:
        CommandLineError: Nothing can be written there, or not that much.
    """
    try:
        yield
    except OSError as error:
        raise refusal(target, error.errno, error.strerror or str(error)) from error


def is_full(number: int | None) -> bool:
    """Whether an error's number means that there is no room."""
    return number in _FULL


def free_space(folder: Path) -> int | None:
    """Bytes free where a folder is, or would be; None where the system does not tell."""
    existing = next((place for place in (folder, *folder.absolute().parents) if place.is_dir()), None)
    try:
        return None if existing is None else shutil.disk_usage(existing).free
    except OSError:
        return None


def refusal(target: Path, number: int | None, reason: str) -> CommandLineError:
    """What to say when a system refuses to write.

    Args:
        target: What the user calls the file or folder.
        number: Which error, as in `errno`.
        reason: The system's words.
    """
    if number in _FULL:
        return CommandLineError(f"{target}: {_FULL[number]}", "make room, or choose another folder")
    return CommandLineError(f"{target} cannot be written to: {reason}", "choose another folder")


class Digest(Protocol):
    """What hashlib's objects and their like can do."""

    def update(self, data: memoryview, /) -> object:
        """Take in some bytes."""

    def hexdigest(self) -> str:
        """The digest of all of them."""


def file_digest(path: Path, kind: Callable[[], Digest] = hashlib.sha256) -> str:
    """The digest of a file, in hex; sha256 if nothing else is said."""
    digest = kind()
    block = memoryview(bytearray(_BLOCK))  # the same for the whole file: fresh memory takes longer than the digest
    with path.open("rb", buffering=0) as stream:
        while count := stream.readinto(block):
            digest.update(block[:count])
    return digest.hexdigest()


def readable_size(count: float) -> str:
    """Bytes in the unit that people use: `605 MB`."""
    for unit in ("bytes", "kB", "MB"):
        if count < 999.5:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
