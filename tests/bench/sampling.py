"""What sampling a film costs: every way of sampling beside FFmpeg's own decoding to nothing, in one run.

    python -m tests.bench.sampling film.mp4
    python -m tests.bench.sampling film.mp4 --rate 0.5 --size 224 --repeats 5

The ways take turns, and the table gives medians: seconds on the wall, seconds of all processors, pictures decoded.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from r2cli.timecode import exact_rate
from r2cli.video import SAMPLINGS, VideoInfo, clip_count, ffmpeg_path, probe, sample_frames
from r2cli.video.ffmpeg import file_url
from r2cli.video.sampling.frames import SampleRequest
from r2cli.video.sampling.packets import SequentialOnlyError, read_packets
from r2cli.video.sampling.sequential import decode_all


@dataclass(frozen=True)
class Cost:
    """Of one run."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds, of this process and what it started."""
    decoded: int
    frames: int


def main() -> None:
    """Measure, and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("--rate", type=float, default=0.5, help="clips per second")
    parser.add_argument("--size", type=int, default=224, help="side of the frames in pixels")
    parser.add_argument("--hwaccel", default="none")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    video = probe(options.video)
    ways = ways_of(video, options.rate, options.size, options.hwaccel)
    costs: dict[str, list[Cost]] = {name: [] for name in ways}
    for turn in range(options.repeats):
        for name, way in ways.items():
            sys.stderr.write(f"\r{turn + 1} of {options.repeats}: {name:20}")
            costs[name].append(measured(way))
    sys.stderr.write("\r")
    sys.stdout.write(table(video, costs) + "\n")


def ways_of(video: VideoInfo, rate: float, size: int, hwaccel: str) -> dict[str, Callable[[], tuple[int, int]]]:
    """Each way, by its name: what it decodes and how many frames it gives."""
    request = SampleRequest(exact_rate(rate), size, clip_count(video.duration, rate))

    def sample(sampling: str) -> tuple[int, int]:
        batches = [
            (batch.decoded, len(batch.times))
            for batch in sample_frames(video, rate, size, sampling=sampling, hwaccel=hwaccel)
        ]
        return sum(decoded for decoded, _ in batches), sum(frames for _, frames in batches)

    def sequentially() -> tuple[int, int]:
        frames = sum(1 for _ in decode_all(video, request))
        return round(video.duration * video.rate), frames

    named = {name: (lambda name=name: sample(name)) for name in SAMPLINGS}
    return {
        "ffmpeg -f null": lambda: decode_to_nothing(video),
        "packet table": lambda: scan(video),
        "from end to end": sequentially,
        **named,
    }


def decode_to_nothing(video: VideoInfo) -> tuple[int, int]:
    """FFmpeg alone, with its own choice of threads."""
    stream = ["-i", file_url(video.path), "-map", f"0:{video.stream_index}"]
    quiet = ["-hide_banner", "-nostdin", "-loglevel", "error"]
    subprocess.run([ffmpeg_path(), *quiet, *stream, "-fps_mode", "passthrough", "-f", "null", "-"], check=True)
    return round(video.duration * video.rate), 0


def scan(video: VideoInfo) -> tuple[int, int]:
    """The packet table alone, which every way but the first and the third begins with."""
    try:
        read_packets(video)
    except SequentialOnlyError as error:
        sys.stderr.write(f"\ndecoded from end to end: {error}\n")
    return 0, 0


def measured(way: Callable[[], tuple[int, int]]) -> Cost:
    """What one run of a way costs."""
    wall, cpu = time.perf_counter(), processor_seconds()
    decoded, frames = way()
    return Cost(time.perf_counter() - wall, processor_seconds() - cpu, decoded, frames)


def processor_seconds() -> float:
    """Of this process, its threads, and those of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def table(video: VideoInfo, costs: dict[str, list[Cost]]) -> str:
    """Medians, a line for each way."""
    lines = ["| way | wall s | cpu s | decoded | frames | x real time |", "|---|---|---|---|---|---|"]
    for name, runs in costs.items():
        wall, cpu = median(run.wall for run in runs), median(run.cpu for run in runs)
        counts = f"{runs[0].decoded} | {runs[0].frames}"
        lines.append(f"| {name} | {wall:.2f} | {cpu:.2f} | {counts} | {video.duration / wall:.0f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
