"""Charades-STA (Gao et al., ICCV 2017): what people do at home."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from r2cli.datasets.dataset import Dataset, Sample, Source, find_annotations, in_folders
from r2cli.datasets.grounding import read_grounding_lines
from r2cli.datasets.lines import Line, csv_lines, text_lines


def _files(split: str) -> tuple[str, ...]:
    return f"charades_sta_{split}.txt", f"charades_{split}.jsonl"


def _read(folder: Path, split: str) -> Iterator[Sample]:
    path = find_annotations(folder, _files(split))
    return read_grounding_lines(path) if path.suffix == ".jsonl" else _read_official(path, _lengths(folder, split))


def _lengths(folder: Path, split: str) -> dict[str, float]:
    """Seconds of every video, from the table of Charades itself; nothing where it is not there."""
    path = folder / f"Charades_v1_{split}.csv"
    if not path.exists():
        return {}
    return {line.text("id"): _number(line, str(line.fields.get("length", ""))) for line in csv_lines(path)}


def _read_official(path: Path, lengths: dict[str, float]) -> Iterator[Sample]:
    """Lines such as `AO8RW 0.0 6.9##a person is putting a book on a shelf.`."""
    for number, (place, text) in enumerate(text_lines(path)):
        line = Line(place, {})
        where, divided, query = text.partition("##")
        parts = where.split()
        if not divided or len(parts) != 3 or not query.strip():
            raise line.complaint("expected VIDEO START END##SENTENCE")
        video, start, end = parts[0], _number(line, parts[1]), _number(line, parts[2])
        yield Sample(number, video, query.strip(), ((start, end),), lengths.get(video))


def _number(line: Line, text: str) -> float:
    try:
        return Line(line.place, {"seconds": float(text)}).number("seconds")  # type: ignore[no-any-return]
    except ValueError as error:
        raise line.complaint(f"{text!r} is no number of seconds") from error


CHARADES = Dataset(
    name="charades",
    about="what people do at home, in home videos of half a minute",
    task="moments",
    splits=("train", "test"),
    read=_read,
    film=in_folders("videos", "Charades_v1_480", "Charades_v1", ""),
    measure="moments",
    source=Source(
        annotations="https://github.com/jiyanggao/TALL (charades_sta_*.txt), "
        "https://prior.allenai.org/projects/charades (Charades_v1_*.csv)",
        videos="https://prior.allenai.org/projects/charades",
        licence="non-commercial (Charades licence)",
    ),
    files=_files,
)
