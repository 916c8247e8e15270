"""Measurements from outside: a process is started, watched and timed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from r2cli.bench.memory import MemoryWatch
from r2cli.bench.tasks import EXPLAINED, Subject
from r2cli.errors import CommandLineError, FFmpegError, ModelUnavailableError, R2Error, UnreadableInputError

_KINDS: dict[int, type[R2Error]] = {
    kind.exit_code: kind for kind in (CommandLineError, UnreadableInputError, ModelUnavailableError, FFmpegError)
}


@dataclass(frozen=True)
class Outcome:
    """What one process said and took."""

    answer: Mapping[str, Any]
    """What a task measured by itself; empty for other programs."""
    wall: float
    """Seconds from its start to its end, the interpreter's included."""
    memory: int | None
    """Bytes at its height, with the largest program that it started; None: unknown."""


def run_task(name: str, subject: Subject, cache: Path | None = None) -> Outcome:
    """Do one of `r2cli.bench.tasks.TASKS` in a process of its own.

    Args:
        name: Of the task.
        subject: What to measure.
        cache: The folder that r2 keeps its cache in meanwhile; None: its usual one.

    Raises:
        R2Error: The task failed for a reason that it explains.
        RuntimeError: It broke down.
    """
    command = [sys.executable, "-m", "r2cli.bench.tasks", name, json.dumps(asdict(subject))]
    code, out, err, wall, height = _run(command, cache)
    if code not in (0, EXPLAINED) or not out.strip():
        raise RuntimeError(f"{name} broke down: {(err.strip().splitlines() or ['no reason given'])[-1]}")
    answer = json.loads(out.splitlines()[-1])
    if failure := answer.get("error"):
        raise _KINDS[failure["exit_code"]](failure["message"], failure["hint"])
    return Outcome(answer, wall, height or answer["height"])


def run_program(command: Sequence[str], cache: Path | None = None, *, codes: Sequence[int] = (0,)) -> Outcome:
    """Run any program to its end.

    Raises:
        RuntimeError: Its exit code is none of `codes`.
    """
    code, _, err, wall, height = _run(command, cache)
    if code not in codes:
        raise RuntimeError(f"{' '.join(command)} ended with {code}: {err.strip()}")
    return Outcome({}, wall, height)


def _run(command: Sequence[str], cache: Path | None) -> tuple[int, str, str, float, int | None]:
    environment = os.environ if cache is None else os.environ | {"R2_CACHE_DIR": str(cache)}
    begun = time.perf_counter()
    with subprocess.Popen(
        list(command), stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env=environment
    ) as process:
        try:
            with MemoryWatch(process.pid) as watch:
                out, err = process.communicate()
                wall = time.perf_counter() - begun
        finally:
            process.kill()
    return process.returncode, out.decode(errors="replace"), err.decode(errors="replace"), wall, watch.height
