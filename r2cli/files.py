"""Files as they are: r2's own, read without a wait and up to a size; digests, sizes, and what room is left."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Protocol

_BLOCK = 1 << 18
"""Bytes; what is read is still in the processor's cache when it is digested."""
_OPENS_AT_ONCE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


def open_file(path: Path, *, to_write: bool = False, follow: bool = False) -> BinaryIO:
    """Open a file of r2's own: at once, and only if it is a file.

    Somebody may have put a pipe in its place, which would be waited for, or a device, which never ends.

    Args:
        path: Which.
        to_write: To change it, from its beginning; else to read it.
        follow: Whether it may be a link to a file; where r2 alone puts files, none is.

    Raises:
        OSError: It cannot be opened, or is no file.
    """
    flags = (os.O_RDWR if to_write else os.O_RDONLY) | (0 if follow else _NO_LINK)
    number = os.open(path, flags | _OPENS_AT_ONCE)
    try:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise OSError(errno.EINVAL, "this is no file", str(path))
        return os.fdopen(number, "r+b" if to_write else "rb")
    except OSError:
        os.close(number)
        raise


def read_file(path: Path, largest: int) -> bytes:
    """Read a file of r2's own; see `open_file`.

    Args:
        path: Which; people keep their settings elsewhere, and link to them.
        largest: Bytes that it can have.

    Raises:
        OSError: It cannot be read, is no file, or is larger.
    """
    with open_file(path, follow=True) as stream:
        content = stream.read(largest + 1)
    if len(content) > largest:
        raise OSError(errno.EFBIG, "this file is too large", str(path))
    return content


def read_json(path: Path, largest: int) -> object:
    """Read JSON in a file of r2's own; see `read_file`.

    Raises:
        OSError: It cannot be read, is no file, or is larger.
        ValueError: It is no JSON, or so deep in brackets that nobody wrote it.
    """
    try:
        content: object = json.loads(read_file(path, largest))
    except RecursionError as error:
        raise ValueError("too many brackets") from error
    return content


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


def free_space(folder: Path) -> int | None:
    """Bytes free where a folder is, or would be; None where the system does not tell."""
    existing = next((place for place in (folder, *folder.absolute().parents) if place.is_dir()), None)
    try:
        return None if existing is None else shutil.disk_usage(existing).free
    except OSError:
        return None


def readable_size(count: float) -> str:
    """Bytes in the unit that people use: `605 MB`."""
    for unit in ("bytes", "kB", "MB"):
        if count < 999.5:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
