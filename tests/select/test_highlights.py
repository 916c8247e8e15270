import numpy as np
import pytest

from r2cli.select.highlights import LONGEST, SHORTEST, select_highlights
from r2cli.select.timeline import Timeline


def bumps(clips, *peaks, width=4, low=0.1):
    """A curve with a plateau of `width` clips at each (clip, height)."""
    curve = np.full(clips, low)
    for first, height in peaks:
        curve[first : first + width] = height
    return curve


def spans(found):
    return [(one.start, one.end) for one in found]


def test_stretches_follow_the_curve_best_first():
    found = select_highlights(bumps(60, (10, 0.7), (30, 0.9), (50, 0.5)), 0.5, 120.0)
    assert spans(found)[:3] == [(60.0, 68.0), (20.0, 28.0), (100.0, 108.0)]
    assert [one.score for one in found[:3]] == pytest.approx([0.9, 0.7, 0.5])
    assert found[0].peak == 61.0


def test_a_dip_below_zero_moves_no_edge():
    curve = bumps(60, (20, 0.13), width=14, low=-0.01)
    clean = select_highlights(curve, 2.0, 30.0)[0]
    curve[50:52] = -0.3
    assert select_highlights(curve, 2.0, 30.0)[0] == clean
    assert (clean.start, clean.end) == (10.0, 17.0)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("length", [None, 3.0, 10.0, 47.3])
def test_no_two_stretches_overlap_and_all_are_in_the_video(seed, length):
    rng = np.random.default_rng(seed)
    clips = int(rng.integers(1, 200))
    duration = clips / 2 - float(rng.uniform(0, 0.5))
    found = select_highlights(rng.random(clips), 2.0, duration, length=length)
    inside = sorted(spans(found))
    assert found
    assert all(0 <= start < end <= duration for start, end in inside)
    assert all(before[1] <= after[0] + 1e-6 for before, after in zip(inside, inside[1:], strict=False))
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert all(one.start <= one.peak <= one.end for one in found)
    if length is not None:
        assert all(one.end - one.start == pytest.approx(min(length, duration)) for one in found)
    else:
        assert all(min(SHORTEST, duration) - 1e-6 <= one.end - one.start <= LONGEST + 1e-6 for one in found)


@pytest.mark.parametrize("length", [2.0, 5.0, 9.0])
def test_the_first_stretch_of_a_given_length_is_nowhere_better(length):
    curve = np.random.default_rng(3).random(80)
    best = select_highlights(curve, 2.0, 40.0, length=length)[0]
    timeline = Timeline(curve, 2.0, 40.0)
    assert max(timeline.score(start, start + length) for start in np.arange(0, 40 - length, 0.5)) <= best.score * 1.1


def test_a_lone_peak_stands_in_the_middle():
    found = select_highlights(bumps(60, (30, 1.0), width=1), 1.0, 60.0, length=9.0)[0]
    assert abs((found.start + found.end) / 2 - 30.5) <= 1.0
    assert found.peak == 30.5


def test_a_film_shorter_than_a_stretch_is_one():
    assert spans(select_highlights(np.array([0.2, 0.9]), 0.5, 3.1, length=10.0)) == [(0.0, 3.1)]
    assert spans(select_highlights(np.array([0.2]), 0.5, 0.04)) == [(0.0, 0.04)]


@pytest.mark.parametrize("curve", [np.zeros(30), np.full(30, 0.7), np.full(30, -0.2), np.full(30, np.nan)])
@pytest.mark.parametrize("length", [None, 8.0])
def test_a_flat_curve_is_cut_from_its_beginning(curve, length):
    found = select_highlights(curve, 1.0, 30.0, length=length)
    assert found[0].start == 0.0
    assert all(np.isfinite((one.score, one.peak)).all() for one in found)


def test_what_is_no_number_is_never_a_highlight():
    curve = bumps(30, (10, 0.8))
    curve[20:25] = np.nan
    assert spans(select_highlights(curve, 1.0, 30.0, min_score=0.5)) == [(10.0, 14.0)]


def test_nothing_reaches_the_threshold():
    assert select_highlights(bumps(30, (10, 0.4)), 1.0, 30.0, min_score=0.5) == []
    assert select_highlights(np.zeros(0), 1.0, 0.0) == []
