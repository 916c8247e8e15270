"""Power cuts: what a disk holds after one, at every moment of some work.

What was synced is there for certain. Of the rest, systems may have written any part: here, the least that they may have
written, and all names with contents that are missing, zeros, half there, or there in one file alone.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

Result = TypeVar("Result")
Tree = tuple[tuple[str, "bytes | None"], ...]
"""Paths from the root on, each after its folder's; a folder has no content."""

_WATCHED = {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.truncate"}
_listening: list[Disk] = []
_is_hooked: list[bool] = []


class Disk:
    """Everything below a folder, and how much of it has been synced; all that is there at the beginning has been.

    Args:
        root: The folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.cuts: dict[Tree, object] = {}
        """What may be left after a cut, at every moment up to now, with what had been promised before."""
        self.promise: object = None
        self.last: set[Tree] = set()
        """What may be left of the finished work."""
        self._contents: dict[int, bytes] = {}
        self._names: dict[int, dict[str, tuple[int, bool]]] = {}
        self._open: dict[int, int] = {}  # what is open is not given to another file
        self._is_busy = False
        self._lock = threading.RLock()  # clips are written in several threads
        for folder, _, files in os.walk(root):
            self._sync(Path(folder))
            for name in files:
                self._sync(Path(folder, name))

    def cut(self) -> None:
        """Note what a cut would leave now."""
        with self._lock:
            if self._is_busy:
                return
            self._is_busy = True
            try:
                self.last = _patiently(self._survivors)
                self.cuts |= dict.fromkeys(self.last, self.promise)
            finally:
                self._is_busy = False

    def _survivors(self) -> set[Tree]:
        now = list(_walk(self.root, ""))
        unsynced = [path for path, where in now if where.is_file() and self._is_unsynced(where)]
        spoilt = [lambda new, old: old, _zeros, _half, lambda new, old: new]
        trees = {tuple((path, self._content(where, how, True)) for path, where in now) for how in spoilt}
        trees |= {
            tuple((path, self._content(where, _zeros, path != spared)) for path, where in now) for spared in unsynced
        }
        return trees | {tuple(self._least(os.stat(self.root).st_ino, ""))}

    def sync(self, number: int) -> None:
        """Note that an open file or folder was synced."""
        with self._lock:
            _patiently(lambda: self._sync(Path(os.readlink(f"/proc/self/fd/{number}"))))

    def _sync(self, path: Path) -> None:
        state = path.stat()
        if not path.resolve().is_relative_to(self.root.resolve()):
            return
        if state.st_ino not in self._open:
            self._open[state.st_ino] = os.open(path, os.O_RDONLY)
        if stat.S_ISDIR(state.st_mode):
            children = {child.name: child.stat() for child in path.iterdir()}
            self._names[state.st_ino] = {
                name: (child.st_ino, stat.S_ISDIR(child.st_mode)) for name, child in children.items()
            }
        else:
            self._contents[state.st_ino] = path.read_bytes()

    def close(self) -> None:
        """Let go of all that is open."""
        for number in self._open.values():
            os.close(number)

    def _is_unsynced(self, path: Path) -> bool:
        return self._contents.get(path.stat().st_ino) != path.read_bytes()

    def _content(self, path: Path, how: Callable[[bytes, bytes], bytes], is_lost: bool) -> bytes | None:
        if path.is_dir():
            return None
        new, old = path.read_bytes(), self._contents.get(path.stat().st_ino, b"")
        return how(new, old) if is_lost and new != old else new

    def _least(self, folder: int, prefix: str) -> Iterator[tuple[str, bytes | None]]:
        for name, (number, is_folder) in sorted(self._names.get(folder, {}).items()):
            yield prefix + name, None if is_folder else self._contents.get(number, b"")
            if is_folder:
                yield from self._least(number, f"{prefix}{name}/")


def _patiently(work: Callable[[], Result]) -> Result:
    """Look again when another thread has renamed or removed something meanwhile."""
    for _ in range(100):
        try:
            return work()
        except FileNotFoundError:
            continue
    return work()


def lay_out(tree: Tree, root: Path) -> None:
    """Make a folder hold what a cut has left."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    for path, content in tree:
        if content is None:
            (root / path).mkdir()
        else:
            (root / path).write_bytes(content)


@contextmanager
def watched(root: Path) -> Iterator[Disk]:
    """Note what a cut would leave at every moment of the block, and after it."""
    root.mkdir(parents=True, exist_ok=True)
    if not _is_hooked:
        sys.addaudithook(_hear)  # for good; it does nothing while nobody listens
        _is_hooked.append(True)
    disk = Disk(root)
    fsync = os.fsync

    def sync(number: int) -> None:
        disk.cut()
        fsync(number)
        disk.sync(number)
        disk.cut()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", sync)
        _listening.append(disk)
        try:
            yield disk
            disk.cut()
        finally:
            _listening.remove(disk)
            disk.close()


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    if event in _WATCHED:
        for disk in _listening:
            if isinstance(arguments[0], str | os.PathLike) and str(arguments[0]).startswith(str(disk.root)):
                disk.cut()


def _walk(folder: Path, prefix: str) -> Iterator[tuple[str, Path]]:
    for child in sorted(folder.iterdir()):
        yield prefix + child.name, child
        if child.is_dir():
            yield from _walk(child, f"{prefix}{child.name}/")


def _zeros(new: bytes, old: bytes) -> bytes:
    """The size was written, the blocks were not."""
    return old[: len(new)] + bytes(max(len(new) - len(old), 0))


def _half(new: bytes, old: bytes) -> bytes:
    """The first half of what is new was written."""
    return new[: len(old) + max(len(new) - len(old), 0) // 2]
