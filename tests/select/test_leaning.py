"""A trained model's boundaries, corrected by similarity: where both speak of the same, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from r2cli.select.leaning import AGREEMENT, SAME, UNEVENNESS, lean_on_stretches

HIGH, LOW = 10.0, 0.0
RATE = 2.0


def lean(rows: list[tuple[float, float, float]], *pieces: tuple[int, float], end: float | None = None) -> np.ndarray:
    logits = np.concatenate([np.full(clips, value) for clips, value in pieces])
    return lean_on_stretches(
        np.array(rows).reshape(-1, 3), logits, np.full(len(logits) - 1, 0.9), RATE, end or len(logits) / RATE
    )


def odds(score: float) -> float:
    return float(np.log(score / (1 - score)))


def test_ends_are_put_in_the_middle_of_both():
    (row,) = lean([(4.0, 9.0, 0.6)], (10, LOW), (10, HIGH), (10, LOW))

    assert row[:2].tolist() == [4.5, 9.5]
    inside = np.array([LOW, *[HIGH] * 9])
    share = 4 / 6  # of [4, 9] and [5, 10]
    assert odds(row[2]) == pytest.approx(
        odds(0.6) + AGREEMENT * (share - SAME) - UNEVENNESS * (HIGH - inside.mean()), abs=1e-6
    )


def test_what_nothing_speaks_for_keeps_its_ends_and_sinks():
    (row,) = lean([(0.0, 2.0, 0.6)], (10, LOW), (10, HIGH), (10, LOW))

    assert row[:2].tolist() == [0.0, 2.0]
    assert row[2] < 0.6


def test_a_boundary_that_is_a_stretch_stays_where_it_is_and_rises():
    (row,) = lean([(5.0, 10.0, 0.6)], (10, LOW), (10, HIGH), (10, LOW))

    assert row[:2].tolist() == [5.0, 10.0]
    assert odds(row[2]) == pytest.approx(odds(0.6) + AGREEMENT * (1 - SAME))


def test_each_occurrence_has_its_own_stretch_and_the_order_stays():
    rows = lean([(13.0, 19.0, 0.4), (2.0, 5.0, 0.9)], (4, LOW), (8, HIGH), (16, LOW), (8, HIGH), (4, LOW))

    assert rows[:, :2].tolist() == [[13.5, 18.5], [2.0, 5.5]]


def test_nothing_reaches_beyond_the_video():
    rows = lean([(-3.0, 5.0, 0.5), (6.0, 30.0, 0.5)], (10, HIGH), (4, LOW), (7, HIGH), end=10.25)

    assert (rows[:, 0] >= 0).all()
    assert (rows[:, 1] <= 10.25).all()


@pytest.mark.parametrize("score", [0.0, 1.0])
def test_scores_stay_between_0_and_1(score):
    assert 0 < lean([(5.0, 10.0, score)], (10, LOW), (10, HIGH), (10, LOW))[0, 2] < 1


def test_nothing_found_stays_nothing():
    assert lean([], (10, HIGH)).shape == (0, 3)
