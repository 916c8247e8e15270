"""What may lie where r2 expects a file of its own: each kind would hang or fill the memory of who trusts it."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.marks import guarded


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, 50 << 30)


def _folder(path: Path) -> None:
    (path / "inside").mkdir(parents=True)


def _socket(path: Path) -> None:
    here = os.open(".", os.O_RDONLY)
    os.chdir(path.parent)  # names of sockets must be short
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(path.name)
    finally:
        os.fchdir(here)
        os.close(here)


def _nowhere(path: Path) -> None:
    path.symlink_to("gone")


KINDS: dict[str, Callable[[Path], None]] = {
    "pipe": _pipe,
    "device": _device,
    "sparse": _sparse,
    "folder": _folder,
    "socket": _socket,
    "nowhere": _nowhere,
}

SOON = ("pipe", "sparse", "folder")
"""Kinds that wait, that fill all memory, and that cannot be opened; the others are of one of these."""
each_kind = pytest.mark.parametrize(
    "put", [put if name in SOON else guarded(put) for name, put in KINDS.items()], ids=KINDS
)
"""put(path): something that is no file of r2's."""
needs_posix = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX files")


@pytest.fixture
def little_memory():
    """Two gigabytes more than the process has now, and no more."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + (2 << 30), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)
