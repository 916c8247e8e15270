"""Losses, gradients and five steps of learning against the authors' implementation."""

from __future__ import annotations

from functools import cache

import pytest
import torch

from r2cli.models.r2.keys import our_name
from r2cli.training.losses import LossWeights, losses
from r2cli.training.targets import Truth, assign_points
from tests.golden.recipes import read_json
from tests.golden.recorded import arrays, load_model, training_batch

TRAIN = read_json("train.json")
STEPS = [name for name in TRAIN if "trajectory" in TRAIN[name]]
WITH_WINDOWS = ["qvh", "qvh_nan", "charades"]

PATCH_BIAS = "adapter.v_map.bias"
"""Its gradient is zero in exact arithmetic and none here; the authors' is noise, on which AdamW takes full steps."""


def recorded(name: str, array: str) -> torch.Tensor:
    return torch.from_numpy(arrays(f"train_{name}")[array])


@cache
def read_truth(name: str) -> Truth:
    clip = recorded(name, "in.pos_clip")[:, 0]
    saliency = recorded(name, "in.saliency")
    if name not in WITH_WINDOWS:
        return Truth(saliency, clip)
    seconds = recorded(name, "in.boundary")
    mask = seconds[..., 0].isfinite()
    windows = seconds.masked_fill(~mask[..., None], 0) * recorded(name, "in.fps").float()[:, None, None]
    return Truth(saliency, clip, windows, mask)


def weigh(name: str) -> LossWeights:
    return LossWeights(sal=0.01) if name == "charades" else LossWeights()


def run(model, name):
    video, query, clip_mask, query_mask = training_batch(name)
    return model(video, query, clip_mask, query_mask)


def assert_losses(found, expected):
    assert {f"loss_{name}" for name in found} == {name for name in expected if name.startswith("loss_")}
    for name, value in found.items():
        assert value.item() == pytest.approx(expected[f"loss_{name}"], abs=1e-5), name
    assert sum(found.values()).item() == pytest.approx(expected["loss"], abs=1e-5)


@pytest.mark.parametrize("name", TRAIN)
@torch.no_grad()
def test_the_outputs_of_a_padded_batch(name):
    grounding = run(load_model(TRAIN[name]["checkpoint"]), name)
    at, clip = torch.arange(4), read_truth(name).positive_clip

    def assert_recorded(found, array, tolerance=5e-5):
        torch.testing.assert_close(found, recorded(name, f"out.{array}"), rtol=0, atol=tolerance)

    assert_recorded(grounding.class_logit, "out_class")
    assert_recorded(grounding.video_embedding, "video_emb")
    assert_recorded(grounding.query_embedding, "query_emb")
    assert_recorded(grounding.points, "point", 0)
    assert_recorded(grounding.clip_mask.byte(), "video_msk", 0)
    assert_recorded(grounding.point_mask.byte(), "pymid_msk", 0)
    # Recorded in the order of the recurrence: last layer first.
    assert_recorded(grounding.layer_video[at, :, clip].transpose(0, 1).flip(0), "coll_v_pos")
    assert_recorded(grounding.layer_query.transpose(0, 1).flip(0), "coll_q_pooled")
    if name in WITH_WINDOWS:
        assert_recorded(grounding.coord, "out_coord")


@pytest.mark.parametrize("name", WITH_WINDOWS)
def test_the_targets_of_every_point(name):
    truth = read_truth(name)

    targets = assign_points(recorded(name, "out.point"), truth.windows, truth.window_mask)

    assert torch.equal(targets.positive.float(), recorded(name, "out.cls_tgt"))
    expected = recorded(name, "out.reg_tgt")[targets.positive]
    torch.testing.assert_close(targets.reach[targets.positive], expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", TRAIN)
def test_losses_and_gradients(name):
    model = load_model(TRAIN[name]["checkpoint"])

    found = losses(run(model, name), read_truth(name), weigh(name))
    sum(found.values()).backward()

    assert_losses(found, TRAIN[name]["losses"])
    parameters = dict(model.named_parameters())
    for key, norm in TRAIN[name]["grad_norm"].items():
        gradient = parameters[our_name(key)].grad
        if norm is None or key == PATCH_BIAS:
            assert gradient is None, key
        else:
            assert gradient.norm().item() == pytest.approx(norm, rel=1e-5, abs=5e-6), key


def test_every_element_of_the_gradient():
    model = load_model(TRAIN["qvh"]["checkpoint"])
    sum(losses(run(model, "qvh"), read_truth("qvh")).values()).backward()

    parameters = dict(model.named_parameters())
    keys = [key for key in arrays("train_qvh") if key.startswith("grad.") and key != f"grad.{PATCH_BIAS}"]
    assert len(keys) == 81
    for key in keys:
        expected = recorded("qvh", key)
        gradient = parameters[our_name(key.removeprefix("grad."))].grad
        step = 1 if gradient.shape == expected.shape else 4  # of large ones, every fourth row is kept
        torch.testing.assert_close(gradient[::step], expected, rtol=0, atol=5e-6, msg=lambda m, k=key: f"{k}: {m}")


@pytest.mark.parametrize("name", STEPS)
def test_five_steps_of_learning(name):
    model = load_model(TRAIN[name]["checkpoint"])  # evaluating: no dropout
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-4, weight_decay=1e-4)

    for step in TRAIN[name]["trajectory"]:
        found = losses(run(model, name), read_truth(name), weigh(name))
        optimizer.zero_grad()
        sum(found.values()).backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 35)
        optimizer.step()
        assert_losses(found, step)
        assert norm.item() == pytest.approx(step["grad_norm"], abs=1e-4)

    parameters = dict(model.named_parameters())
    for key, expected in TRAIN[name]["norm_after"].items():
        if key != PATCH_BIAS:
            assert parameters[our_name(key)].norm().item() == pytest.approx(expected, abs=1e-4), key
