"""Which version an ffmpeg is of, and whether r2 takes it."""

from __future__ import annotations

import os
import re
import subprocess
from functools import cache

OLDEST_FFMPEG = 8
"""The oldest release that r2 takes. 5.1 drops colour tags, and mixes up full and limited range; 7.0 lets an MP4 with
pictures out of order end a picture too soon."""
_ANSWER_SECONDS = 20.0


def is_old(version: str) -> bool:
    """Whether a version is older than what r2 takes; one that is no release is not."""
    release = re.match(r"n?(\d+)\.", version)
    return release is not None and int(release[1]) < OLDEST_FFMPEG


def version_of(program: str) -> str:
    """The version that an ffmpeg says it is, as in ``7.1.1``; empty if it is none."""
    try:
        changed = os.stat(program).st_mtime_ns
    except OSError:
        return ""
    return _version_of(program, changed)


@cache
def _version_of(program: str, changed: int) -> str:
    try:
        answer = subprocess.run(
            [program, "-version"], stdin=subprocess.DEVNULL, capture_output=True, timeout=_ANSWER_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.match(r"ffmpeg version (\S+)", answer.stdout.decode("utf-8", errors="replace"))
    return found[1] if found else ""
