"""Of spans that overlap the best stays, however many are looked at in one step."""

from __future__ import annotations

import numpy as np
import pytest

from r2cli.select import spans
from r2cli.select.spans import keep_best, overlap


def draw(seed: int, count: int = 120) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    starts = generator.uniform(0, 100, count).round(1)
    lengths = generator.exponential(10, count).round(1)
    lengths[::17], lengths[5::40] = 0, 300  # some are empty, and some meet all others
    return starts, starts + lengths


def one_by_one(starts: np.ndarray, ends: np.ndarray, least: float, group: np.ndarray) -> list[bool]:
    """The same, every span compared with every other."""
    stays: list[bool] = []
    for place, (start, end) in enumerate(zip(starts, ends, strict=True)):
        same = overlap(start, end, starts[:place], ends[:place]) >= least
        stays.append(not (same & np.array(stays, dtype=bool) & (group[:place] != group[place])).any())
    return stays


@pytest.mark.parametrize("at_once", [1, 50, 1 << 18])
@pytest.mark.parametrize("least", [0.1, 0.5, 0.7])
@pytest.mark.parametrize("seed", range(4))
def test_a_better_span_drops_what_it_overlaps(monkeypatch, seed, least, at_once):
    monkeypatch.setattr(spans, "_AT_ONCE", at_once)
    starts, ends = draw(seed)
    every, group = np.arange(len(starts)), np.arange(len(starts)) % 3

    alone = keep_best(starts, ends, least)
    grouped = keep_best(starts, ends, least, may_drop=lambda better, worse: group[better] != group[worse])

    assert alone.tolist() == one_by_one(starts, ends, least, every)
    assert grouped.tolist() == one_by_one(starts, ends, least, group)
    assert alone.sum() < grouped.sum() < len(starts)


def test_nothing_to_keep():
    assert keep_best(np.zeros(0), np.zeros(0), 0.5).tolist() == []


def test_equal_spans_leave_the_first_and_empty_ones_overlap_nothing():
    assert keep_best(np.array([1.0, 1.0, 2.0, 2.0]), np.array([3.0, 3.0, 2.0, 2.0]), 1.0).tolist() == [
        True,
        False,
        True,
        True,
    ]
