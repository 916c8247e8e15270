"""How many cores this process may use: those that it is pinned to, and no more than its container's share."""

from __future__ import annotations

import math
import os
from pathlib import Path

import torch

CGROUPS = Path("/sys/fs/cgroup")
OWN_CGROUPS = Path("/proc/self/cgroup")


def usable_cores() -> int:
    """Cores that may be used, at least one."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on macOS and Windows
    pinned = len(affinity(0)) if affinity else os.cpu_count() or 1
    quota = container_share()
    return max(1, pinned if quota is None else min(pinned, math.ceil(quota)))


def container_share() -> float | None:
    """Cores' worth of time that the container grants, as 1.5; None where nothing limits it."""
    shares = [share for folder in _own_folders() if (share := _share_in(folder)) is not None]
    return min(shares, default=None)


def follow_cores() -> int:
    """Let torch use no more threads than there are cores for it; fewer, if the user has said so, stay fewer.

    Returns:
        How many threads torch uses now.
    """
    cores = usable_cores()
    if torch.get_num_threads() > cores:
        torch.set_num_threads(cores)
    return torch.get_num_threads()


def _own_folders() -> list[Path]:
    """The control groups of this process with all that enclose them, of both generations."""
    try:
        lines = OWN_CGROUPS.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    folders: list[Path] = []
    for line in lines:
        _, controllers, path = (line.split(":", 2) + ["", ""])[:3]
        if controllers and "cpu" not in controllers.split(","):
            continue
        root = CGROUPS / "cpu" if controllers else CGROUPS
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
