"""One evaluation from beginning to end: of a model on a data set, or of answers that lie in files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np

from r2cli.checkpoints.load import LoadedModel
from r2cli.datasets.dataset import Dataset, Sample
from r2cli.datasets.grounding import read_grounding_lines
from r2cli.datasets.qvhighlights import QVHIGHLIGHTS
from r2cli.errors import UnreadableInputError
from r2cli.evaluation.baseline import answer_at_random, answer_blindly, frequent_spans
from r2cli.evaluation.run import MEASURES, Answers, Result, Row, Table, ask_all, ask_model, compare, judge, make_row
from r2cli.evaluation.submission import Prediction, match, read_predictions
from r2cli.memory import Reading

BLIND, CHANCE = "most frequent spans", "random"
"""What stands beside a model: answers that do not look at the video."""
_SHUFFLES = 50
_LEARNED = 20_000
"""Queries of the training split from which is learned where moments lie."""

OnProgress = Callable[[int, int], None]


def ask_on(
    dataset: Dataset,
    folder: Path,
    split: str,
    model: LoadedModel,
    reading: Reading,
    *,
    whole: bool = False,
    videos: int | None = None,
    on_progress: OnProgress = lambda videos, queries: None,
) -> Answers:
    """Let a model answer the queries of a split.

    Args:
        dataset: Which.
        folder: Where it is.
        split: Which part.
        model: Who answers.
        reading: How it looks at videos.
        whole: Let it see every video at once, as the papers do.
        videos: Only the first so many; None: as many as are usual for the set.
        on_progress: Told after every video how many there were, and how many queries.

    Raises:
        R2Error: Something cannot be read.
    """
    asker = ask_model(model, reading, whole=whole, rate=dataset.clips_per_second)
    wanted = dataset.usual if videos is None else videos
    name = model.checkpoint.name
    return ask_all(dataset, folder, split, {name: asker}, videos=wanted, on_progress=on_progress)


def from_files(
    predictions: Sequence[Path], annotations: Path | None, dataset: Dataset, folder: Path, split: str
) -> tuple[Dataset, Answers]:
    """Take the answers from files in the format of QVHighlights' submissions.

    Args:
        predictions: One file for each who answered.
        annotations: What is true, as QVHighlights publishes it; None: the set's own.
        dataset: Whose measure counts.
        folder: Where it is.
        split: Which part.

    Returns:
        The data set that the annotations are of, and the answers.

    Raises:
        UnreadableInputError: A file is missing, a line of it makes no sense, or a query has no answer.
    """
    if annotations is None:
        samples = tuple(dataset.samples(folder, split))
    else:
        samples = tuple(read_grounding_lines(annotations))
        dataset = replace(QVHIGHLIGHTS, name=annotations.name, read=lambda folder, split: iter(samples))
    if not samples:
        raise UnreadableInputError(f"{annotations or folder} holds no query")
    said = {str(path): tuple(match(samples, read_predictions(path), path)) for path in predictions}
    return dataset, Answers(samples, said)


def sum_up(dataset: Dataset, folder: Path, split: str, answers: Answers, *, intervals: bool) -> Result:
    """Measure the answers, and beside them what can be answered without looking.

    Where nobody knows what is true, there is no row.

    Args:
        dataset: Whose measure counts.
        folder: Where it is; what moments are like is learned from its training split, if there is one.
        split: Which part was asked about.
        answers: Of one or more.
        intervals: Whether to say how sure the figures are, and whether one is better than the other.
    """
    asked = list(answers.said)
    if dataset.measure == "moments":
        answers = answers.also(BLIND, answer_blindly(answers.samples, _habits(dataset, folder, answers.samples)))
        result = judge(dataset, split, answers, intervals=intervals)
        if not result.rows:
            return result
        pairs = [(BLIND, who) for who in asked] + list(zip(asked, asked[1:], strict=False))
        more = [compare(dataset, answers, first, second) for first, second in pairs] if intervals else []
    else:
        result = judge(dataset, split, answers, intervals=intervals)
        pairs = list(zip(asked, asked[1:], strict=False))
        more = [_chance(dataset, answers.samples)]
        more += [compare(dataset, answers, first, second) for first, second in pairs] if intervals else []
    return replace(result, rows=(*result.rows, *more))


def _habits(dataset: Dataset, folder: Path, samples: Sequence[Sample]) -> list[tuple[float, float, float]]:
    """Where moments lie in the training split; where that is not to be had, in the very samples: an upper bound."""
    if "train" in dataset.splits:
        try:
            learned = frequent_spans(islice(dataset.samples(folder, "train"), _LEARNED))
        except UnreadableInputError:
            learned = []
        if learned:
            return learned
    return frequent_spans(samples)


def _chance(dataset: Dataset, samples: Sequence[Sample]) -> Row:
    measure = MEASURES[dataset.measure]
    tables: list[Table] = [measure(samples, answer_at_random(samples, seed)) for seed in range(_SHUFFLES)]
    return make_row(CHANCE, "", samples, {name: np.mean([one[name] for one in tables], axis=0) for name in tables[0]})


def predictions_of(answers: Answers) -> tuple[Prediction, ...]:
    """What the first one answered: the model, where a model was asked."""
    return next(iter(answers.said.values()))
