"""The measurements of `r2 bench`, in their order."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from r2cli.bench.machine import describe_machine
from r2cli.bench.report import Measurement, Report
from r2cli.bench.run import Outcome, run_program, run_task
from r2cli.bench.tasks import Subject

if TYPE_CHECKING:
    from r2cli.video import VideoInfo

STEPS = 5
"""Processes of each run."""
_NOT_FOUND = 1
"""Of `r2 find`, whose answer does not matter here."""


@dataclass
class _Seen:
    """What the processes of all runs said."""

    decode: list[Outcome] = field(default_factory=list)
    parts: list[Outcome] = field(default_factory=list)
    cold: list[Outcome] = field(default_factory=list)
    warm: list[Outcome] = field(default_factory=list)
    command: list[Outcome] = field(default_factory=list)
    cache_bytes: int = 0


def measure(
    video: VideoInfo,
    subject: Subject,
    *,
    runs: int,
    name: str,
    is_random: bool,
    on_step: Callable[[int], None] = lambda done: None,
) -> Report:
    """Measure a video on this machine; the user's cache is neither used nor touched.

    Args:
        video: From `probe`.
        subject: The same video, and how to read it with which model.
        runs: How often; every step in turn, so that what else the machine does meanwhile hits all of them.
        name: What the user calls the model.
        is_random: Whether the weights of `subject.model` stand in for it.
        on_step: Told how many of `runs * STEPS` processes have ended.

    Raises:
        R2Error: The video, the model or FFmpeg cannot be used.
    """
    seen = _Seen()
    for run in range(runs):
        for done, _ in enumerate(_run_once(subject, seen), start=run * STEPS + 1):
            on_step(done)
    facts = seen.parts[0].answer
    return Report(
        video=video.path,
        duration=video.duration,
        picture=f"{video.width}x{video.height} {video.codec}",
        clips=facts["sample"]["clips"],
        model=name,
        is_random=is_random,
        sampling=subject.sampling,
        machine={**describe_machine(), **{key: facts[key] for key in ("cores", "device", "device_name", "precision")}},
        measurements=tuple(_measurements(seen, subject)),
        cache_bytes=seen.cache_bytes,
    )


def _run_once(subject: Subject, seen: _Seen) -> Iterable[None]:
    seen.decode.append(run_task("decode", subject))
    yield
    seen.parts.append(run_task("parts", subject))
    yield
    with tempfile.TemporaryDirectory(prefix="r2-bench-", ignore_cleanup_errors=True) as folder:
        cache = Path(folder)
        seen.cold.append(run_task("cold", subject, cache))
        seen.cache_bytes = sum(file.stat().st_size for file in cache.rglob("*") if file.is_file())
        yield
        seen.warm.append(run_task("warm", subject, cache))
        yield
        seen.command.append(run_program(find_command(subject), cache, codes=(0, _NOT_FOUND)))
        yield


def find_command(subject: Subject) -> list[str]:
    """The command that a user would type."""
    options = {
        "model": subject.model,
        "device": subject.device,
        "precision": subject.precision,
        "sampling": subject.sampling,
        "hwaccel": subject.hwaccel,
    }
    flags = [word for name, value in options.items() for word in (f"--{name}", value)]
    return [sys.executable, "-m", "r2cli", "find", *flags, "--quiet", "--", subject.video, subject.query]


def _measurements(seen: _Seen, subject: Subject) -> Iterable[Measurement]:
    parts = [outcome.answer for outcome in seen.parts]
    clips, precision = parts[0]["sample"]["clips"], parts[0]["precision"]
    scale = clips / parts[0]["encode"]["pictures"]
    yield _measurement("decode", "FFmpeg decodes every picture", seen.decode)
    yield _of("sample", f"r2 decodes what it looks at ({subject.sampling})", [part["sample"] for part in parts])
    encode = _of("encode", f"CLIP looks at {clips} pictures ({precision})", [part["encode"] for part in parts])
    cpu = None if encode.cpu is None else encode.cpu * scale
    yield replace(encode, runs=tuple(run * scale for run in encode.runs), cpu=cpu)
    yield _measurement("cold", "first search", seen.cold)
    yield _measurement("warm", "next search", seen.warm)
    asked = tuple(outcome.answer["ask"]["median"] for outcome in seen.warm)
    yield Measurement("ask", "a query in r2 shell", asked)
    walls = tuple(outcome.wall for outcome in seen.command)
    yield Measurement("command", "next r2 find, from start to end", walls, memory=_highest(seen.command))


def _measurement(name: str, about: str, outcomes: list[Outcome]) -> Measurement:
    return replace(_of(name, about, [outcome.answer for outcome in outcomes]), memory=_highest(outcomes))


def _of(name: str, about: str, answers: list[Any]) -> Measurement:
    walls = tuple(answer["wall"] for answer in answers)
    return Measurement(name, about, walls, median(answer["cpu"] for answer in answers))


def _highest(outcomes: list[Outcome]) -> int | None:
    return max((outcome.memory for outcome in outcomes if outcome.memory), default=None)
