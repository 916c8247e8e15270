"""A process that stays loaded and runs one command after the other: a line of JSON in, a line of JSON out."""

from __future__ import annotations

import io
import json
import os
import sys
import time
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import Any

from r2cli.__main__ import main
from r2cli.process import prepare_process
from r2cli.video import supervise

_CHILD_BYTES = 2 << 30


def run(arguments: list[str], environment: dict[str, str]) -> dict[str, Any]:
    """Run one command, and say how it went."""
    out, said = io.StringIO(), io.StringIO()
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    begin, crash, resident = time.monotonic(), "", _memory("VmRSS")
    _forget_peak()
    try:
        with redirect_stdout(out), redirect_stderr(said):
            code = main(arguments)
    except BaseException as error:  # whatever gets here would have been a traceback
        code, crash = -1, f"Traceback: {type(error).__name__}: {error}"
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})
    seconds, peak = time.monotonic() - begin, _memory("VmHWM") - resident
    children = [pid for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split() if _lives(pid)]
    said_all = said.getvalue() + crash
    return {"code": code, "said": said_all[-2000:], "seconds": seconds, "bytes": peak, "children": children}


def _lives(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _forget_peak() -> None:
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _memory(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def _serve() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever libraries print is no answer
    supervise.memory_ceiling = lambda installed: _CHILD_BYTES
    prepare_process()
    for line in sys.stdin:
        answers.write(json.dumps(run(**json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    _serve()
