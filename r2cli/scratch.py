"""Folders in which files grow until they are whole: each is its process's own, and what a killed one left is swept."""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

HAS_LOCKS = os.name != "nt"
if HAS_LOCKS:
    import fcntl

SCRATCH = ".r2-"
"""What the names of such folders begin with."""
_FOLDER = re.compile(r"\.r2-[a-z0-9_]{8}")
_FILE = re.compile(r"[a-z]{1,20}(\.\w{1,12})?")
"""What r2 calls files in there."""
_LOCK, _FRESH = "lock", "fresh"
_OLD = 24 * 3600.0
"""Seconds without a change after which a folder without a lock is nobody's any more."""


@contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """Give a folder for files that grow; it goes with all that is in it when the block ends.

    What processes that were killed left beside it goes, too.

    Args:
        parent: Where; it must exist.

    Raises:
        OSError: Nothing can be written there.
    """
    sweep(parent)
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=parent, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with _held(folder):
            yield folder


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold a lock in a folder; the system lets go of it however the process ends."""
    handle = os.open(folder / _FRESH, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with suppress(OSError):  # a file system without locks: then its age tells
            if HAS_LOCKS:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.rename(folder / _FRESH, folder / _LOCK)  # under this name it is never seen without being held
        yield
    finally:
        os.close(handle)


def sweep(parent: Path) -> None:
    """Remove what killed processes left in a folder, and nothing else.

    Only folders of this user that are called and filled as r2 does it go; and of these only those whose process is
    gone, or that have not changed for a day where no lock tells.
    """
    try:
        with os.scandir(parent) as entries:
            found = [entry for entry in entries if _FOLDER.fullmatch(entry.name)]
        for entry in found:
            if entry.is_dir(follow_symlinks=False) and _is_mine(entry.stat(follow_symlinks=False)):
                _remove_abandoned(Path(entry.path))
    except OSError:
        return  # whoever wants to write there will hear of it


def _is_mine(status: os.stat_result) -> bool:
    return not hasattr(os, "geteuid") or status.st_uid == os.geteuid()


def _remove_abandoned(folder: Path) -> None:
    with suppress(OSError):
        with os.scandir(folder) as entries:
            files = [entry for entry in entries if _FILE.fullmatch(entry.name) and entry.is_file(follow_symlinks=False)]
        if len(files) != len(os.listdir(folder)):
            return
        times = [entry.stat(follow_symlinks=False).st_mtime for entry in files]
        is_old = max([*times, folder.stat().st_mtime]) < time.time() - _OLD
        names = {entry.name for entry in files}
        if _is_released(folder / _LOCK) if _LOCK in names else is_old:
            for name in sorted(names):
                (folder / name).unlink(missing_ok=True)
            folder.rmdir()


def _is_released(lock: Path) -> bool:
    """Whether no process holds a lock."""
    if not HAS_LOCKS:
        return False
    handle = os.open(lock, os.O_RDWR | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True
