"""The process: its share of cores and memory, how threads wait, and what becomes of freed memory; loads no torch."""

from __future__ import annotations

import ctypes
import math
import os
import platform
import signal
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

_ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
CGROUPS = Path("/sys/fs/cgroup")
OWN_CGROUPS = Path("/proc/self/cgroup")

_SPINS = "10000"
"""Rounds, some tenths of a millisecond: enough for the next small step of a query, too short to keep a decoder waiting.

With a fifth of it a query takes a fifth longer (`tests/bench/query.py`); the double gains nothing."""
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""Of mallopt(3)."""
_KEPT = 64 << 20
"""Bytes of freed memory, at the end of the heap, that stay with the process."""
_LARGEST_KEPT = 12 << 20
"""Bytes: what the layers of a ViT-B/32 pass on, and not the tokens of a step, which stay for longer.

On the heap these would make it fall into pieces: a film of ten hours would take half as much memory again. Without the
others there, a look at a step of frames would take up to half as long again (`tests/bench/encode.py`)."""


def prepare_process() -> None:
    """Decide all of it; what the user has said through the environment stands."""
    share_cores()
    keep_memory()


class EndedError(BaseException):
    """Somebody ends the process: what it was doing is put away first, as with Ctrl-C."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def end_tidily() -> None:
    """Let a request to end, as of `kill`, a shutdown or a terminal that goes away, be an exception: `EndedError`.

    One that is ignored, as under `nohup`, stays ignored.
    """

    def end(number: int, frame: object) -> None:
        for other in _ENDING:
            signal.signal(other, signal.SIG_IGN)  # once is enough: putting away is not to be interrupted
        raise EndedError(number)

    for number in _ENDING:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, end)


def end_by(number: int) -> NoReturn:
    """End the process as the signal would have done, so that whoever waits for it can tell."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    os._exit(128 + number)  # should the signal be blocked


def share_cores() -> None:
    """Let threads that wait give their core to the decoder, unless the user has said how they are to wait.

    GNU's OpenMP, which torch uses on Linux, otherwise lets them spin: decoding and looking at pictures at the same time
    takes a third longer for it (`tests/bench/pipeline.py`, part `cold`).
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", _SPINS)


def keep_memory() -> bool:
    """Let freed memory stay with the process: the next batch of pictures needs as much again.

    GNU's allocator learns slowly what to keep: until then it returns each of torch's tensors to the system, and every
    page that comes back must be cleared first. Of a first search of five minutes that is up to a fifth
    (`tests/bench/pipeline.py`, part `auto`); and what it keeps in the end makes the heap of a long film grow.

    Returns:
        Whether it could be had: with GNU's allocator alone, and where nobody has set it up otherwise.
    """
    if any(name.startswith(("MALLOC_", "GLIBC_TUNABLES")) for name in os.environ):
        return False
    libc = _gnu_libc()
    return libc is not None and bool(
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGEST_KEPT) and libc.mallopt(_M_TRIM_THRESHOLD, _KEPT)
    )


def give_back_memory() -> None:
    """Return all freed memory to the system, where GNU's allocator holds it.

    What stays for long, however small, comes to lie between what is freed soon, and the heap of a film of hours would
    grow by a third.
    """
    libc = _gnu_libc()
    if libc is not None:
        libc.malloc_trim(0)


def _gnu_libc() -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None
    except OSError:
        return None


def usable_cores() -> int:
    """How many cores this process may use: those that it is pinned to, and no more than its container's share."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on macOS and Windows
    pinned = len(affinity(0)) if affinity else os.cpu_count() or 1
    quota = container_share()
    return max(1, pinned if quota is None else min(pinned, math.ceil(quota)))


def container_share() -> float | None:
    """Cores' worth of time that the container grants, as 1.5; None where nothing limits it."""
    shares = [share for folder in _own_folders("cpu") if (share := _share_in(folder)) is not None]
    return min(shares, default=None)


def usable_memory() -> int | None:
    """Bytes of memory that the machine has, or that the container grants; None where the system does not say."""
    limits = [
        number
        for folder in _own_folders("memory")
        for name in ("memory.max", "memory.limit_in_bytes")
        for number in _numbers(folder / name)
    ]
    with suppress(AttributeError, ValueError, OSError):  # no such names, or no such function, as on Windows
        limits.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return min(limits, default=None)


def _own_folders(kind: str) -> list[Path]:
    """The control groups of this process for one kind of limit with all that enclose them, of both generations."""
    try:
        lines = OWN_CGROUPS.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    folders: list[Path] = []
    for line in lines:
        _, controllers, path = (line.split(":", 2) + ["", ""])[:3]
        if controllers and kind not in controllers.split(","):
            continue
        root = CGROUPS / kind if controllers else CGROUPS
        inner = root / path.lstrip("/")
        # Inside a container the path may be that of the host: then only the root is there.
        folders += [inner, *(parent for parent in inner.parents if parent == root or root in parent.parents)]
    return folders


def _share_in(folder: Path) -> float | None:
    modern, old = _numbers(folder / "cpu.max"), _numbers(folder / "cpu.cfs_quota_us")
    if len(modern) == 2:
        return modern[0] / modern[1]
    period = _numbers(folder / "cpu.cfs_period_us")
    return old[0] / period[0] if old and period else None


def _numbers(path: Path) -> list[int]:
    """The numbers in a file if all are above 0; `max` and -1 mean no limit."""
    try:
        words = path.read_text(encoding="utf-8").split()
    except OSError:
        return []
    return [int(word) for word in words] if words and all(w.isdigit() and int(w) > 0 for w in words) else []
