"""What is learned from an annotation, against what the authors' code made of the same ones."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from r2cli.datasets.dataset import Sample
from r2cli.datasets.qvhighlights import QVHIGHLIGHTS
from r2cli.datasets.tvsum import TVSUM
from r2cli.datasets.youtube import YOUTUBE
from r2cli.errors import UnreadableInputError
from r2cli.training.examples import collate, make_goal
from r2cli.training.targets import NONE
from tests.golden.recipes import read_json

CASES, HL = read_json("dataset_cases.json"), read_json("metrics_hl.json")
ITEMS = [(name, video, item) for name, entry in HL.items() for video, item in entry["result"]["items"].items() if item]
REFUSED = {"five frames missing": "has 70 clips, and 75 of them are rated"}


def sample_of(annotation) -> Sample:
    ratings = None
    if "saliency_scores" in annotation:
        ratings = np.zeros((int(annotation["duration"] / 2), 3))
        ratings[annotation["relevant_clip_ids"]] = annotation["saliency_scores"]
    windows = annotation.get("relevant_windows")
    spans = None if windows is None else tuple((start, end) for start, end in windows)
    return Sample(annotation["qid"], annotation["vid"], annotation["query"], spans, annotation["duration"], ratings)


def goal_of(case):
    return make_goal(sample_of(case["anno"]), case["num_frames"], case["fps"], QVHIGHLIGHTS.scale)


@pytest.mark.parametrize("case", [case for case in CASES if "error" not in case["result"]], ids=lambda c: c["kind"])
def test_annotations(case):
    goal, expected = goal_of(case), case["result"]
    torch.testing.assert_close(goal.saliency, torch.tensor(expected["saliency"]), rtol=0, atol=1e-7)
    assert list(goal.candidates) == expected["pos_candidates"]
    if "boundary" in expected:
        seconds = goal.windows / case["fps"]
        torch.testing.assert_close(seconds, torch.tensor(expected["boundary"]), rtol=0, atol=1e-5)
    else:
        assert goal.windows is None


def case_named(kind):
    (case,) = [case for case in CASES if case["kind"] == kind]
    assert "error" in case["result"]  # the authors' code refuses it
    return case


def test_ratings_of_another_film_are_refused():
    with pytest.raises(UnreadableInputError, match="d24 has 70 clips, and 75 of them are rated"):
        goal_of(case_named("five frames missing"))


def test_a_clip_more_than_was_rated_is_left_out():
    assert goal_of(case_named("more frames than clips")).clips == 75


def test_a_query_that_nothing_answers_is_learned_as_one():
    goal = goal_of(case_named("all scores zero"))
    assert goal.candidates == ()
    batch = collate([torch.zeros(1, 75, 2, 3)], [torch.zeros(1, 4, 3)], [goal], [goal.draw(random.Random(0))])
    assert batch.truth.positive_clip.tolist() == [NONE]


@pytest.mark.parametrize(("name", "video", "item"), ITEMS, ids=[f"{name}-{video}" for name, video, _ in ITEMS])
def test_ratings(name, video, item):
    labels, dataset = HL[name]["labels"][video], TVSUM if "tvsum" in name else YOUTUBE
    ratings = np.array(labels["anno" if dataset is TVSUM else "match"], dtype=float)
    sample = Sample(video, video, "q", ratings=ratings.reshape(len(ratings), -1))
    if "error" in item:
        assert make_goal(sample, len(ratings), 0.5, dataset.scale).candidates == ()
        return
    goal = make_goal(sample, item["num_frames_in"], 0.5, dataset.scale)
    assert goal.clips == item["num_clips"]
    torch.testing.assert_close(goal.saliency, torch.tensor(item["saliency"]), rtol=0, atol=1e-7)
    assert set(item["pos_clip"]) <= set(goal.candidates)
    least = 0.5 if dataset is YOUTUBE else torch.tensor(item["saliency"]).median().item()
    assert goal.candidates == tuple(n for n, value in enumerate(item["saliency"]) if value > least + 1e-7)


def test_a_batch_is_padded_at_the_end_and_draws_a_positive_clip_of_each():
    goals = [
        make_goal(Sample(0, "a", "q", ((2.0, 4.0),)), 6, 1, None),
        make_goal(Sample(1, "b", "q", ()), 4, 1, None),
    ]
    video = [torch.ones(2, 6, 3, 5, dtype=torch.float16), torch.ones(2, 4, 3, 5, dtype=torch.float16)]
    batch = collate(
        video, [torch.ones(2, 3, 7), torch.ones(2, 4, 7)], goals, [goal.draw(random.Random(1)) for goal in goals]
    )
    assert batch.video.shape == (2, 2, 6, 3, 5)
    assert batch.video.dtype == torch.float32
    assert batch.clip_mask.sum(dim=1).tolist() == [6, 4]
    assert (batch.video[1, :, 4:] == 0).all()
    assert batch.query_mask.tolist() == [[True, True, True, False], [True] * 4]
    assert batch.truth.positive_clip[0].item() in (2, 3)
    assert batch.truth.positive_clip[1].item() == NONE
    assert batch.truth.window_mask.tolist() == [[True], [False]]
