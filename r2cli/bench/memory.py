"""How much memory a process and the programs that it starts hold at their height."""

from __future__ import annotations

import os
import re
import sys
import threading
from pathlib import Path

PROCESSES = Path("/proc")
_EVERY = 0.2
"""Seconds. The kernel keeps the height itself: only what a process takes after the last look is missed."""
_HEIGHT = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


class MemoryWatch:
    """Follows a process from outside, on Linux, as long as the `with` block lasts.

    Elsewhere it sees nothing; a process can then only speak for itself: see `own_height`. There too the height that
    Linux reports through `getrusage` is of no use for a program that was started by a large one: it begins with that.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._own = 0
        self._started: dict[int, int] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="memory", daemon=True)

    def __enter__(self) -> MemoryWatch:
        self._thread.start()
        return self

    def __exit__(self, *reason: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def height(self) -> int | None:
        """Bytes: the process's own height, and that of the largest program that it started; None: unknown."""
        return self._own + max(self._started.values(), default=0) if self._own else None

    def _follow(self) -> None:
        while not self._over.wait(_EVERY):
            self._own = max(self._own, _height(self._pid))
            for pid in _children(self._pid):
                # A child shares its parent's memory until it has become another program.
                if _program(pid) != _program(self._pid):
                    self._started[pid] = max(self._started.get(pid, 0), _height(pid))


def own_height() -> int | None:
    """The height of this process alone, in bytes; None where nobody knows it."""
    if height := _height("self"):
        return height
    try:
        import resource
    except ImportError:  # Windows
        return None
    height = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return height if sys.platform == "darwin" else height * 1024


def _height(pid: int | str) -> int:
    try:
        found = _HEIGHT.search((PROCESSES / str(pid) / "status").read_text(encoding="utf-8"))
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0


def _program(pid: int) -> str:
    try:
        return os.readlink(PROCESSES / str(pid) / "exe")
    except OSError:
        return ""


def _children(pid: int) -> list[int]:
    return [int(folder.name) for folder in PROCESSES.glob("[0-9]*") if _parent(folder) == pid]


def _parent(folder: Path) -> int:
    try:
        # After the name, which is in brackets and may hold anything: state, then the parent.
        return int((folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return 0
