"""What is measured: one function per task, each run in a process of its own by `r2cli.bench.run`.

A task makes its preparations first (imports, weights), and measures what comes then.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from r2cli.bench.memory import own_height
from r2cli.checkpoints.load import LoadedModel, open_checkpoint
from r2cli.errors import R2Error
from r2cli.memory import Reading, ReadingReport
from r2cli.process import prepare_process, usable_cores

Facts = dict[str, Any]
EXPLAINED = 1
"""Exit code of a task whose answer is an error."""
_MORE_QUERIES = ("a man rides a bicycle", "people eat at a table", "a red car", "somebody laughs", "the sea at night")


@dataclass(frozen=True)
class Subject:
    """What is measured: a video, read in some way by some model."""

    video: str
    model: str
    device: str = "auto"
    precision: str = "auto"
    sampling: str = "auto"
    hwaccel: str = "none"
    reuse: bool = True
    query: str = "a dog jumps"
    pictures: int = 256
    """How many `parts` encodes; the speed of more is the same."""


def decode(subject: Subject) -> Facts:
    """FFmpeg decodes every picture and throws it away."""
    from r2cli.video import ffmpeg_path, probe
    from r2cli.video.ffmpeg import file_url, opening_words, run_ffmpeg

    video = probe(subject.video)
    source = [
        *opening_words(video.path, video.container),
        "-i",
        file_url(video.path),
        "-map",
        f"0:{video.stream_index}",
    ]
    with stopwatch() as facts, run_ffmpeg([ffmpeg_path(), "-v", "error", "-nostdin", *source, "-f", "null", "-"]) as it:
        it.stdout.read()
        it.finish()
    return facts


def parts(subject: Subject) -> Facts:
    """What a search consists of, one after the other: pictures are decoded and scaled; pictures are encoded."""
    loaded = _open(subject)
    return {
        "sample": _sample(subject, loaded),
        "encode": _encode(loaded, subject.pictures),
        **_place(loaded),
    }


def encode(subject: Subject) -> Facts:
    """The second of these parts alone."""
    loaded = _open(subject)
    return {**_encode(loaded, subject.pictures), **_place(loaded)}


def cold(subject: Subject) -> Facts:
    """The first search of a video, once the model is there."""
    from r2cli.tasks.find import search
    from r2cli.video import probe

    loaded, video, reports = _open(subject), probe(subject.video), list[ReadingReport]()
    _make_ready(loaded)
    with stopwatch() as facts:
        search(video, [subject.query], loaded, _reading(subject), on_report=reports.append)
    return facts | asdict(reports[-1])


def warm(subject: Subject) -> Facts:
    """A search of a video that is in the cache, once the model is there; then more queries, as `r2 shell` asks them."""
    from r2cli.tasks.ask import read_query
    from r2cli.tasks.find import search
    from r2cli.tasks.remember import remember_video
    from r2cli.video import probe

    loaded, video = _open(subject), probe(subject.video)
    read_query(subject.query, loaded)  # the first one pays for what torch prepares
    with stopwatch() as facts:
        search(video, [subject.query], loaded, _reading(subject))
    index, asked = remember_video(video, loaded, _reading(subject)), []
    for query in (subject.query, *_MORE_QUERIES):
        with stopwatch() as one:
            index.find(query)
        asked.append(one["wall"])
    return facts | {"ask": {"median": median(asked), "slowest": max(asked)}}


TASKS: dict[str, Callable[[Subject], Facts]] = {task.__name__: task for task in (decode, parts, encode, cold, warm)}
"""Everything that can be measured, by name."""


@contextmanager
def stopwatch() -> Iterator[Facts]:
    """Measure a block: `wall` seconds, and `cpu` seconds of this process and of the programs that it has ended."""
    facts: Facts = {}
    wall, cpu = time.perf_counter(), _processor_seconds()
    yield facts
    facts["wall"], facts["cpu"] = time.perf_counter() - wall, _processor_seconds() - cpu


def _processor_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _open(subject: Subject) -> LoadedModel:
    return open_checkpoint(subject.model, device=subject.device, precision=subject.precision, progress=False)


def _make_ready(loaded: LoadedModel) -> None:
    """What belongs to loading, though it waits for the first frame: the precision, and the weights' digest."""
    from r2cli.memory.key import clip_digest

    clip_digest(loaded)
    _ = loaded.backbone.precision


def _place(loaded: LoadedModel) -> Facts:
    """Where and how it computes."""
    from r2cli.backbones.devices import try_device

    kind = loaded.device.type
    return {
        "precision": loaded.backbone.precision,
        "device": kind,
        "device_name": try_device(kind).name,
        "cores": usable_cores(),
    }


def _reading(subject: Subject) -> Reading:
    return Reading(sampling=subject.sampling, hwaccel=subject.hwaccel, reuse=subject.reuse)


def _sample(subject: Subject, loaded: LoadedModel) -> Facts:
    from r2cli.video import probe, sample_frames

    rate, decoded, clips = loaded.checkpoint.clips_per_second, 0, 0
    pixels = loaded.backbone.pixels
    frames = sample_frames(
        *(probe(subject.video), rate, loaded.backbone.size),
        sampling=subject.sampling,
        hwaccel=subject.hwaccel,
        interpolation=pixels.interpolation,
        resize=pixels.resize,
    )
    with stopwatch() as facts:
        for batch in frames:
            decoded, clips = decoded + batch.decoded, clips + len(batch.times)
    return facts | {"decoded": decoded, "clips": clips}


def _encode(loaded: LoadedModel, count: int) -> Facts:
    import numpy as np

    from r2cli.backbones.choose_precision import trial_frames

    pictures = np.concatenate([trial_frames(loaded.backbone.size)] * (-(-count // 2)))[:count]
    loaded.backbone.encode_frames(pictures[: loaded.backbone.batch])  # the first batch pays for what torch prepares
    with stopwatch() as facts:
        for start in range(0, count, loaded.backbone.batch):
            loaded.backbone.encode_frames(pictures[start : start + loaded.backbone.batch])[0, 0, 0, 0].item()
    return facts | {"pictures": count}


def main(name: str, subject: str) -> int:
    """Do one task; the answer is a line of JSON on standard output."""
    try:
        answer = TASKS[name](Subject(**json.loads(subject)))
    except R2Error as error:
        answer = {"error": {"message": error.message, "hint": error.hint, "exit_code": error.exit_code}}
    sys.stdout.write(json.dumps({"height": own_height(), **answer}) + "\n")
    return EXPLAINED if "error" in answer else 0


if __name__ == "__main__":
    prepare_process()
    sys.exit(main(*sys.argv[1:]))
