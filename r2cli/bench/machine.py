"""What the measurements were made on."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from r2cli import __version__

CPU_INFO = Path("/proc/cpuinfo")
_LIBRARIES = ("torch", "open_clip_torch", "av")


def describe_machine() -> dict[str, Any]:
    """The processor, its memory, and the versions of what does the work."""
    from r2cli.video.build import examine_ffmpeg

    return {
        "processor": processor_name(),
        "memory": _memory(),
        "system": platform.platform(),
        "r2": __version__,
        "python": platform.python_version(),
        "ffmpeg": examine_ffmpeg().version,
        **{library: _version(library) for library in _LIBRARIES},
    }


def processor_name() -> str:
    """What the processor calls itself."""
    try:
        found = re.search(r"^model name\s*: (.+)$", CPU_INFO.read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        found = None
    return found[1].strip() if found else platform.processor() or platform.machine()


def machine_line(machine: Mapping[str, Any]) -> str:
    """A machine in a line, as `describe_machine` and the `parts` task describe it."""
    memory = machine.get("memory")
    where = [f"{machine['processor']}, {machine['cores']} cores"]
    where += [f"{memory / 1e9:.0f} GB"] if memory else []
    where += [f"computing on {machine['device']} in {machine['precision']}"]
    return ", ".join(where)


def versions_line(machine: Mapping[str, Any]) -> str:
    """What did the work."""
    names = {"r2": "r2", "python": "Python", "torch": "PyTorch", "open_clip_torch": "open_clip", "ffmpeg": "FFmpeg"}
    return ", ".join(f"{shown} {machine[name]}" for name, shown in names.items())


def _memory() -> int | None:
    """Bytes of the whole machine."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows
        return None


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"
