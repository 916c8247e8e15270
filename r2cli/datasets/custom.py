"""Anybody's own data set: a folder of videos, and a file that says what happens in them when."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from r2cli.datasets.dataset import Dataset, Sample, Scale, Source, find_annotations, find_video, in_folders
from r2cli.datasets.lines import Line, csv_lines, json_lines
from r2cli.errors import UnreadableInputError

FIELDS = ("video", "query", "windows", "saliency", "duration", "id")
"""What a line may say; the first three it must."""

_HIGHEST = 4.0
"""Saliency of 1, on the scale of QVHighlights, whose measures count."""


def _files(split: str) -> tuple[str, ...]:
    return f"{split}.jsonl", f"{split}.csv"


def _read(folder: Path, split: str) -> Iterator[Sample]:
    path = find_annotations(folder, _files(split))
    seen: set[str] = set()
    for number, line in enumerate(_lines(path)):
        sample = _sample(line, number)
        _require_video(folder, line, sample.video)
        if str(sample.id) in seen:
            raise line.complaint(f"there is a line with the id {sample.id} already")
        seen.add(str(sample.id))
        yield sample


def _lines(path: Path) -> Iterator[Line]:
    return json_lines(path) if path.suffix == ".jsonl" else map(_from_text, csv_lines(path))


def _from_text(line: Line) -> Line:
    """A row of CSV as if it had been JSON: `1-4.5; 7-9` are windows, `0 0.5 1` is saliency; nothing: it never is."""
    fields = dict(line.fields)
    try:
        spans = [part.rsplit("-", 1) for part in str(fields.get("windows", "")).split(";") if part.strip()]
        fields["windows"] = [[float(start), float(end)] for start, end in spans]
        if "saliency" in fields:
            fields["saliency"] = [float(value) for value in str(fields["saliency"]).split()]
        if "duration" in fields:
            fields["duration"] = float(fields["duration"])
    except ValueError as error:
        raise line.complaint("expected windows as in 1-4.5; 7-9, saliency as in 0 0.5 1, seconds as in 12.5") from error
    return Line(line.place, fields)


def _sample(line: Line, number: int) -> Sample:
    if unknown := sorted(set(line.fields) - set(FIELDS)):
        raise line.complaint(f"{unknown[0]!r} means nothing here; there are: {', '.join(FIELDS)}")
    windows = line.spans("windows")
    if windows is None:
        raise line.complaint("'windows' is missing")
    duration = line.number("duration", default=None)
    for start, end in windows:
        if not 0 <= start < end:
            raise line.complaint(f"a window must begin at 0 or later and end after it begins, not {start:g}-{end:g}")
        if duration is not None and start >= duration:
            raise line.complaint(f"the window {start:g}-{end:g} begins after the video's end at {duration:g}")
    name = line.take("id", (str, int), default=number)
    return Sample(name, line.text("video"), line.text("query"), windows, duration, _ratings(line))


def _ratings(line: Line) -> NDArray[np.float64] | None:
    saliency = line.numbers("saliency")
    if not all(0 <= value <= 1 for value in saliency):
        raise line.complaint("'saliency' must be a number from 0 to 1 for every clip")
    return _HIGHEST * np.array(saliency)[:, None] if saliency else None


def _require_video(folder: Path, line: Line, name: str) -> None:
    try:
        find_video(folder, name)
    except UnreadableInputError as error:
        raise line.complaint(error.message) from error


CUSTOM = Dataset(
    name="custom",
    about="your own: a folder of videos, with train.jsonl, val.jsonl and test.jsonl (or .csv) in it",
    task="moments",
    splits=("train", "val", "test"),
    read=_read,
    film=in_folders("videos", ""),
    measure="moments",
    source=Source(
        annotations=json.dumps({"video": "a.mp4", "query": "a dog jumps", "windows": [[3.5, 8]]})
        + ", one line a query",
        videos="in the folder, or in its folder videos",
        licence="yours",
    ),
    scale=Scale(0, _HIGHEST),
    files=_files,
)
