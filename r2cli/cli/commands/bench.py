"""`r2 bench`: how fast r2 is, on this machine, with this video."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from r2cli.bench.machine import machine_line, versions_line
from r2cli.bench.report import Report, write_report
from r2cli.cli.amounts import read_video
from r2cli.cli.console import Answer, Talk, warnings_as_notes
from r2cli.cli.options import Computing, Looking, Showing
from r2cli.cli.reading import make_reading
from r2cli.errors import CommandLineError
from r2cli.files import readable_size
from r2cli.present.text import visible
from r2cli.timecode import format_time

_RUNS = 3


def bench(
    video: Annotated[str, typer.Argument(metavar="VIDEO", help="A video file.", show_default=False)] = "",
    runs: Annotated[
        int, typer.Option("--runs", min=1, max=100, metavar="N", help="Measure N times and take the median.")
    ] = _RUNS,
    *,
    computing: Computing,
    looking: Looking,
    showing: Showing,
) -> int:
    """Measure how fast r2 is, with your video on your machine.

    Each step runs in a process of its own. A model that is not on this machine is not downloaded: random weights of
    its shape take as long. Your cache is left alone.

    \b
    r2 bench holiday.mp4
    r2 bench holiday.mp4 --runs 1 --sampling exact --json
    """  # noqa: D301 - typer wants the control character itself: it keeps the lines apart
    from r2cli.bench.measure import STEPS, measure
    from r2cli.bench.tasks import Subject
    from r2cli.video import DamagedVideoWarning, probe

    if not video:
        raise CommandLineError("no video", "name one, as in: r2 bench holiday.mp4")
    read_video(video)
    reading, talk, model = make_reading(looking), Talk(showing.quiet), computing.model
    with warnings_as_notes(DamagedVideoWarning, talk):
        info = probe(video)
    with _weights(model, talk) as (source, is_random), talk.progress("measuring", runs * STEPS) as on_step:
        subject = Subject(
            video=os.path.abspath(video),
            model=source,
            device=computing.device,
            precision=computing.precision,
            sampling=reading.sampling,
            hwaccel=reading.hwaccel,
        )
        report = measure(info, subject, runs=runs, name=model, is_random=is_random, on_step=on_step)
    _show(report, showing.as_json)
    return 0


@contextmanager
def _weights(model: str, talk: Talk) -> Iterator[tuple[str, bool]]:
    """What to load, and whether it is a stand-in, which is gone after the block."""
    from r2cli.checkpoints.load import find_source
    from r2cli.doctor.models import missing_items
    from r2cli.tasks.load import require_moments

    row = find_source(model)
    require_moments(row)
    if not missing_items(model):
        yield (os.path.abspath(model) if isinstance(row.source, Path) and os.path.isfile(model) else model), False
        return
    from r2cli.checkpoints.stand_in import write_random

    talk.note(f"{model} is not on this machine: random weights of its shape take its place, and take as long")
    with tempfile.TemporaryDirectory(prefix="r2-bench-", ignore_cleanup_errors=True) as folder:
        try:
            path = write_random(row, Path(folder))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise CommandLineError(
                f"{folder} cannot hold weights ({reason})", "set TMPDIR to a folder with a GB of room"
            ) from error
        yield str(path), True


def _show(report: Report, as_json: bool) -> None:
    answer = Answer()
    if as_json:
        answer.write(write_report(report))
        return
    from r2cli.present.bench import speed_table

    weights = " (random weights of its shape)" if report.is_random else ""
    hourly = readable_size(report.cache_bytes_per_hour)
    answer.write(
        f"{visible(str(report.video))}: {format_time(report.duration)}, {report.picture}, {report.clips} clips\n"
        f"{report.model}{weights}, on {machine_line(report.machine)}\n"
        f"{versions_line(report.machine)}\n\n"
    )
    rows = [(one.about, one.seconds, one.cpu, one.memory) for one in report.measurements]
    answer.show(speed_table(rows, report.duration))
    answer.write(f"\nin the cache: {readable_size(report.cache_bytes)}, {hourly} for an hour of video\n")
