import itertools
import random

import numpy as np
import pytest

from r2cli.datasets.sprites.script import Question
from r2cli.evaluation.metrics import auroc, best_iou, iou, recall_at_1
from r2cli.evaluation.sprites import BASELINE_SHARES, Answered, calibrate, grounding_row, presence, similarity_span


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((0, 10), (0, 10), 1.0),
        ((0, 10), (5, 15), 1 / 3),
        ((0, 10), (10, 20), 0.0),
        ((0, 10), (12, 20), 0.0),
        ((0, 10), (2, 4), 0.2),
        ((3, 3), (3, 3), 0.0),
    ],
)
def test_iou(first, second, expected):
    assert iou(first, second) == pytest.approx(expected)
    assert iou(second, first) == pytest.approx(expected)


def test_the_best_of_several_true_spans_counts():
    assert best_iou((10, 20), [(0, 5), (10, 18)]) == pytest.approx(0.8)
    assert best_iou(None, [(0, 5)]) == 0.0
    assert best_iou((1, 2), []) == 0.0


def test_recall_counts_what_reaches_the_threshold():
    assert recall_at_1([0.5, 0.49, 0.9, 0.0], 0.5) == 0.5


def test_auroc_agrees_with_counting_pairs():
    rng = random.Random(0)
    present = [rng.randrange(6) for _ in range(15)]
    absent = [rng.randrange(4) for _ in range(11)]
    pairs = [1.0 if p > a else 0.5 if p == a else 0.0 for p, a in itertools.product(present, absent)]
    assert auroc(present, absent) == pytest.approx(sum(pairs) / len(pairs))


def test_the_baseline_takes_the_stretch_around_the_peak():
    curve = np.array([0.0, 0.8, 0.2, 0.7, 1.0, 0.9, 0.1])
    assert similarity_span(curve, 2.0, 0.5) == (1.5, 3.0)
    assert similarity_span(np.zeros(4), 2.0, 0.5) == (0.0, 2.0)


def answered(kind, score, span=None, moments=(), similarity=0.5):
    question = Question("a dog", kind, "dog", None, moments)
    return Answered(question, span, score, ((0.0, 10.0),) * len(BASELINE_SHARES), similarity)


def test_rows_and_presence_count_what_they_say():
    answers = [
        answered("thing", 0.9, (0, 10), ((0, 10),), 0.9),
        answered("thing", 0.2, (0, 4), ((0, 10),), 0.8),
        answered("deed", 0.8, (2, 5), ((2, 5),), 0.7),
        answered("absent thing", 0.3, (0, 3), (), 0.6),
        answered("absent deed", 0.1, None, (), 0.75),
    ]
    row = grounding_row("thing", answers, BASELINE_SHARES[0])
    assert (row.queries, row.recall_50, row.recall_70, row.baseline_50) == (2, 0.5, 0.5, 1.0)
    told = presence(answers, 0.25)
    assert told.auroc == pytest.approx(5 / 6)
    assert told.baseline_auroc == pytest.approx(5 / 6)
    assert (told.answered_absent, told.missed_present) == (0.5, pytest.approx(1 / 3))


def test_calibration_balances_both_errors():
    answers = [answered("thing", s, (0, 10), ((0, 10),)) for s in (0.35, 0.6, 0.7, 0.8)]
    answers += [answered("absent thing", s) for s in (0.1, 0.2, 0.3, 0.55)]
    threshold, share = calibrate(answers)
    told = presence(answers, threshold)
    assert told.answered_absent == told.missed_present
    assert share in BASELINE_SHARES
