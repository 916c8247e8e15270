"""One evaluation for all sets: who is asked what, how sure the figures are, and what stands beside them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from r2cli.datasets.dataset import Dataset, Sample, Source
from r2cli.errors import UnreadableInputError
from r2cli.evaluation.baseline import answer_blindly, frequent_spans
from r2cli.evaluation.bootstrap import Bootstrap
from r2cli.evaluation.run import MEASURES, ask_all, ask_model, compare, judge
from r2cli.evaluation.session import sum_up
from r2cli.evaluation.submission import Prediction, read_predictions, write_predictions
from r2cli.memory import Reading
from r2cli.tasks.load import load
from tests.films import make_film

WINDOWS = {"a": (0.0, 10.0), "b": (20.0, 30.0), "c": (0.0, 5.0)}
SAMPLES = [
    Sample(number, video, "q", (WINDOWS[video],), 40.0, kind="kind" if video == "c" else "")
    for number, video in enumerate("aabbbc")
]


def make_set(samples, film=lambda folder, name, scratch: Path(name)):
    return Dataset(
        "toy", "", "moments", ("train", "val"), lambda folder, split: iter(samples), film, "moments", Source("", "", "")
    )


def says(window):
    return lambda path, samples: [
        Prediction(one.id, one.video, one.query, np.array([[*window, 1.0]])) for one in samples
    ]


def test_every_video_is_made_once_and_everybody_is_asked_everything():
    made = []

    def film(folder, name, scratch):
        made.append(name)
        (scratch / name).touch()
        return scratch / name

    told = []
    dataset = make_set(SAMPLES, film)
    answers = ask_all(
        dataset, Path(), "val", {"x": says((0, 10)), "y": says((20, 30))}, on_progress=lambda *n: told.append(n)
    )
    assert made == ["a", "b", "c"]
    assert told == [(1, 2), (2, 5), (3, 6)]
    result = judge(dataset, "val", answers)
    assert [(row.who, row.kind, row.queries) for row in result.rows] == [
        *(("x", "", 5), ("y", "", 5)),
        *(("x", "kind", 1), ("y", "kind", 1)),
    ]
    assert result.row("x").metrics["MR-full-R1@0.5"] == 40
    assert result.row("y").metrics["MR-full-R1@0.5"] == 60
    assert result.row("x", "kind").metrics["MR-full-mIoU"] == 50


def test_only_the_first_videos():
    def endless():
        number = 0
        while True:
            yield Sample(number, str(number // 3), "q", ((0.0, 1.0),), 9.0)
            number += 1

    dataset = replace(make_set([]), read=lambda folder, split: endless())
    answers = ask_all(dataset, Path(), "val", {"x": says((0, 1))}, videos=2)
    assert [sample.video for sample in answers.samples] == ["0"] * 3 + ["1"] * 3


def test_a_split_without_queries_is_an_error():
    with pytest.raises(UnreadableInputError, match="holds no query"):
        ask_all(make_set([]), Path(), "val", {"x": says((0, 1))})


def test_an_interval_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(1)
    covered = 0
    for trial in range(200):
        values = (rng.random(60) < 0.7).astype(float)
        low, high = Bootstrap(range(60), draws=400, seed=trial).intervals({"x": values})["x"]
        covered += low <= 0.7 <= high
    assert 180 <= covered <= 199  # 190 expected, give or take three standard errors


def test_queries_about_one_video_are_not_independent():
    values = np.repeat(np.arange(10) % 2, 20).astype(float)
    low, high = Bootstrap(np.repeat(np.arange(10), 20).tolist()).intervals({"x": values})["x"]
    low_wrong, high_wrong = Bootstrap(range(200)).intervals({"x": values})["x"]
    assert high - low > 3 * (high_wrong - low_wrong)


def test_what_does_not_count_does_not_count():
    values = np.array([1.0, np.nan, 0.0, 1.0])
    low, high = Bootstrap("abcd").intervals({"x": values})["x"]
    assert 0 <= low < 2 / 3 < high <= 1


def test_a_paired_difference_is_surer_than_two_figures():
    rng = np.random.default_rng(0)
    samples = [Sample(n, str(n), "q", ((0.0, 10.0),), 40.0) for n in range(200)]
    hard = rng.random(200) < 0.5
    first = [Prediction(n, str(n), windows=np.array([[0, 1 if hard[n] else 10, 1.0]])) for n in range(200)]
    better = [replace(one, windows=np.array([[0, 10, 1.0]])) if n < 20 else one for n, one in enumerate(first)]
    dataset = make_set(samples)
    answers = ask_all(dataset, Path(), "val", {"first": lambda path, some: [first[one.id] for one in some]})
    row = compare(dataset, answers.also("better", better), "first", "better")
    low, high = row.intervals["MR-full-R1@0.5"]
    assert row.metrics["MR-full-R1@0.5"] == pytest.approx(hard[:20].sum() / 2)
    assert 0 < low < row.metrics["MR-full-R1@0.5"] < high < 15


def test_the_most_frequent_spans_are_shares_of_the_length():
    samples = [Sample(n, str(n), "q", ((10.0, 20.0),), 40.0) for n in range(3)]
    samples += [
        Sample(9, "9", "q", ((0.0, 8.0),), 80.0),
        Sample(10, "10", "q", None, 80.0),
        Sample(11, "11", "q", ((1, 2),)),
    ]
    spans = frequent_spans(samples)
    assert spans == [(0.25, 0.5, 0.75), (0.0, 0.1, 0.25)]
    (said,) = answer_blindly([Sample(0, "a", "q", duration=100.0)], spans)
    assert said.windows.tolist() == [[25, 50, 0.75], [0, 10, 0.25]]


def test_what_stands_beside_learns_from_the_training_split_where_there_is_one():
    train = [Sample(n, str(n), "q", ((0.0, 40.0),), 40.0) for n in range(4)]
    dataset = replace(make_set(SAMPLES), read=lambda folder, split: iter(train if split == "train" else SAMPLES))
    answers = ask_all(dataset, Path(), "val", {"x": says((0, 10))})
    row = sum_up(dataset, Path(), "val", answers, intervals=False).row("most frequent spans")
    assert row.metrics["MR-full-mIoU"] == pytest.approx(25)
    rows = sum_up(dataset, Path(), "val", answers, intervals=True).rows
    (difference,) = [one for one in rows if " - " in one.who]
    assert difference.who == "x - most frequent spans"
    assert difference.metrics["MR-full-R1@0.5"] > 0  # the first to be named is the better one
    without = replace(dataset, splits=("val",))
    row = sum_up(without, Path(), "val", answers, intervals=False).row("most frequent spans")
    assert row.metrics["MR-full-R1@0.5"] == 60


def test_answers_are_written_and_read_back(tmp_path):
    said = [Prediction(7, "v", "a dog", np.array([[1.0, 2.5, 0.75]]), [0.5, 0.25]), Prediction("x", "w", "a cat")]
    write_predictions(tmp_path / "said.jsonl", said)
    again = read_predictions(tmp_path / "said.jsonl")
    assert list(again) == ["7", "x"]
    assert again["7"].windows.tolist() == [[1.0, 2.5, 0.75]]
    assert again["7"].saliency == (0.5, 0.25)
    assert again["x"].windows.shape == (0, 3)


def test_clips_are_compared_at_the_rate_at_which_they_were_rated(tmp_path):
    make_film(tmp_path / "a.mp4", frames=80, rate=10)
    model = load("sprites")
    sample = Sample(0, "a", "a dog", ((1.0, 2.0),), 8.0, np.zeros((4, 1)))

    def scores(rate, ratings):
        (said,) = ask_model(model, Reading(cache=False), rate=rate)(
            tmp_path / "a.mp4", [replace(sample, ratings=ratings)]
        )
        return list(said.saliency)

    seen = scores(2.0, np.zeros((16, 1)))  # the model sees two clips a second
    assert len(seen) == 16
    assert scores(0.5, np.zeros((4, 1))) == [seen[2], seen[6], seen[10], seen[14]]
    assert scores(None, np.zeros((4, 1))) == [seen[2], seen[6], seen[10], seen[14]]


def test_a_whole_video_is_seen_at_once(tmp_path):
    make_film(tmp_path / "long.mp4", frames=900, rate=10)  # 90 s; the model's window has 60
    model = load("sprites")
    sample = Sample(0, "a", "a dog", ((1.0, 2.0),), 90.0)
    parts, whole = (
        ask_model(model, Reading(cache=False), whole=whole)(tmp_path / "long.mp4", [sample])[0]
        for whole in (False, True)
    )
    assert len(parts.saliency) == len(whole.saliency) == 180
    assert list(parts.saliency) != list(whole.saliency)


def test_every_set_has_a_measure():
    from r2cli.datasets.table import DATASETS

    assert {dataset.measure for dataset in DATASETS.values()} == set(MEASURES)
