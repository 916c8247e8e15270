"""Ego4D, natural language queries (Grauman et al., CVPR 2022): footage of head cameras."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from r2cli.datasets.dataset import Dataset, Sample, Source, find_annotations, in_folders
from r2cli.datasets.grounding import read_grounding_lines
from r2cli.datasets.lines import Line, json_file


def _files(split: str) -> tuple[str, ...]:
    official = "nlq_test_unannotated.json" if split == "test" else f"nlq_{split}.json"
    return official, f"nlq_{split}.jsonl"


def _read(folder: Path, split: str) -> Iterator[Sample]:
    path = find_annotations(folder, _files(split))
    return read_grounding_lines(path) if path.suffix == ".jsonl" else _read_official(path)


def _read_official(path: Path) -> Iterator[Sample]:
    """Videos, of which clips, of which annotations, of which queries: what is searched is a clip."""
    for video in _entries(json_file(path), "videos"):
        for clip in _entries(video, "clips"):
            name = clip.text("clip_uid")
            length = clip.number("video_end_sec") - clip.number("video_start_sec")
            for annotation in _entries(clip, "annotations"):
                for number, asked in enumerate(_entries(annotation, "language_queries")):
                    query = asked.fields.get("query")
                    if not isinstance(query, str) or not query.strip():
                        continue  # a few were published without their text
                    yield Sample(
                        f"{annotation.text('annotation_uid')}_{number}", name, query.strip(), _windows(asked), length
                    )


def _windows(asked: Line) -> tuple[tuple[float, float], ...] | None:
    if "clip_start_sec" not in asked.fields:
        return None
    return ((float(asked.number("clip_start_sec")), float(asked.number("clip_end_sec"))),)


def _entries(line: Line, name: str) -> Iterator[Line]:
    given: list[Any] = line.take(name, list)
    for number, fields in enumerate(given):
        if not isinstance(fields, dict):
            raise line.complaint(f"{name!r} must hold objects")
        yield Line(f"{line.place}, {name} {number}", fields)


EGO4D = Dataset(
    name="ego4d",
    about="questions about footage of head cameras, in clips of eight minutes (Ego4D-NLQ)",
    task="moments",
    splits=("train", "test", "val"),  # what is true of `test` is kept secret
    read=_read,
    film=in_folders("videos", "clips", ""),
    measure="moments",
    source=Source(
        annotations="https://ego4d-data.org (after signing its licence): annotations/nlq_*.json",
        videos="https://ego4d-data.org (after signing its licence): clips",
        licence="Ego4D licence",
    ),
    files=_files,
)
