"""What is in a pool depends on the step alone."""

from __future__ import annotations

from itertools import count

import pytest

from r2cli.training.pool import Pool, Renewal

RENEWALS = [
    Renewal(first=4, growth=1, size=10, upkeep=0.25),
    Renewal(first=960, growth=24, size=1000, upkeep=24),
    Renewal(first=3, growth=2, size=3, upkeep=0.5),
]


@pytest.mark.parametrize("renewal", RENEWALS)
@pytest.mark.parametrize("start", [0, 1, 7, 40])
def test_one_that_is_entered_late_holds_what_it_would_have_held(renewal, start):
    whole, late = Pool(count, renewal), Pool(count, renewal)
    for step in range(60):
        there = list(whole.at(step))
        assert there == list(renewal.numbers_at(step))
        if step >= start:
            assert list(late.at(step)) == there


def test_it_fills_and_then_forgets_the_oldest():
    renewal = Renewal(first=4, growth=1, size=6, upkeep=0.5)
    assert [renewal.numbers_at(step) for step in range(7)] == [
        *(range(4), range(5), range(6)),
        *(range(6), range(1, 7), range(1, 7), range(2, 8)),
    ]


def test_nothing_is_made_that_is_not_needed():
    made = []

    def items(first):
        for number in count(first):
            made.append(number)
            yield number

    pool = Pool(items, Renewal(first=2, growth=1, size=4, upkeep=1))
    pool.at(10)
    assert made == [8, 9, 10, 11]
