"""One evaluation for all data sets: the product's own functions answer, and every set has its measure."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from r2cli.datasets.dataset import Dataset, Sample
from r2cli.errors import UnreadableInputError
from r2cli.evaluation.bootstrap import Bootstrap
from r2cli.evaluation.grounding import grounding_table
from r2cli.evaluation.ranking import ranking_table, top_five_table, trapezia_table
from r2cli.evaluation.submission import Prediction
from r2cli.findings import Findings
from r2cli.memory import Reading
from r2cli.tasks.open_video import open_video
from r2cli.tasks.remember import remember_video

if TYPE_CHECKING:
    from r2cli.checkpoints.load import LoadedModel

Floats = NDArray[np.float64]
Table = dict[str, Floats]
"""For each measure, by its name, one value in [0, 1] per query; NaN: the query does not count."""

MEASURES: dict[str, Callable[[Sequence[Sample], Sequence[Prediction]], Table]] = {
    "moments": grounding_table,
    "ranking": ranking_table,
    "top-five": top_five_table,
    "trapezia": trapezia_table,
}
"""How answers are judged, by `Dataset.measure`."""

Asker = Callable[[Path, Sequence[Sample]], Sequence[Prediction]]
"""Given a video's file and what is asked about it: the answers, in the same order."""


@dataclass(frozen=True)
class Row:
    """The figures of one model, or of what stands beside it for comparison."""

    who: str
    kind: str
    """Of query; empty: all of them."""
    queries: int
    metrics: dict[str, float]
    """In percent."""
    intervals: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Where 95 of 100 such figures lie, in percent; empty where nobody asked."""


@dataclass(frozen=True)
class Result:
    """Everything that an evaluation measures."""

    dataset: str
    split: str
    videos: int
    queries: int
    rows: tuple[Row, ...]

    def row(self, who: str, kind: str = "") -> Row:
        """The figures of somebody."""
        return next(row for row in self.rows if (row.who, row.kind) == (who, kind))


@dataclass(frozen=True)
class Answers:
    """What was asked, and what everybody answered."""

    samples: tuple[Sample, ...]
    said: dict[str, tuple[Prediction, ...]]
    """By who said it; in the order of the samples."""

    def of_kind(self, kind: str) -> Answers:
        """Those to one kind of query."""
        places = [place for place, sample in enumerate(self.samples) if sample.kind == kind]
        said = {who: tuple(found[place] for place in places) for who, found in self.said.items()}
        return Answers(tuple(self.samples[place] for place in places), said)

    def also(self, who: str, said: Sequence[Prediction]) -> Answers:
        """The same, and what somebody else says."""
        return Answers(self.samples, {**self.said, who: tuple(said)})


def ask_all(
    dataset: Dataset,
    folder: Path,
    split: str,
    askers: Mapping[str, Asker],
    *,
    videos: int | None = None,
    on_progress: Callable[[int, int], None] = lambda videos, queries: None,
) -> Answers:
    """Ask everybody everything.

    Args:
        dataset: Which.
        folder: Where it is.
        split: Which part of it.
        askers: Who answers, by name.
        videos: Only the first so many; None: all.
        on_progress: Told after every video how many there were, and how many queries.

    Raises:
        R2Error: An annotation or a video cannot be read, or whatever an asker raises.
    """
    asked: list[Sample] = []
    said: dict[str, list[Prediction]] = {who: [] for who in askers}
    with tempfile.TemporaryDirectory(prefix="r2-eval-") as scratch:
        for number, group in enumerate(by_video(dataset.samples(folder, split), videos), start=1):
            path = dataset.film(folder, group[0].video, Path(scratch))
            for who, ask in askers.items():
                said[who] += ask(path, group)
            asked += group
            if path.is_relative_to(scratch):
                path.unlink()
            on_progress(number, len(asked))
    if not asked:
        raise UnreadableInputError(f"the split {split} of {dataset.name} holds no query", "see: r2 data check")
    return Answers(tuple(asked), {who: tuple(found) for who, found in said.items()})


def by_video(samples: Iterator[Sample], videos: int | None = None) -> Iterator[tuple[Sample, ...]]:
    """The samples of each video together; of an endless set, no more are read than are wanted."""
    groups: dict[str, list[Sample]] = {}
    for sample in samples:
        if videos is not None and sample.video not in groups and len(groups) >= videos:
            break
        groups.setdefault(sample.video, []).append(sample)
    yield from map(tuple, groups.values())


def judge(dataset: Dataset, split: str, answers: Answers, *, intervals: bool = False) -> Result:
    """Measure what was answered, for each kind of query.

    Args:
        dataset: Whose measure counts.
        split: Which part of it was asked about.
        answers: From `ask_all`, or from a file.
        intervals: Whether to say how sure the figures are.
    """
    rows: list[Row] = []
    for kind in dict.fromkeys(sample.kind for sample in answers.samples):
        part = answers.of_kind(kind)
        for who, said in part.said.items():
            table = MEASURES[dataset.measure](part.samples, said)
            if table:
                rows.append(make_row(who, kind, part.samples, table, intervals=intervals))
    videos = len({sample.video for sample in answers.samples})
    return Result(dataset.name, split, videos, len(answers.samples), tuple(rows))


def make_row(who: str, kind: str, samples: Sequence[Sample], table: Table, *, intervals: bool = False) -> Row:
    """Means of a table, in percent."""
    counted = int(max((~np.isnan(values)).sum() for values in table.values()))
    means = {name: 100 * float(np.nanmean(values)) for name, values in table.items()}
    spread: dict[str, tuple[float, float]] = {}
    videos = tuple(sample.video for sample in samples)
    if intervals and len(set(videos)) > 1:  # of one video, nothing can be said about others
        found = _draws_of(videos).intervals(table)
        spread = {name: (100 * low, 100 * high) for name, (low, high) in found.items()}
    return Row(who, kind, counted, means, spread)


@lru_cache(maxsize=1)
def _draws_of(videos: tuple[str, ...]) -> Bootstrap:
    """The same for all who were asked the same."""
    return Bootstrap(videos)


def compare(dataset: Dataset, answers: Answers, first: str, second: str) -> Row:
    """How much better the second is than the first, on the same queries: the difference, and how sure it is."""
    tables = [MEASURES[dataset.measure](answers.samples, answers.said[who]) for who in (first, second)]
    shared = {name: tables[1][name] - tables[0][name] for name in tables[0] if name in tables[1]}
    return make_row(f"{second} - {first}", "", answers.samples, shared, intervals=True)


def ask_model(model: LoadedModel, reading: Reading, *, whole: bool = False, rate: float | None = None) -> Asker:
    """Answers as `r2 find` and `r2 highlight` do.

    Args:
        model: Who answers.
        reading: How it looks at videos.
        whole: Let it see every video at once, as the papers do, instead of in windows that are put together.
        rate: At how many clips a second the set rates clips; None: evenly, as many as it rates.
    """

    def ask(path: Path, samples: Sequence[Sample]) -> list[Prediction]:
        video = open_video(path)
        asked = replace(model, checkpoint=replace(model.checkpoint, window=video.duration + 1)) if whole else model
        found = remember_video(video, asked, reading).ask([model.checkpoint.query or one.query for one in samples])
        return [_prediction(one, said, rate) for one, said in zip(samples, found, strict=True)]

    return ask


def _prediction(sample: Sample, found: Findings, rate: float | None) -> Prediction:
    moments = [(moment.start, moment.end, moment.score) for moment in found.moments]
    windows = np.array(moments, dtype=np.float64).reshape(-1, 3)
    scores = np.array([clip.score for clip in found.saliency])
    return Prediction(sample.id, sample.video, sample.query, windows, _as_rated(scores, sample, found, rate).tolist())


def _as_rated(scores: Floats, sample: Sample, found: Findings, rate: float | None) -> Floats:
    """The scores of the clips that people rated, from those of the clips that the model saw."""
    if sample.ratings is None or rate == found.sampling.clips_per_second:
        return scores
    clips = len(sample.ratings)
    seconds = (np.arange(clips) + 0.5) * (1 / rate if rate else found.video.duration / clips)
    seen = (seconds * found.sampling.clips_per_second).astype(int)
    rated: Floats = scores[seen.clip(max=len(scores) - 1)]
    return rated
