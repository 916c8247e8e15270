"""Stretches out of a curve of similarity: whole where a picture flickers, apart where something else comes between."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from r2cli.select.stretches import CHANGE, DEPTH, PASSES, _label, find_stretches

HIGH, LOW = 10.0, 0.0


def curve(*pieces: tuple[int, float]) -> np.ndarray:
    return np.concatenate([np.full(clips, value) for clips, value in pieces])


def spans(logits: np.ndarray, nearness: np.ndarray | float = 0.9) -> list[tuple[int, int]]:
    near = np.broadcast_to(np.asarray(nearness, dtype=float), len(logits) - 1)
    return [(one.first, one.stop) for one in find_stretches(logits, near)]


def test_every_occurrence_is_found_once():
    found = spans(curve((5, LOW), (6, HIGH), (10, LOW), (4, HIGH - 0.5), (5, LOW)))

    assert found[:2] == [(5, 11), (21, 25)]
    seen = np.zeros(30, dtype=int)
    for first, stop in found:
        seen[first:stop] += 1
    assert seen.max() == 1


def test_a_clip_that_flickers_does_not_split_a_stretch():
    flicker = HIGH - 1.2 * DEPTH

    assert spans(curve((4, LOW), (6, HIGH), (1, flicker), (6, HIGH), (4, LOW)))[0] == (4, 17)


def test_what_is_something_else_does_split_it():
    assert {(4, 10), (14, 20)} <= set(spans(curve((4, LOW), (6, HIGH), (4, LOW), (6, HIGH), (4, LOW))))


def test_a_stretch_ends_where_the_pictures_change():
    """A clip in doubt belongs to the neighbours that look like it."""
    logits = curve((5, HIGH), (1, HIGH - DEPTH), (1, HIGH - 1.3 * DEPTH), (5, LOW))
    near = np.ones(len(logits) - 1)
    ends = {}
    for cut in (4, 5, 6):
        with_cut = near.copy()
        with_cut[cut] = -1.0
        ends[cut] = spans(logits, with_cut)[0]

    assert ends[5] == (0, 6)
    assert ends[6] == (0, 7)


def test_a_weaker_occurrence_comes_behind_with_its_own_score():
    found = find_stretches(curve((4, LOW), (6, HIGH), (6, LOW), (5, HIGH / 2), (4, LOW)), np.full(24, 0.9))

    assert [(one.first, one.stop, one.logit) for one in found[:2]] == [(4, 10, HIGH), (16, 21, HIGH / 2)]


@pytest.mark.parametrize("clips", [1, 2, 3])
def test_a_window_of_few_clips_has_an_answer(clips):
    assert spans(np.full(clips, -3.0))[0] == (0, clips)


def test_a_lone_spike_is_an_answer_of_one_clip():
    assert spans(curve((9, LOW), (1, 40.0), (9, LOW)))[0] == (9, 10)


def test_no_more_passes_than_promised():
    steps = [value for level in range(12) for value in (30.0 - 4 * level, -60.0)]

    assert len({round(one.logit) for one in find_stretches(np.array(steps), np.full(23, 0.5))}) <= 2 * PASSES


def test_the_labelling_is_the_best_of_all():
    rng = np.random.default_rng(5)
    for _ in range(40):
        gains, costs = rng.uniform(-1, 1, 8), CHANGE * rng.uniform(0.5, 1.5, 7)

        def worth(labels: tuple[int, ...], gains=gains, costs=costs) -> float:
            states = np.array(labels)
            return float(gains @ states - costs @ (states[1:] != states[:-1]))

        best = max(worth(labels) for labels in itertools.product((0, 1), repeat=8))
        assert worth(tuple(_label(gains, costs).astype(int))) == pytest.approx(best)
