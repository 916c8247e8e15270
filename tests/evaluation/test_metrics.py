import itertools
import random

import numpy as np
import pytest

from r2cli.datasets.dataset import Sample
from r2cli.datasets.sprites.rows import SPRITES
from r2cli.evaluation.grounding import overlap_matrix
from r2cli.evaluation.metrics import auroc
from r2cli.evaluation.run import Answers, judge
from r2cli.evaluation.sprites import (
    BASELINE_SHARES,
    MODEL,
    SIMILARITY,
    calibrate,
    presence,
    similarity_span,
    with_share,
)
from r2cli.evaluation.submission import Prediction


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
def test_overlaps(first, second, expected):
    for one, other in ((first, second), (second, first)):
        assert overlap_matrix(np.array([one], dtype=float), np.array([other], dtype=float)) == pytest.approx(expected)


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


def answered(*rows):
    """Answers to questions of (kind, score, span, true moments, highest similarity)."""
    samples, model, baseline = [], [], []
    for number, (kind, score, span, moments, similarity) in enumerate(rows):
        samples.append(Sample(number, str(number), "a dog", moments, 60.0, kind=kind))
        windows = np.array([(*span, score)] if span else []).reshape(-1, 3)
        model.append(Prediction(number, str(number), "a dog", windows))
        same = np.array([(0.0, 10.0, similarity)] * len(BASELINE_SHARES))
        baseline.append(Prediction(number, str(number), "a dog", same))
    return Answers(tuple(samples), {MODEL: tuple(model), SIMILARITY: tuple(baseline)})


def test_rows_and_presence_count_what_they_say():
    answers = answered(
        ("thing", 0.9, (0, 10), ((0, 10),), 0.9),
        ("thing", 0.2, (0, 4), ((0, 10),), 0.8),
        ("deed", 0.8, (2, 5), ((2, 5),), 0.7),
        ("absent thing", 0.3, (0, 3), (), 0.6),
        ("absent deed", 0.1, None, (), 0.75),
    )
    result = judge(SPRITES, "test", with_share(answers, BASELINE_SHARES[0]))
    assert (result.videos, result.queries, len(result.rows)) == (5, 5, 4)
    things, baseline = result.row(MODEL, "thing"), result.row(SIMILARITY, "thing")
    assert (things.queries, things.metrics["MR-full-R1@0.5"], things.metrics["MR-full-R1@0.7"]) == (2, 50, 50)
    assert (things.metrics["MR-full-R1@0.4"], baseline.metrics["MR-full-R1@0.5"]) == (100, 100)
    told = presence(answers, 0.25).metrics
    assert told["AUROC"] == pytest.approx(100 * 5 / 6)
    assert told["similarity AUROC"] == pytest.approx(100 * 5 / 6)
    assert (told["absent answered"], told["present missed"]) == (50, pytest.approx(100 / 3))


def test_calibration_balances_both_errors():
    present = [("thing", score, (0, 10), ((0, 10),), 0.5) for score in (0.35, 0.6, 0.7, 0.8)]
    absent = [("absent thing", score, (0, 10), (), 0.5) for score in (0.1, 0.2, 0.3, 0.55)]
    answers = answered(*present, *absent)
    threshold, share = calibrate(answers)
    told = presence(answers, threshold).metrics
    assert told["absent answered"] == told["present missed"]
    assert share in BASELINE_SHARES
