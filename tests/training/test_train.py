"""How samples become epochs and batches."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from r2cli.datasets.custom import CUSTOM
from r2cli.datasets.dataset import Sample
from r2cli.datasets.youtube import YOUTUBE
from r2cli.training.recipe import DataRecipe, Recipe, ScheduleRecipe
from r2cli.training.train import Lessons, gather, make_schedule

SAMPLES = tuple(Sample(n, f"v{n % 3}", f"query {n}", ((0.0, 1.0 + n),), 10.0) for n in range(7))


class Told:
    """A CLIP that remembers what it was asked to look at and to read; token 0 of a query is its number."""

    def __init__(self, clips=10):
        self.looked, self.read, self.clips = [], [], clips

    def look(self, video, rate, clips):
        self.looked.append((video, rate, clips))
        return torch.zeros(1, clips or self.clips, 2, 3)

    def encode_query(self, text):
        self.read.append(text)
        return torch.full((1, 2, 3), float(text.split()[-1]))


def lessons(told, dataset=CUSTOM, samples=SAMPLES):
    return Lessons(dataset, samples, told.look, told.encode_query)


def visits(batches, count):
    found = []
    for _, batch in zip(range(count), batches, strict=False):
        found.append(tuple(int(value) for value in batch.query[:, 0, 0, 0]))
    return found


RECIPE = Recipe("custom", data=DataRecipe(clips_per_second=1.0, batch=3, repeat=2))


def test_an_epoch_visits_every_query_as_often_as_it_says_and_each_in_another_order():
    told = Told()
    learned = lessons(told)
    assert learned.steps_per_epoch(RECIPE) == 5  # 14 visits, three a batch
    seen = visits(learned.batches(RECIPE, 0), 10)
    first, second = ([n for batch in part for n in batch] for part in (seen[:5], seen[5:]))
    assert [len(batch) for batch in seen] == [3, 3, 3, 3, 2] * 2
    assert Counter(first) == Counter(second) == dict.fromkeys(range(7), 2)
    assert first != second
    assert first != sorted(first)
    assert Counter(told.read) == dict.fromkeys((sample.query for sample in SAMPLES), 1)  # each is read once


def test_a_step_has_the_same_batch_wherever_one_begins():
    learned = lessons(Told())
    assert visits(learned.batches(RECIPE, 7), 3) == visits(learned.batches(RECIPE, 0), 10)[7:]
    other = replace(RECIPE, seed=1)
    assert visits(learned.batches(other, 0), 5) != visits(learned.batches(RECIPE, 0), 5)


def test_videos_are_looked_at_as_often_as_they_are_rated_where_the_recipe_says_so():
    told = Told(clips=5)
    sample = Sample(0, "v", "query 0", ratings=np.array([1.0, -1, 0, 1])[:, None])
    recipe = replace(RECIPE, data=replace(RECIPE.data, rated=True, repeat=1))
    next(lessons(told, YOUTUBE, (sample,)).batches(recipe, 0))
    assert told.looked == [("v", 1.0, 4)]
    next(lessons(told, YOUTUBE, (sample,)).batches(replace(recipe, data=DataRecipe(batch=3)), 0))
    assert told.looked[1] == ("v", 0.5, None)


def test_drops_count_epochs_and_warm_up_counts_steps():
    pace = ScheduleRecipe(epochs=4, warmup=5, drops=(2, 3))
    schedule = make_schedule(pace, 7)
    assert schedule.steps == 28
    rates = [schedule.rate_at(step) for step in (0, 5, 13, 14, 20, 21)]
    assert rates == pytest.approx([0.001, 1, 1, 0.1, 0.1, 0.01])


def test_what_teaches_nothing_is_left_out():
    samples = [
        Sample(0, "a", "q", ((0, 1),), 4.0),
        Sample(1, "b", "q", ((0, 1),), 9.0),
        Sample(2, "c", "q", None, 9.0),
        Sample(3, "d", "q", ((0, 1),)),
        Sample(4, "e", "q", ((0, 1),), 9.0),
    ]
    dataset, told = replace(CUSTOM, read=lambda folder, split: iter(samples)), Told()
    recipe = replace(RECIPE, data=replace(RECIPE.data, shortest=5.0))
    assert [one.id for one in gather(dataset, None, recipe, told, told.look).samples] == [1, 3, 4]
    few = replace(recipe, data=replace(recipe.data, videos=2))
    assert [one.id for one in gather(dataset, None, few, told, told.look).samples] == [1, 3]
