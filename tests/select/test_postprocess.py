"""Selection against recorded results of the authors' evaluation, and what it promises beyond them."""

from __future__ import annotations

import numpy as np
import pytest

from r2cli.findings import Moment
from r2cli.select.postprocess import select_moments
from tests.golden.recipes import read_json
from tests.golden.recorded import arrays

SETS = read_json("postprocess.json")


def rows(moments):
    return np.array([[moment.start, moment.end, moment.score] for moment in moments]).reshape(-1, 3)


@pytest.mark.parametrize("number", range(len(SETS)), ids=lambda number: f"{number}-{SETS[number]['name']}")
def test_moments_are_those_of_the_authors(number):
    recorded, entry = arrays("postprocess"), SETS[number]
    boundary, expected = recorded[f"{number:02d}.boundary"], recorded[f"{number:02d}.windows"]

    found = rows(select_moments(boundary, entry["duration"], unit=entry["unit"], suppression=entry["suppression"]))

    # Two windows that last no time have an overlap of 0/0: the authors' scores become NaN, ours stay what they were.
    spoiled = expected[np.isnan(expected[:, 2])]
    is_spoiled = (np.abs(found[:, None, :2] - spoiled[None, :, :2]).max(axis=2, initial=0) < 1e-4).any(axis=1)
    assert (found[is_spoiled, 0] == found[is_spoiled, 1]).all()
    assert is_spoiled.sum() >= len(spoiled)
    kept = expected[expected[:, 2] > 0]  # the authors keep what they suppressed, with score 0
    kept = kept[~(np.abs(kept[:, None, :2] - spoiled[None, :, :2]).max(axis=2, initial=0) < 1e-4).any(axis=1)]
    np.testing.assert_allclose(found[~is_spoiled], kept, rtol=0, atol=1e-5)


def draw(count: int = 60) -> np.ndarray:
    rng = np.random.default_rng(7)
    start = rng.uniform(-5, 100, count)
    return np.column_stack((start, start + rng.uniform(0, 30, count), rng.uniform(0, 1, count)))


@pytest.mark.parametrize("suppression", ["normal", "linear", None])
@pytest.mark.parametrize("unit", [None, 2.0])
def test_cuts_never_move_a_moment(suppression, unit):
    everything = select_moments(draw(), 100, unit=unit, suppression=suppression)

    for top in (1, 3, 1000):
        assert select_moments(draw(), 100, unit=unit, suppression=suppression, top=top) == everything[:top]
    above = select_moments(draw(), 100, unit=unit, suppression=suppression, min_score=0.4)
    assert above == [moment for moment in everything if moment.score >= 0.4]
    assert 0 < len(above) < len(everything)


@pytest.mark.parametrize("suppression", ["normal", "linear", None])
def test_the_order_of_the_boundaries_does_not_matter(suppression):
    boundary = draw()
    boundary[10:20, 2] = boundary[10, 2]  # equals, some of which overlap
    shuffled = np.random.default_rng(1).permutation(boundary)

    found = select_moments(boundary, 100, unit=None, suppression=suppression)

    assert found == select_moments(shuffled, 100, unit=None, suppression=suppression)
    assert found == sorted(found, key=lambda moment: (-moment.score, moment.start))


def test_moments_stay_inside_the_video():
    found = select_moments([[-3, 4, 0.9], [8, 30, 0.8], [40, 50, 0.7]], 20.0, unit=None, suppression="normal")

    assert found == [Moment(0, 4, 0.9), Moment(8, 20, 0.8), Moment(20, 20, 0.7)]


def test_only_what_ends_before_the_video_is_rounded_and_nothing_past_its_end():
    boundary = [[3.1, 9.2, 0.9], [11.3, 40, 0.8], [7.2, 14.8, 0.7]]

    found = select_moments(boundary, 15.3, unit=2, suppression=None)

    assert found == [Moment(4, 10, 0.9), Moment(11.3, 15.3, 0.8), Moment(8, 14, 0.7)]
    assert select_moments([[0.4, 4.9, 0.5]], 4.95, unit=2, suppression=None) == [Moment(0, 4, 0.5)]
    assert select_moments([[0.4, 5.2, 0.5]], 5.3, unit=2, suppression=None) == [Moment(0, 5.3, 0.5)]  # not 6


def test_halves_are_rounded_to_even_and_read_like_the_unit():
    boundary = [[1.0, 3.0, 0.9], [5.0, 7.0, 0.8]]

    assert rows(select_moments(boundary, 90, unit=2, suppression=None))[:, :2].tolist() == [[0, 4], [4, 8]]
    (moment,) = select_moments([[0.31, 0.72, 0.5]], 9, unit=0.1, suppression=None)
    assert (moment.start, moment.end) == (0.3, 0.7)  # not 0.30000000000000004


def test_normal_suppression_drops_what_is_seven_tenths_the_same():
    boundary = [[0, 10, 0.9], [0, 7, 0.8], [0, 6.9, 0.7], [20, 30, 0.1]]

    assert [m.score for m in select_moments(boundary, 90, unit=None, suppression="normal")] == [0.9, 0.7, 0.1]


def test_what_was_dropped_drops_nothing_itself():
    chain = [[0, 10, 0.9], [2, 10, 0.8], [3.5, 10, 0.7]]  # each 0.8 of the one before, the last 0.65 of the first

    assert [m.start for m in select_moments(chain, 90, unit=None, suppression="normal")] == [0, 3.5]


def test_linear_suppression_weakens_by_the_overlap_and_reorders():
    boundary = [[0, 10, 0.9], [0, 8, 0.8], [20, 30, 0.5]]

    found = select_moments(boundary, 90, unit=None, suppression="linear")

    assert [m.start for m in found] == [0, 20, 0]
    assert [m.score for m in found] == pytest.approx([0.9, 0.5, 0.8 * 0.2])


@pytest.mark.parametrize("suppression", ["normal", "linear"])
def test_moments_without_length_do_not_suppress_each_other(suppression):
    boundary = [[30, 40, 0.9], [50, 60, 0.8]]

    found = select_moments(boundary, 20, unit=None, suppression=suppression)

    assert [m.score for m in found] == [0.9, 0.8]


@pytest.mark.parametrize("nothing", [np.empty((0, 3)), [[0, 1, 0.0]], [[np.nan, 1, 0.5]], [[0, 1, np.nan]]])
def test_nothing_to_say(nothing):
    assert select_moments(nothing, 10, unit=2, suppression="normal") == []


def test_the_input_is_left_alone():
    boundary = draw()
    before = boundary.copy()

    select_moments(boundary, 50, unit=2, suppression="linear")

    assert (boundary == before).all()
