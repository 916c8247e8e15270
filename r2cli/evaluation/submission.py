"""Answers to a whole data set in a file: the format in which QVHighlights takes submissions, one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from r2cli.datasets.dataset import Sample
from r2cli.datasets.lines import Line, json_lines
from r2cli.errors import UnreadableInputError
from r2cli.writing import beside


def _nothing() -> NDArray[np.float64]:
    return np.zeros((0, 3))


@dataclass(frozen=True)
class Prediction:
    """What was answered to one query."""

    id: str | int
    video: str
    query: str = ""
    windows: NDArray[np.float64] = field(default_factory=_nothing)
    """[N, 3]: start s, end s, score; best first."""
    saliency: Sequence[float] = ()
    """One per clip."""


def write_predictions(path: Path, predictions: Iterable[Prediction], *, force: bool = False) -> None:
    """Write a submission.

    Raises:
        NameTakenError: The name is taken.
        CommandLineError: Nothing can be written there.
    """
    with beside(path, force=force) as fresh, fresh.open("w", encoding="utf-8") as file:
        for one in predictions:
            row = {
                "qid": one.id,
                "query": one.query,
                "vid": one.video,
                "pred_relevant_windows": [[round(value, 4) for value in window] for window in one.windows.tolist()],
                "pred_saliency_scores": [round(float(score), 4) for score in one.saliency],
            }
            file.write(json.dumps(row) + "\n")


def read_predictions(path: Path) -> dict[str, Prediction]:
    """Read a submission.

    Returns:
        By the query's id, as text.

    Raises:
        UnreadableInputError: The file is missing, or a line of it makes no sense; the message says which.
    """
    return {str(one.id): one for one in _predictions(path)}


def _predictions(path: Path) -> Iterator[Prediction]:
    for line in json_lines(path):
        name = line.take("qid", (str, int))
        yield Prediction(
            name,
            video=str(line.take("vid", (str, int), default="")),
            query=line.take("query", str, default=""),
            windows=_windows(line),
            saliency=line.numbers("pred_saliency_scores"),
        )


def _windows(line: Line) -> NDArray[np.float64]:
    given: Any = line.take("pred_relevant_windows", list, default=[])
    try:
        rows = np.asarray(given, dtype=np.float64).reshape(len(given), 3)
        if np.isfinite(rows).all():
            return rows
    except (TypeError, ValueError):
        pass
    raise line.complaint("pred_relevant_windows must be a list of [start, end, score]")


def match(samples: Sequence[Sample], predictions: dict[str, Prediction], path: Path) -> list[Prediction]:
    """The predictions in the order of the samples.

    Raises:
        UnreadableInputError: A query has none.
    """
    missing = [sample.id for sample in samples if str(sample.id) not in predictions]
    if missing:
        count = "one query" if len(missing) == 1 else f"{len(missing)} queries"
        raise UnreadableInputError(
            f"{path} has no answer to {count} of the annotations (the first: {missing[0]})",
            "an answer without windows is one too: write an empty list",
        )
    return [predictions[str(sample.id)] for sample in samples]
