import math

import numpy as np
import pytest

from r2cli.findings import Moment
from r2cli.select.similarity import weigh_similarity

SIMILARITY = np.array([0.1, 0.1, 0.5, 0.3, 0.3, 0.2])


def weigh(*moments, weight=8.0, level=0.3):
    return weigh_similarity(moments, SIMILARITY, 2.0, weight=weight, level=level)


def test_the_most_similar_clip_of_a_moment_counts():
    (moment,) = weigh(Moment(0.5, 2.0, 0.5))
    assert math.log(moment.score / (1 - moment.score)) == pytest.approx(8 * (0.5 - 0.3))
    assert (moment.start, moment.end) == (0.5, 2.0)


def test_the_level_changes_nothing_and_neither_does_no_weight():
    assert weigh(Moment(1.5, 2.5, 0.7))[0].score == pytest.approx(0.7)
    assert weigh(Moment(0.0, 1.0, 0.2), weight=0.0)[0].score == pytest.approx(0.2)


def test_the_best_comes_first_again():
    low, high = Moment(0.0, 1.0, 0.6), Moment(1.0, 1.5, 0.5)
    assert [m.start for m in weigh(low, high)] == [1.0, 0.0]


@pytest.mark.parametrize("score", [0.0, 1.0])
def test_certainty_stays_a_score(score):
    assert 0 <= weigh(Moment(0.0, 3.0, score))[0].score <= 1


@pytest.mark.parametrize(("start", "end"), [(2.99, 3.2), (3.0, 3.0), (0.0, 0.0), (1.2, 1.2)])
def test_moments_at_the_edges_and_without_length(start, end):
    assert 0 < weigh(Moment(start, end, 0.5))[0].score < 1
