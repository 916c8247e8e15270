"""QVHighlights (Lei et al., NeurIPS 2021): moments and rated clips of vlogs and news."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from r2cli.datasets.dataset import Dataset, Sample, Scale, Source, find_annotations, in_folders
from r2cli.datasets.grounding import CLIP, read_grounding_lines


def _files(split: str) -> tuple[str, ...]:
    return f"highlight_{split}_release.jsonl", f"qvhighlights_{split}.jsonl"


def _read(folder: Path, split: str) -> Iterator[Sample]:
    return read_grounding_lines(find_annotations(folder, _files(split)))


QVHIGHLIGHTS = Dataset(
    name="qvhighlights",
    about="moments of vlogs and news that fit a sentence, each of their clips rated by three people",
    task="moments",
    splits=("train", "test", "val"),  # what is true of `test` is kept secret
    read=_read,
    film=in_folders("videos", ""),
    measure="moments",
    source=Source(
        annotations="https://github.com/jayleicn/moment_detr/tree/main/data",
        videos="https://nlp.cs.unc.edu/data/jielei/qvh/qvhilights_videos.tar.gz",
        licence="CC BY-NC-SA 4.0 (annotations)",
    ),
    scale=Scale(0, 4),
    clips_per_second=1 / CLIP,
    files=_files,
)
