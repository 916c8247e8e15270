"""Windows over a long video, and the one answer out of theirs, with a predictor that knows the truth."""

from __future__ import annotations

import numpy as np
import pytest

from r2cli.findings import Moment
from r2cli.select.merge import WindowAnswer, merge_moments, merge_saliency
from r2cli.select.postprocess import select_moments
from r2cli.windows import Extent, Window, first_open_window, plan_windows, step_of

RATE = 0.5
LENGTH = 75  # clips, 150 s
STEP = step_of(LENGTH)
CLIP = 1 / RATE


def extent_of(clips: int, black: int = 0) -> Extent:
    return Extent(clips, RATE, black * CLIP, clips * CLIP)


def see(window: Window, events: list[Moment], jitter: float = 0.0) -> WindowAnswer:
    """What a perfect model says of a window: each event as far as the window shows it."""
    start, end = window.first * CLIP, window.stop * CLIP
    noise = np.random.default_rng(1000 + window.first)
    rows = [
        (
            max(event.start, start) - start + noise.uniform(-jitter, jitter),
            min(event.end, end) - start + noise.uniform(-jitter, jitter),
            event.score - noise.uniform(0, jitter / 100),
        )
        for event in events
        if min(event.end, end) - max(event.start, start) > 0
    ]
    middles = (np.arange(window.first, window.stop) + 0.5) * CLIP
    inside = [any(event.start <= middle < event.end for event in events) for middle in middles]
    return WindowAnswer(window, np.array(rows, dtype=float).reshape(-1, 3), np.array(inside, dtype=float))


def find(clips: int, events: list[Moment], black: int = 0, jitter: float = 0.0) -> list[Moment]:
    windows = [window for window in plan_windows(clips, LENGTH) if window.stop > black]
    merged = merge_moments([see(window, events, jitter) for window in windows], extent_of(clips, black))
    return select_moments(merged, clips * CLIP, unit=None, suppression="normal")


@pytest.mark.parametrize("clips", [1, 2, LENGTH - 1, LENGTH])
def test_a_video_that_fits_is_one_window(clips):
    assert plan_windows(clips, LENGTH) == (Window(0, clips),)


@pytest.mark.parametrize("length", [2, 3, 8, 75])
@pytest.mark.parametrize("extra", [1, 2, 37, 38, 39, 75, 76, 400])
def test_windows_cover_a_long_video_without_gaps(length, extra):
    clips = length + extra
    windows = plan_windows(clips, length)
    assert windows[0].first == -step_of(length)
    assert windows[-1].stop == clips
    assert all(len(window) == length for window in windows[:-1])
    assert all(window.stop < clips for window in windows[:-1]), "the first window that reaches the end is the last"
    assert {after.first - before.first for before, after in zip(windows, windows[1:], strict=False)} == {
        step_of(length)
    }
    assert len(windows[-1]) > length - step_of(length)
    seen = np.zeros(clips)
    for window in windows:
        seen[max(window.first, 0) : window.stop] += 1
    assert seen.min() >= 1


@pytest.mark.parametrize("steps", [1, 2, 5])
@pytest.mark.parametrize("clips", [LENGTH + 1, 200, 333])
def test_black_in_front_leaves_the_windows_where_they_were(clips, steps):
    shift = steps * STEP
    padded = [Window(w.first - shift, w.stop - shift) for w in plan_windows(clips + shift, LENGTH)]
    assert tuple(window for window in padded if window.stop > 0) == plan_windows(clips, LENGTH)


class near:  # noqa: N801 - reads like pytest.approx
    """Equal to a moment up to the rounding of floats."""

    def __init__(self, moment: Moment) -> None:
        self.moment = moment

    def __repr__(self) -> str:
        return repr(self.moment)

    def __eq__(self, other: object) -> bool:
        mine = (self.moment.start, self.moment.end, self.moment.score)
        return isinstance(other, Moment) and (other.start, other.end, other.score) == pytest.approx(mine, abs=1e-6)


def everywhere(length: float) -> list[Moment]:
    """One event, tried at every second of a film of 600 s."""
    return [Moment(start, start + length, 0.9) for start in np.arange(0, 600 - length, 1.0)]


@pytest.mark.parametrize("length", [3.0, 20.0, 70.0, 76.0, 149.0, 151.0, 400.0])
def test_a_moment_is_found_once_wherever_it_lies(length):
    for event in everywhere(length):
        assert find(300, [event]) == [near(event)], event


@pytest.mark.parametrize("length", [20.0, 100.0, 200.0])
def test_a_moment_is_found_once_by_a_model_that_errs_a_little(length):
    for event in everywhere(length)[::7]:
        found = find(300, [event], jitter=1.0)
        assert len(found) == 1, event
        assert found[0].start == pytest.approx(event.start, abs=2.1)
        assert found[0].end == pytest.approx(event.end, abs=2.1)


def test_a_moment_longer_than_the_film_is_the_film():
    assert find(300, [Moment(-50, 700, 0.8)]) == [Moment(0, 600, 0.8)]


def test_neighbouring_moments_stay_apart():
    events = [Moment(float(start), start + 30.0, 0.5 + start / 2000) for start in range(3, 560, 40)]
    assert sorted(find(300, events), key=lambda one: one.start) == [near(one) for one in events]


def test_a_weak_part_does_not_lengthen_a_strong_one():
    first = WindowAnswer(Window(0, 75), np.array([[120.0, 150.0, 0.9]]), np.zeros(75))  # cut at its right edge
    second = WindowAnswer(Window(38, 113), np.array([[0.0, 140.0, 0.05], [44.0, 76.0, 0.8]]), np.zeros(75))
    merged = merge_moments([first, second], extent_of(150))
    assert merged.tolist() == [[120, 152, 0.8], [76, 216, 0.05]]


@pytest.mark.parametrize("steps", [1, 3])
def test_moments_shift_with_black_put_before_the_film(steps):
    generator = np.random.default_rng(steps)
    starts = generator.uniform(0, 550, 12)
    events = [
        Moment(float(s), float(s + d), float(c))
        for s, d, c in zip(starts, generator.uniform(2, 190, 12), generator.uniform(0.1, 1, 12), strict=True)
    ]
    events = [Moment(one.start, min(one.end, 600.0), one.score) for one in events]
    shift = steps * STEP
    moved = [Moment(one.start + shift * CLIP, one.end + shift * CLIP, one.score) for one in events]
    plain, padded = find(300, events, jitter=0), find(300 + shift, moved, black=shift, jitter=0)
    assert len(plain) >= 5
    back = [Moment(one.start - shift * CLIP, one.end - shift * CLIP, one.score) for one in padded]
    assert back == [near(one) for one in plain]


def test_what_is_said_about_the_black_before_a_film_is_no_moment():
    windows = plan_windows(200, LENGTH)
    in_black = WindowAnswer(windows[0], np.array([[5.0, 60.0, 0.9], [10.0, 78.0, 0.8]]), np.zeros(LENGTH))
    empty = [WindowAnswer(window, np.zeros((0, 3)), np.zeros(len(window))) for window in windows[1:]]
    assert merge_moments([in_black, *empty], extent_of(200)).shape == (0, 3)
    leader = merge_moments([in_black, *empty], extent_of(200, black=10))
    assert leader.shape == (0, 3)


def test_no_moment_leaves_the_film():
    film = extent_of(200)
    answers = [
        WindowAnswer(window, np.array([[-30.0, 40.0, 0.5], [100.0, 900.0, 0.6]]), np.zeros(len(window)))
        for window in plan_windows(200, LENGTH)
    ]
    merged = merge_moments(answers, film)
    assert len(merged)
    assert merged[:, 0].min() >= 0
    assert merged[:, 1].max() <= film.end


def test_a_film_that_lasts_half_a_clip_longer_than_its_clips_ends_with_itself():
    film = Extent(100, RATE, 0.0, 200.9)
    answers = [see(window, [Moment(170, 300, 0.7)]) for window in plan_windows(100, LENGTH)]
    last = answers[-1]
    longer = WindowAnswer(last.window, last.boundary + [[0, 50, 0]], last.saliency)
    assert merge_moments([*answers[:-1], longer], film).tolist() == [[170, 200.9, 0.7]]


def test_one_score_per_clip_and_none_missing():
    events = [Moment(100, 180, 1.0), Moment(400, 404, 1.0)]
    answers = [see(window, events) for window in plan_windows(300, LENGTH)]
    saliency = merge_saliency(answers, 300)
    assert saliency.shape == (300,)
    np.testing.assert_allclose(saliency, see(Window(0, 300), events).saliency)


def test_a_window_says_less_about_its_edges():
    low, high = np.zeros(LENGTH), np.ones(LENGTH)
    answers = [
        WindowAnswer(Window(0, 75), np.zeros((0, 3)), low),
        WindowAnswer(Window(38, 113), np.zeros((0, 3)), high),
    ]
    saliency = merge_saliency(answers, 113)
    assert saliency[:38].max() == 0
    assert saliency[75:].min() == 1
    assert np.all(np.diff(saliency[38:75]) > 0)
    assert saliency[56] == pytest.approx(0.5)


def test_a_clip_that_no_window_saw_scores_nothing():
    saliency = merge_saliency([WindowAnswer(Window(5, 10), np.zeros((0, 3)), np.ones(5))], 10)
    assert saliency.tolist() == [0] * 5 + [1] * 5


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    shared = max(min(one[1], other[1]) - max(one[0], other[0]), 0)
    union = (one[1] - one[0]) + (other[1] - other[0]) - shared
    return shared / union if union > 0 else 0.0


@pytest.mark.parametrize("seed", range(6))
def test_of_two_windows_views_the_better_stays_however_many_there_are(seed):
    """Only neighbours in time are compared; here everything is."""
    generator = np.random.default_rng(seed)
    windows = plan_windows(600, LENGTH)
    answers = []
    for window in windows:
        start = generator.uniform(5, 80, 20).round(1)  # inside: nothing is cut, so nothing is joined
        rows = np.column_stack((start, start + generator.uniform(0.1, 60, 20).round(1), generator.uniform(0.1, 1, 20)))
        answers.append(WindowAnswer(window, rows[start + 70 < 150], np.zeros(len(window))))
    answers[0] = WindowAnswer(windows[0], np.zeros((0, 3)), np.zeros(LENGTH))
    rows = [(*row, number) for number, answer in enumerate(answers) for row in answer.boundary + _shift(answer)]
    kept: list[tuple[float, ...]] = []
    for row in sorted(rows, key=lambda row: (-row[2], row[0], row[1])):
        if not any(other[3] != row[3] and overlap(other, row) >= 0.5 for other in kept):
            kept.append(row)
    np.testing.assert_allclose(merge_moments(answers, extent_of(600)), np.array(kept)[:, :3])
    assert len(kept) < len(rows)


def _shift(answer: WindowAnswer) -> np.ndarray:
    return np.array([answer.window.first * CLIP] * 2 + [0.0])


@pytest.mark.parametrize("clips, expected", [(0, -38), (75, -38), (76, 38), (112, 38), (113, 76), (151, 114)])
def test_the_window_that_is_still_open(clips, expected):
    assert first_open_window(clips, LENGTH) == expected
