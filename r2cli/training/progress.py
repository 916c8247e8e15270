"""What a training run tells: a table of every step for programs, and now and then a line for people."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

from r2cli.writing import explained, replace_text


class StepTable:
    """A CSV file with one row per step; a run that goes on goes on in it, and no step is there twice.

    Args:
        path: Of the file.
        start: The first step to be added; rows of it and of later ones, from before an interruption, go.
    """

    def __init__(self, path: Path, start: int) -> None:
        self._path = path
        kept = _rows_before(path, start)
        if kept or path.exists():
            replace_text(path, "".join(kept), is_durable=False)
        self._file: TextIO | None = None
        self._is_empty = not kept

    def add(self, step: int, values: Mapping[str, float]) -> None:
        """Add a row, and see that it is on disk: the last step before a crash is the one that matters."""
        with explained(self._path):
            if self._file is None:
                self._file = self._path.open("a", encoding="utf-8", newline="")
            writer = csv.writer(self._file)
            if self._is_empty:
                writer.writerow(["step", *values])
                self._is_empty = False
            writer.writerow([step, *(f"{value:.9g}" for value in values.values())])
            self._file.flush()

    def close(self) -> None:
        """Close the file; if nothing was added, there is none."""
        if self._file is not None:
            self._file.close()


def _rows_before(path: Path, start: int) -> list[str]:
    if not start or not path.exists():
        return []
    with explained(path), path.open(encoding="utf-8", newline="") as file:
        heading, *rows = [*file.readlines(), ""]
    steps = ((row, row.partition(",")[0]) for row in rows if row.endswith("\n"))
    return [heading, *(row for row, step in steps if step.isdigit() and int(step) < start)]


def read_table(path: Path) -> dict[str, list[float]]:
    """What `StepTable` wrote, by columns; nothing where there is no such file."""
    if not path.exists():
        return {}
    with explained(path), path.open(encoding="utf-8", newline="") as file:
        rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
    return {name: [row[name] for row in rows] for name in (rows[0] if rows else ())}


def mean_of(recent: Sequence[Mapping[str, float]]) -> str:
    """The mean of every loss over the last steps, for people."""
    means = {name: sum(row[name] for row in recent) / len(recent) for name in recent[0]}
    return "  ".join(f"{name} {value:.4f}" for name, value in means.items())
