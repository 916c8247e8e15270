"""How fast the ways of cutting are, and whether a smart cut leaves what lies between its edges as it was.

    python -m tests.bench.cutting film.mp4                              # ten clips of ten seconds
    python -m tests.bench.cutting film.mp4 --clips 3 --seconds 30 --repeats 1
    python -m tests.bench.cutting --minutes 10                          # a drawn 1080p film with a keyframe per second

Every repetition cuts the same clips in every mode, one after the other, and gives one ratio; what is shown is their
middle and their range. CPU time counts r2 and the ffmpeg that it starts, over all cores. Afterwards every picture of
the smart clips is decoded and compared, bit by bit, to that of the source.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av

from r2cli.cuts import Clip, CutMode
from r2cli.timecode import format_time
from r2cli.video import VideoInfo, probe
from r2cli.video.cutting.clips import Wanted, plan_clips, write_clips
from r2cli.video.cutting.plan import ClipPlan, plan_clip
from r2cli.video.pictures import CLOCK_ERROR
from tests.bench.drawn import draw


@dataclass(frozen=True)
class Cost:
    """What cutting all clips once takes."""

    wall: float
    cpu: float
    """Both in seconds."""


@dataclass(frozen=True)
class Identity:
    """How many pictures of smart clips are the source's, bit by bit."""

    pictures: int
    copied: int
    same: int
    """Of the copied ones."""


def main() -> None:
    """Measure, and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("film", type=Path, nargs="?", help="any video; otherwise one is drawn")
    parser.add_argument("--minutes", type=float, default=10.0, help="of the drawn film")
    parser.add_argument("--clips", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each clip")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seed", type=int, default=5, help="where the clips lie")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        video = probe(options.film or draw(folder / "film.mp4", options.minutes))
        spans = choose_spans(video, options.clips, options.seconds, options.seed)
        costs, clips = [], list[Clip]()
        for _ in range(options.repeats):
            costs.append({})
            for mode in CutMode:
                costs[-1][mode], clips = cut_all(video, spans, mode, folder / mode.value)  # the last mode is smart
        plans = [plan_clip(video, *span, CutMode.SMART) for span in spans]
        print_table(video, options, costs, [compare(*pair) for pair in zip(plans, clips, strict=True)])


def choose_spans(video: VideoInfo, count: int, seconds: float, seed: int) -> list[tuple[float, float]]:
    """Somewhere in each of so many equal parts of a film."""
    share, chance = video.duration / count, random.Random(seed)
    starts = [share * part + chance.random() * max(share - seconds, 0.0) for part in range(count)]
    return [(start, min(start + seconds, video.duration)) for start in starts]


def cut_all(
    video: VideoInfo, spans: Sequence[tuple[float, float]], mode: CutMode, folder: Path
) -> tuple[Cost, list[Clip]]:
    """Plan and write all clips, as `r2 cut` does."""
    begun, spent = time.perf_counter(), cpu_seconds()
    wanted = [Wanted(video, *span) for span in spans]
    plans = plan_clips(wanted, folder, mode, force=True, on_failure=fail)
    clips = list(write_clips(plans, force=True, on_failure=fail))
    return Cost(time.perf_counter() - begun, cpu_seconds() - spent), clips


def fail(path: Path, error: Exception) -> None:
    """Nothing may be left out."""
    raise SystemExit(f"{path}: {error}")


def cpu_seconds() -> float:
    """Of this process and of those that it has started and seen end."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def compare(plan: ClipPlan, clip: Clip) -> Identity:
    """Hold the pictures of a smart clip to those of the source."""
    if plan.smart is None:
        return Identity(plan.span.count, 0, 0)
    head = plan.smart.head.count if plan.smart.head else 0
    tail = plan.smart.tail.count if plan.smart.tail else 0
    source = decoded(plan.video, float(plan.span.key or 0), float(plan.span.start), plan.span.count)
    written = decoded(probe(clip.path), 0.0, probe(clip.path).start, plan.span.count)
    middle = slice(head, plan.span.count - tail)
    same = sum(one == other for one, other in zip(source[middle], written[middle], strict=True))
    return Identity(plan.span.count, plan.span.count - head - tail, same)


def decoded(video: VideoInfo, seek: float, start: float, count: int) -> list[int]:
    """Digests of pictures from a container time on."""
    digests: list[int] = []
    with av.open(str(video.path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        container.seek(int((seek + float(CLOCK_ERROR)) / stream.time_base), stream=stream)
        for frame in container.decode(stream):
            if frame.pts * stream.time_base >= start - CLOCK_ERROR:
                digests.append(hash(frame.to_ndarray().tobytes()))
            if len(digests) == count:
                break
    return digests


def print_table(
    video: VideoInfo, options: argparse.Namespace, costs: Sequence[dict[CutMode, Cost]], identities: Sequence[Identity]
) -> None:
    """To standard output."""
    shape = f"{video.width}x{video.height} {video.codec}, {format_time(video.duration)}"
    machine = f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    rows = [
        f"{options.clips} clips of {options.seconds:g} s out of {shape}; {machine}; {options.repeats} repetitions",
        "",
        "| cut | wall, s | CPU, s | faster than exact, wall | CPU |",
        "|---|---|---|---|---|",
    ]
    for mode in CutMode:
        wall, cpu = (statistics.median(getattr(cost[mode], name) for cost in costs) for name in ("wall", "cpu"))
        ratios = (ratio(costs, mode, name) for name in ("wall", "cpu"))
        rows.append(f"| {mode.value} | {wall:.2f} | {cpu:.2f} | {' | '.join(ratios)} |")
    pictures, copied, same = (sum(getattr(one, name) for one in identities) for name in ("pictures", "copied", "same"))
    rows += ["", f"smart: {pictures} pictures, {copied} between the edges, {same} of them bit-identical to the source"]
    sys.stdout.write("\n".join(rows) + "\n")


def ratio(costs: Sequence[dict[CutMode, Cost]], mode: CutMode, name: str) -> str:
    """Times that a mode is as fast as `exact`: the middle of all repetitions, and their range."""
    ratios = [getattr(cost[CutMode.EXACT], name) / getattr(cost[mode], name) for cost in costs]
    return f"{statistics.median(ratios):.1f} ({min(ratios):.1f} - {max(ratios):.1f})"


if __name__ == "__main__":
    main()
