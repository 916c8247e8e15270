from itertools import combinations

import numpy as np
import pytest

from r2cli.select.knapsack import pack


def best_by_trying_all(values, weights, capacity):
    return max(
        sum(values[i] for i in subset)
        for size in range(len(values) + 1)
        for subset in combinations(range(len(values)), size)
        if sum(weights[i] for i in subset) <= capacity
    )


@pytest.mark.parametrize("seed", range(60))
def test_it_is_as_good_as_the_best_of_all_choices(seed):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 11))
    values = rng.choice([0.0, 0.5, 1.0, *rng.uniform(0, 9, 8)], count).tolist()
    weights = rng.integers(1, 30, count).tolist()
    capacity = int(rng.integers(0, sum(weights) + 5))
    chosen = pack(values, weights, capacity)
    assert chosen == sorted(set(chosen))
    assert sum(weights[i] for i in chosen) <= capacity
    assert sum(values[i] for i in chosen) == pytest.approx(best_by_trying_all(values, weights, capacity))


def test_what_is_worth_nothing_is_left():
    assert pack([0.0, 1.0, 0.0], [1, 1, 1], 3) == [1]


def test_nothing_fits():
    assert pack([5.0, 7.0], [4, 9], 3) == []
    assert pack([], [], 10) == []
    assert pack([1.0], [1], 0) == []


def test_a_weight_must_weigh():
    with pytest.raises(ValueError, match="above 0"):
        pack([1.0], [0], 3)
