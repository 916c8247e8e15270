"""How often something happens: held against all the ways in which spans can be there or not."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from r2cli.algebra.counting import chances, count, number_of
from r2cli.algebra.tally import Count


def test_the_number_is_distributed_as_all_ways_together_say():
    shares = np.array([0.9, 0.5, 0.2, 0.7])
    expected = np.zeros(5)
    for there in product((0, 1), repeat=4):
        expected[sum(there)] += np.prod(np.where(there, shares, 1 - shares))
    np.testing.assert_allclose(number_of(shares), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([], Count(0, 0, 0)),
        ([1.0, 1.0], Count(2, 2, 2)),
        ([0.999, 0.001, 0.002], Count(1, 1, 1)),
        ([0.5, 0.5, 0.5, 0.5], Count(2, 1, 4)),
        ([0.9, 0.9, 0.3], Count(2, 1, 3)),
        ([0.93], Count(1, 1, 1)),
        ([0.6], Count(1, 0, 1)),
        ([0.02] * 5, Count(0, 0, 0)),
    ],
)
def test_the_most_likely_number_and_where_nine_of_ten_lie(scores, expected):
    assert count(np.array(scores), 1.0, 0.0) == expected


def test_chances_are_scores_whose_log_odds_are_stretched_and_moved():
    np.testing.assert_allclose(chances(np.array([0.2, 0.9]), 1.0, 0.0), [0.2, 0.9])
    stretched = chances(np.array([0.2, 0.5, 0.9]), 2.0, 0.5)
    np.testing.assert_allclose(np.log(stretched / (1 - stretched)), 2 * np.log([0.25, 1, 9]) + 0.5)
    assert chances(np.array([0.0, 1.0]), 3.0, 0.0).tolist() == pytest.approx([0, 1])


def test_the_interval_holds_the_true_number_as_often_as_it_says():
    """On films that are drawn from the very chances: at least nine of ten, since numbers are whole."""
    rng = np.random.default_rng(7)
    held = 0
    for _ in range(400):
        shares = rng.beta(0.4, 0.6, rng.integers(1, 12))
        true = int((rng.random(len(shares)) < shares).sum())
        told = count(shares, 1.0, 0.0)
        held += told.low <= true <= told.high
    assert held >= 0.88 * 400


def test_words():
    assert str(Count(1, 1, 1)) == "1 occurrence"
    assert str(Count(0, 0, 2)) == "0 occurrences (0 to 2 with 90 % certainty)"
