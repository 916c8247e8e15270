"""From the authors' annotations to five steps of learning, through the very code that `r2 train` runs."""

from __future__ import annotations

import csv
from dataclasses import replace
from itertools import repeat

import numpy as np
import pytest
import torch

from r2cli.datasets.charades import CHARADES
from r2cli.datasets.dataset import Sample
from r2cli.datasets.qvhighlights import QVHIGHLIGHTS
from r2cli.datasets.tvsum import TVSUM
from r2cli.datasets.youtube import YOUTUBE
from r2cli.models.r2.keys import our_name
from r2cli.training.batch import batch_losses
from r2cli.training.examples import collate, make_goal
from r2cli.training.loop import Run, learn
from r2cli.training.recipe import read_recipe
from r2cli.training.schedule import Stairs
from r2cli.training.train import make_optimizers
from tests.golden import recipes
from tests.golden.recorded import arrays, load_model

TRAIN, LABELS = recipes.read_json("train.json"), recipes.read_json("train_labels.json")
SETS = {
    "qvh": (QVHIGHLIGHTS, "qvhighlights", 0.5),
    "qvh_nan": (QVHIGHLIGHTS, "qvhighlights", 0.5),
    "charades": (CHARADES, "charades", 1.0),
    "tvsum": (TVSUM, "tvsum-bk", 0.5),
    "youtube": (YOUTUBE, "youtube-dog", 0.6),
}
PATCH_BIAS = "adapter.v_map.bias"
"""Its gradient is zero in exact arithmetic and none here; the authors' is noise, on which AdamW takes full steps."""


class Recorded:
    """Draws the positive clips that the authors' run drew."""

    def __init__(self, clips):
        self._clips = iter(clips)

    def choice(self, candidates):
        clip = int(next(self._clips))
        assert clip in candidates
        return clip


def sample_of(number, label) -> Sample:
    if "anno" in label or "match" in label:
        ratings = np.array(label.get("anno", label.get("match")), dtype=float)
        return Sample(number, str(number), "q", ratings=ratings.reshape(len(ratings), -1))
    ratings = None
    if "saliency_scores" in label:
        ratings = np.zeros((int(label["duration"] / 2), 3))
        ratings[label["relevant_clip_ids"]] = label["saliency_scores"]
    windows = tuple((start, end) for start, end in label["relevant_windows"])
    return Sample(label["qid"], label["vid"], label["query"], windows, label["duration"], ratings)


def batch_of(name):
    entry, (dataset, _, rate) = TRAIN[name], SETS[name]
    drawn = [
        recipes.training_features(entry["seed"], number, clips, length)
        for number, (clips, length) in enumerate(zip(entry["clips"], entry["tokens"], strict=True))
    ]
    video, query = ([torch.from_numpy(pair[which]).float().transpose(0, 1) for pair in drawn] for which in (0, 1))
    samples = [sample_of(number, label) for number, label in enumerate(LABELS[name])]
    goals = [
        make_goal(sample, tokens.shape[1], rate, dataset.scale) for sample, tokens in zip(samples, video, strict=True)
    ]
    recorded = Recorded(arrays(f"train_{name}")["in.pos_clip"][:, 0])
    return collate(video, query, goals, [goal.draw(recorded) for goal in goals])


@pytest.mark.parametrize("name", SETS)
def test_the_batch_is_the_recorded_one(name):
    batch, stored = batch_of(name), arrays(f"train_{name}")
    truth = batch.truth
    torch.testing.assert_close(truth.saliency, torch.from_numpy(stored["in.saliency"]), rtol=0, atol=1e-6)
    assert truth.positive_clip.tolist() == stored["in.pos_clip"][:, 0].tolist()
    assert torch.equal(batch.clip_mask.byte(), torch.from_numpy(stored["out.video_msk"]))
    if "in.boundary" in stored:
        seconds = torch.from_numpy(stored["in.boundary"])
        mask = seconds[..., 0].isfinite()
        assert torch.equal(truth.window_mask, mask)
        expected = seconds[mask] * SETS[name][2]
        torch.testing.assert_close(truth.windows[mask], expected, rtol=0, atol=1e-5)
    else:
        assert truth.windows is None


@pytest.mark.parametrize("name", [name for name in SETS if "trajectory" in TRAIN[name]])
def test_five_steps_of_the_loop_are_the_authors(tmp_path, name):
    recipe, steps = read_recipe(SETS[name][1]), TRAIN[name]["trajectory"]
    model = load_model(TRAIN[name]["checkpoint"])  # evaluating: no dropout
    pace = replace(recipe.schedule, rate=5e-4)  # the rate of the recording, which has no warm-up
    run = Run(
        name="recorded",
        model=model,
        optimizers=make_optimizers(model, pace),
        schedule=Stairs(len(steps)),
        batches=lambda start: repeat(batch_of(name)),
        losses=lambda batch: batch_losses(model, batch, recipe.loss),
        seed=0,
        max_norm=pace.max_norm,
    )
    learn(run, tmp_path)

    with (tmp_path / "recorded.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 5
    for row, step in zip(rows, steps, strict=True):
        for key, value in step.items():
            if key.startswith("loss"):
                assert float(row[key.removeprefix("loss_")]) == pytest.approx(value, abs=1e-5), key
        assert float(row["norm"]) == pytest.approx(step["grad_norm"], abs=1e-4)
        assert float(row["rate"]) == 5e-4
    parameters = dict(model.named_parameters())
    for key, expected in TRAIN[name]["norm_after"].items():
        if key != PATCH_BIAS:
            assert parameters[our_name(key)].norm().item() == pytest.approx(expected, abs=1e-4), key
