from itertools import combinations

import numpy as np
import pytest

from r2cli.select.summary import FILLER, PART, TAKEN, WHOLE, choose_shots, find_repeats
from r2cli.select.timeline import Timeline


def scene(*lengths, seed=0, same=()):
    """Spans in clips and embeddings of shots of these lengths; `same` are pairs of shots that look alike."""
    rng = np.random.default_rng(seed)
    looks = np.linalg.qr(rng.standard_normal((max(len(lengths), 2), len(lengths) + 8)).T)[0].T[: len(lengths)]
    for one, other in same:
        looks[other] = looks[one]
    ends = np.cumsum(lengths).tolist()
    return list(zip([0, *ends], ends, strict=False)), np.repeat(looks, lengths, axis=0).astype(np.float32)


def choose(lengths, scores, length, *, rate=1.0, same=()):
    spans, embeddings = scene(*lengths, same=same)
    timeline = Timeline(np.repeat(np.asarray(scores, dtype=float), lengths), rate, sum(lengths) / rate)
    return choose_shots(spans, timeline, embeddings, length)


def played(shots):
    return [shot.played for shot in shots if shot.played]


def total(shots):
    return sum(end - start for start, end in played(shots))


def test_the_best_shots_are_played_in_order():
    shots = choose([10, 10, 10, 10], [0.2, 0.9, 0.1, 0.8], 20.0)
    assert played(shots) == [(10.0, 20.0), (30.0, 40.0)]
    assert [shot.reason for shot in shots].count(TAKEN) == 2


@pytest.mark.parametrize("seed", range(30))
def test_whole_shots_are_worth_as_much_as_the_best_of_all_choices(seed):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 12, int(rng.integers(1, 9))).tolist()
    scores = rng.uniform(0.01, 1, len(lengths)).tolist()
    length = float(rng.uniform(1, sum(lengths) - 0.5)) if sum(lengths) > 2 else 0.5
    shots = choose(lengths, scores, length)
    found = sum(shot.value for shot in shots if shot.reason == TAKEN)
    best = max(
        sum(lengths[i] * scores[i] for i in subset)
        for size in range(len(lengths) + 1)
        for subset in combinations(range(len(lengths)), size)
        if sum(lengths[i] for i in subset) <= length
    )
    assert found == pytest.approx(best)


@pytest.mark.parametrize("seed", range(40))
def test_the_time_is_filled_and_nothing_is_played_twice(seed):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 40, int(rng.integers(1, 15))).tolist()
    scores = rng.choice([0.0, 0.3, *rng.random(4)], len(lengths)).tolist()
    same = [(0, len(lengths) - 1)] if len(lengths) > 1 else []
    length = float(rng.uniform(0.1, sum(lengths) * 0.7))
    shots = choose(lengths, scores, length, rate=2.0, same=same)
    assert total(shots) == pytest.approx(min(length, sum(lengths) / 2))
    spans = sorted(played(shots))
    assert all(0 <= start < end <= sum(lengths) / 2 + 1e-9 for start, end in spans)
    assert all(before[1] <= after[0] + 1e-6 for before, after in zip(spans, spans[1:], strict=False))


def test_the_next_best_shot_is_trimmed_to_what_is_left():
    shots = choose([10, 10, 30], [0.9, 0.8, 0.1], 25.0)
    assert [shot.reason for shot in shots] == [TAKEN, TAKEN, PART]
    assert shots[2].played[1] - shots[2].played[0] == pytest.approx(5.0)


def test_its_best_part_is_shown():
    spans, embeddings = scene(60)
    curve = np.full(60, 0.1)
    curve[40:46] = 0.9
    (shot,) = choose_shots(spans, Timeline(curve, 1.0, 60.0), embeddings, 6.0)
    assert shot.played == (40.0, 46.0)
    assert shot.reason == PART


def test_too_little_for_a_shot_of_its_own_makes_one_longer():
    shots = choose([10, 10, 30], [0.9, 0.8, 0.1], 21.0)
    assert played(shots) == [(0.0, 10.0), (10.0, 21.0)]


def test_it_grows_to_where_there_is_more_to_see():
    assert played(choose([10, 10, 10], [0.3, 0.9, 0.1], 11.0)) == [(9.0, 20.0)]
    assert played(choose([10, 10, 10], [0.1, 0.9, 0.3], 11.0)) == [(10.0, 21.0)]


def test_what_looks_alike_is_counted_once():
    shots = choose([10, 10, 10, 10], [0.5, 0.9, 0.4, 0.8], 20.0, same=[(1, 3)])
    assert played(shots) == [(0.0, 10.0), (10.0, 20.0)]
    assert "0:10.0" in shots[3].reason


def test_a_scene_that_goes_on_is_no_repeat():
    shots = choose([10, 10, 10, 10], [0.5, 0.9, 0.8, 0.4], 20.0, same=[(1, 2)])
    assert played(shots) == [(10.0, 20.0), (20.0, 30.0)]


def test_unless_there_is_time_for_it():
    shots = choose([10, 10, 10], [0.8, 0.5, 0.9], 28.0, same=[(0, 2)])
    assert shots[0].reason == FILLER
    assert total(shots) == pytest.approx(28.0)


def test_the_better_of_two_that_look_alike_stays():
    spans, embeddings = scene(5, 5, 5, same=[(0, 2)])
    assert find_repeats([0.2, 0.5, 0.7], spans, embeddings) == [2, None, None]


@pytest.mark.parametrize("length", [20.0, 25.0, 1e6])
def test_more_time_than_film_is_all_of_it(length):
    shots = choose([10, 10], [0.0, 1.0], length)
    assert played(shots) == [(0.0, 10.0), (10.0, 20.0)]
    assert {shot.reason for shot in shots} == {WHOLE}


def test_where_nothing_is_salient_the_time_is_filled_all_the_same():
    assert total(choose([10, 10, 10], [0.0, 0.0, 0.0], 12.5)) == pytest.approx(12.5)


def test_a_blink():
    assert total(choose([1], [0.5], 0.01, rate=0.5)) == pytest.approx(0.01)
