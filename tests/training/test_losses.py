"""Batches that the authors' data never had: queries that their video does not answer."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from r2cli.models.r2 import R2, R2Config
from r2cli.training.losses import LossWeights, losses
from r2cli.training.targets import NONE, Truth, pad_windows

CLIPS = 16
MOMENTS = [(2.0, 5.0), (6.0, 14.0), (0.0, 1.0), (3.0, 15.0)]


def make_grounding(count: int = 4, config: R2Config | None = None):
    torch.manual_seed(1)
    config = config or R2Config(vision_width=8, query_width=8, dims=16, layers=2)
    model = R2(config).eval()
    tokens, queries = torch.randn(count, 2, CLIPS, 5, 8), torch.randn(count, 2, 4, 8)
    return model, model(tokens, queries)


def make_truth(answered: list[bool]) -> Truth:
    saliency, clips, windows = torch.zeros(len(answered), CLIPS), [], []
    for row, ((start, end), yes) in enumerate(zip(MOMENTS, answered, strict=True)):
        saliency[row, int(start) : int(end)] = float(yes)
        clips.append(int(start) if yes else NONE)
        windows.append(torch.tensor([[start, end]] if yes else []).reshape(-1, 2))
    return Truth(saliency, torch.tensor(clips), *pad_windows(windows))


def pick(grounding, rows):
    """The same outputs for some of the queries."""
    fields = {name: getattr(grounding, name) for name in grounding.__dataclass_fields__}
    batched = {k: v[rows] for k, v in fields.items() if isinstance(v, torch.Tensor) and k != "points"}
    return dataclasses.replace(grounding, **batched)


def test_unanswered_queries_teach_the_class_head_only():
    _, grounding = make_grounding()
    answered = [True, False, True, False]
    rows = torch.tensor([0, 2])
    truth = make_truth(answered)
    answered_only = Truth(truth.saliency[rows], truth.positive_clip[rows], truth.windows[rows], truth.window_mask[rows])

    mixed, only = losses(grounding, truth), losses(pick(grounding, rows), answered_only)

    for name in ("reg", "sal", "video_cal", "layer_cal"):
        torch.testing.assert_close(mixed[name], only[name])
    assert not torch.isclose(mixed["cls"], only["cls"])


def test_a_batch_without_any_answer_pushes_all_scores_down():
    model, grounding = make_grounding()

    found = losses(grounding, make_truth([False] * 4))
    sum(found.values()).backward()

    assert {name for name, value in found.items() if value.item() != 0} == {"cls"}
    assert model.class_head.output.bias.grad.item() > 0
    gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
    assert all(gradient.isfinite().all() for gradient in gradients)


def test_clips_where_no_query_has_a_rival_leave_the_gradient_finite():
    model, grounding = make_grounding()
    truth = make_truth([True] * 4)
    saliency = torch.ones_like(truth.saliency)  # at all other clips every query is more salient than at its own
    saliency[torch.arange(4), truth.positive_clip] = 0.5

    sum(losses(grounding, dataclasses.replace(truth, saliency=saliency)).values()).backward()

    assert all(parameter.grad.isfinite().all() for parameter in model.parameters() if parameter.grad is not None)


def test_weights_scale_their_loss_alone():
    _, grounding = make_grounding()
    truth = make_truth([True] * 4)

    plain, doubled = losses(grounding, truth), losses(grounding, truth, LossWeights(reg=0.4))

    assert doubled["reg"].item() == pytest.approx(2 * plain["reg"].item())
    assert all(doubled[name] == plain[name] for name in plain if name != "reg")


def test_padded_clips_do_not_count():
    _, grounding = make_grounding(2)
    truth = Truth(torch.zeros(2, CLIPS), torch.tensor([NONE, NONE]), *pad_windows([torch.empty(0, 2)] * 2))
    point_mask = grounding.point_mask.clone()
    point_mask[1] = False

    masked = losses(dataclasses.replace(grounding, point_mask=point_mask), truth)["cls"]
    first = Truth(truth.saliency[:1], truth.positive_clip[:1], truth.windows[:1], truth.window_mask[:1])

    torch.testing.assert_close(masked, losses(pick(grounding, slice(0, 1)), first)["cls"])


def test_learning_finds_the_moment():
    torch.manual_seed(0)
    model = R2(R2Config(vision_width=8, query_width=8, dims=16, heads=2, layers=2, dropout=0)).train()
    tokens, queries = torch.randn(4, 2, CLIPS, 5, 8), torch.randn(4, 2, 4, 8)
    truth, optimizer = make_truth([True, True, True, False]), torch.optim.AdamW(model.parameters(), lr=5e-3)

    for _ in range(120):
        optimizer.zero_grad()
        sum(losses(model(tokens, queries), truth).values()).backward()
        optimizer.step()

    model.eval()
    found = model.predict(model.encode_video(tokens), queries, clips_per_second=1)
    for prediction, (start, end) in zip(found[:3], MOMENTS, strict=False):
        best = prediction.boundary[0]
        overlap = min(best[1].item(), end) - max(best[0].item(), start)
        assert overlap / (max(best[1].item(), end) - min(best[0].item(), start)) > 0.8
    assert found[3].boundary[0, 2] < min(prediction.boundary[0, 2] for prediction in found[:3]) / 2


def test_a_model_with_boundaries_needs_windows():
    _, grounding = make_grounding()

    with pytest.raises(ValueError, match="windows"):
        losses(grounding, Truth(torch.zeros(4, CLIPS), torch.zeros(4, dtype=torch.long)))
