"""One writer for each entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from r2cli.cache import folders


def lock_of(key: str) -> FileLock:
    """The lock of an entry; between processes, and between threads of one."""
    return FileLock(folders.locks_dir() / f"{key}.lock", thread_local=False, mode=0o600)


def wait_for(lock: FileLock, on_wait: Callable[[], None]) -> None:
    """Take a lock, however long another holds it.

    Args:
        lock: Which.
        on_wait: Told when another does.

    Raises:
        OSError: This file system knows no locks, or nothing can be written there.
    """
    try:
        lock.acquire(timeout=0)
        return
    except Timeout:
        on_wait()
    except NotImplementedError as error:
        raise OSError(str(error)) from error
    lock.acquire()


@contextmanager
def held(key: str) -> Iterator[bool]:
    """Take an entry's lock for the block unless another has it, and say whether it is taken."""
    lock = lock_of(key)
    try:
        lock.acquire(timeout=0)
    except (OSError, NotImplementedError):  # Timeout is an OSError
        yield False
        return
    try:
        yield True
    finally:
        lock.release()
