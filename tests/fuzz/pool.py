"""Runs cases in workers with a limit of time and memory, and judges what came of them."""

from __future__ import annotations

import json
import os
import resource
import select
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fuzz.cases import Case, Workshop

DOCUMENTED = {0, 1, 2, 3, 4, 5}
MOST_BYTES = 1 << 30
"""That a command of a film of 128 x 96 may take beyond what the loaded worker has."""
_WORKER_BYTES = 4 << 30
"""Of its own: the machine outlives every case."""
_WEARS_OUT = 200
"""Cases after which a worker is replaced, so that what it has gathered hides nothing."""


@dataclass(frozen=True)
class Outcome:
    """What came of a case."""

    case: Case
    code: int
    seconds: float
    faults: tuple[str, ...]
    said: str


class Worker:
    """A process that is restarted when it was in trouble.

    Args:
        home: Where its cache and data are.
    """

    def __init__(self, home: Path) -> None:
        self._home, self._process, self._done = home, None, 0

    def run(self, case: Case, seconds: float) -> dict[str, Any]:
        """Run a case; `code` is None where there was no end to it, or no worker any more."""
        process = self._start()
        request = {"arguments": case.arguments, "environment": case.environment}
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            answers, _, _ = select.select([process.stdout], [], [], seconds)
            line = process.stdout.readline() if answers else b""
        except BrokenPipeError:
            answers, line = [process.stdout], b""
        self._done += 1
        if line:
            if self._done >= _WEARS_OUT:
                self.stop()
            return json.loads(line)
        process.poll() if not answers else process.wait(10)
        how = f"no end in {seconds:.0f} s" if not answers else f"the process died ({process.returncode})"
        self.stop()
        return {"code": None, "said": how, "seconds": seconds, "bytes": 0, "children": []}

    def _start(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            shutil.rmtree(self._home, ignore_errors=True)
            self._home.mkdir(parents=True)
            folders = {f"R2_{name}_DIR": str(self._home / name.lower()) for name in ("CACHE", "DATA", "CONFIG")}
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.fuzz.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **folders, "OMP_NUM_THREADS": "1", "R2_DEBUG": "0"},
                start_new_session=True,
            )
            resource.prlimit(self._process.pid, resource.RLIMIT_DATA, (_WORKER_BYTES, _WORKER_BYTES))
            self._done = 0
        return self._process

    def stop(self) -> None:
        """End it, with whatever it has started."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            process.stdin.close()
            process.stdout.close()


def run_cases(
    workshop: Workshop, count: int, folder: Path, *, workers: int, seconds: float, on_outcome: Callable[[Outcome], None]
) -> list[Outcome]:
    """Run cases 0 to `count`; the folders of those without a fault are removed."""
    numbers, lock, outcomes = iter(range(count)), threading.Lock(), list[Outcome]()

    def work(name: str) -> None:
        worker = Worker(folder / name)
        try:
            for number in _shared(numbers, lock):
                outcome = run_case(worker, workshop, number, folder / f"case-{number:05d}", seconds)
                with lock:
                    outcomes.append(outcome)
                    on_outcome(outcome)
        finally:
            worker.stop()
            shutil.rmtree(folder / name, ignore_errors=True)

    with ThreadPoolExecutor(workers) as crew:
        for done in [crew.submit(work, f"worker-{number}") for number in range(workers)]:
            done.result()
    return sorted(outcomes, key=lambda one: one.case.number)


def _shared(numbers: Iterator[int], lock: threading.Lock) -> Iterator[int]:
    while True:
        with lock:
            number = next(numbers, None)
        if number is None:
            return
        yield number


def run_case(worker: Worker, workshop: Workshop, number: int, folder: Path, seconds: float) -> Outcome:
    """Make one case, run it, and judge it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    case = workshop.case(number, folder)
    contents = {path: path.read_bytes() for path in case.files}
    came = worker.run(case, seconds)
    faults = tuple(_faults(case, came, folder, contents))
    if faults:
        words = {"arguments": case.arguments, "environment": case.environment, "faults": faults, "said": came["said"]}
        (folder / "case.json").write_text(json.dumps(words, indent=2))
    else:
        shutil.rmtree(folder)
    return Outcome(case, came["code"] if came["code"] is not None else -1, came["seconds"], faults, came["said"])


def _faults(case: Case, came: dict[str, Any], folder: Path, contents: dict[Path, bytes]) -> Iterator[str]:
    if came["code"] is None:
        yield "hang" if "no end" in came["said"] else "crash"
        return
    if came["code"] not in DOCUMENTED:
        yield f"exit {came['code']}"
    if "Traceback" in came["said"]:
        yield "traceback"
    if came["code"] in DOCUMENTED - {0, 1} and not came["said"].strip():
        yield "silence"
    if came["bytes"] > MOST_BYTES:
        yield "memory"
    if came["children"]:
        yield "process left"
    strays = {path for path in folder.rglob("*") if path.is_file()} - set(contents)
    if any(".r2-" in str(path) or path.parent.name != "out" and path.stem != "out" for path in strays):
        yield "file left"
    if any(not path.exists() or path.read_bytes() != content for path, content in contents.items()):
        yield "input changed"
