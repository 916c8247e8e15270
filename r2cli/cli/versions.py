"""What `r2 --version` says: r2, and the programs and libraries that it works with."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from r2cli import __version__
from r2cli.errors import R2Error
from r2cli.present.text import visible


def version_line() -> str:
    """r2's own, for programs too."""
    return f"r2 {__version__}"


def version_lines() -> Iterator[str]:
    """The same first, then what somebody needs to know who is told of a fault, as far as that is quick to find out.

    torch is not loaded, which takes seconds: its version says what it was built for, and devices are the doctor's.
    """
    yield version_line()
    facts = {
        "python": f"{platform.python_version()} ({visible(sys.executable)})",
        "torch": _installed("torch"),
        "pyav": _installed("av"),
        "ffmpeg": _ffmpeg(),
        "devices": "r2 doctor tries them",
    }
    yield from (f"{name:<7}  {said}" for name, said in facts.items())


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def _ffmpeg() -> str:
    from r2cli.video.program import find_ffmpeg
    from r2cli.video.version import version_of

    try:
        program = find_ffmpeg()
    except R2Error as error:
        return visible(str(error))
    return f"{visible(version_of(program.path)) or 'of no known version'} ({visible(program.path)})"
