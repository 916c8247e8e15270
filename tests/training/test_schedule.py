"""Rates: the authors' to the last digit, and those of the sprite world."""

from __future__ import annotations

import pytest

from r2cli.training.schedule import HalfCosine, Stairs
from tests.golden.recipes import read_json

RECORDED = read_json("lr_schedule.json")


@pytest.mark.parametrize("name", RECORDED)
def test_the_authors_rates(name):
    entry = RECORDED[name]
    epoch = entry["iters_per_epoch"]
    drops = tuple(at * epoch for at in (entry["lr_schedule"] or {"step": []})["step"])
    stairs = Stairs(entry["epochs"] * epoch, entry["warmup"]["steps"], drops, entry["warmup"]["ratio"])
    for step, _, rate in entry["iter_epoch_lr"]:
        assert entry["optimizer"]["lr"] * stairs.rate_at(step) == pytest.approx(rate, rel=1e-12), step


def test_half_a_cosine():
    rates = [HalfCosine(100, 10).rate_at(step) for step in range(100)]
    assert rates[:10] == pytest.approx([0.1 * k for k in range(1, 11)])
    assert rates[10] == 1
    assert rates[55] == pytest.approx(0.02 + 0.98 / 2)
    assert 0.02 < rates[99] < 0.0205
    assert sorted(rates[10:], reverse=True) == rates[10:]


def test_without_warm_up_the_first_step_is_at_full_rate():
    assert Stairs(10).rate_at(0) == HalfCosine(10, 0).rate_at(0) == 1
