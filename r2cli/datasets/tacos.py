"""TACoS (Regneri et al., TACL 2013): steps of cooking before a fixed camera."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from r2cli.datasets.dataset import Dataset, Sample, Source, find_annotations, in_folders
from r2cli.datasets.grounding import read_grounding_lines
from r2cli.datasets.lines import Line, json_file

_CAMERA = "{}-cam-002"
"""The camera whose films are annotated; the files' names say which, the annotations do not."""


def _files(split: str) -> tuple[str, ...]:
    return f"{split}.json", f"{split}.jsonl"


def _read(folder: Path, split: str) -> Iterator[Sample]:
    path = find_annotations(folder, _files(split))
    return read_grounding_lines(path, _CAMERA) if path.suffix == ".jsonl" else _read_official(path)


def _read_official(path: Path) -> Iterator[Sample]:
    """One entry a video: `num_frames`, `fps`, and for each of the `sentences` its `timestamps` in frames."""
    whole, number = json_file(path), 0
    for name in whole.fields:
        entry = Line(f"{path}, {name}", whole.take(name, dict))
        rate, frames = entry.number("fps"), entry.number("num_frames")
        sentences, spans = entry.take("sentences", list), entry.spans("timestamps") or ()
        if rate <= 0 or frames <= 0 or len(sentences) != len(spans):
            raise entry.complaint("expected frames, a rate, and as many timestamps as sentences")
        video = _CAMERA.format(PurePosixPath(name).stem)
        for sentence, (start, end) in zip(sentences, spans, strict=True):
            yield Sample(number, video, str(sentence).strip(), ((start / rate, end / rate),), frames / rate)
            number += 1


TACOS = Dataset(
    name="tacos",
    about="steps of cooking before a fixed camera, in videos of five minutes",
    task="moments",
    splits=("train", "val", "test"),
    read=_read,
    film=in_folders("videos", ""),
    measure="moments",
    source=Source(
        annotations="https://github.com/microsoft/VideoX/tree/master/2D-TAN/data/TACoS (the split that papers use)",
        videos="https://datasets.d2.mpi-inf.mpg.de/MPII-Cooking-2/MPII-Cooking-2-videos.tar.gz",
        licence="for research only (MPII Cooking 2)",
    ),
    files=_files,
)
