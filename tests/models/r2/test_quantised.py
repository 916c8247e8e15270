"""A memory in 8 bits: a quarter of the size, nearly the same answer."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from r2cli.models.r2 import WindowMemory
from r2cli.models.r2.grounding import LARGEST
from tests.golden.recorded import case_tokens, cases, load_model
from tests.models.r2.test_r2 import HIGHLIGHTS, SMALL, draw_queries, draw_video, make_model

CASES = [
    (name, case, f"{checkpoint}.pth")
    for name, checkpoint in (("tiny_features", "tiny_checkpoint"), ("tiny_hl", "tiny_hl_checkpoint"))
    for case in cases(name)
]


def dequantised(memory: WindowMemory) -> WindowMemory:
    return WindowMemory(memory.patches.float() * memory.scale[..., None], memory.clip_mask)


@pytest.fixture
def memory() -> WindowMemory:
    mask = torch.tensor([[True] * 9, [True] * 6 + [False] * 3])
    with torch.inference_mode():
        return make_model().encode_video(draw_video(2), mask)


def test_each_token_keeps_its_largest_value_and_is_off_by_half_a_step_elsewhere(memory):
    short = memory.quantise()

    assert (short.patches.dtype, short.scale.shape) == (torch.int8, memory.patches.shape[:-1])
    assert (short.patches.abs().amax(dim=-1) == LARGEST).all()
    error = (dequantised(short).patches - memory.patches).abs()
    assert (error <= 0.501 * short.scale[..., None]).all()
    assert error.max() > 0


def test_halves_are_rounded_to_even():
    token = torch.tensor([127.0, 0.5, 1.5, 2.5, -0.5, -2.5]).reshape(1, 1, 1, 1, 6)

    assert WindowMemory(token).quantise().patches.flatten().tolist() == [127, 0, 2, 2, 0, -2]


def test_a_token_of_zeros_stays_one(memory):
    patches = memory.patches.clone()
    patches[0, 0, 0, 0] = 0

    short = dataclasses.replace(memory, patches=patches).quantise()

    assert not dequantised(short).patches[0, 0, 0, 0].any()
    assert make_model().ground(short, draw_queries(2)).saliency.isfinite().all()


def test_the_scale_may_be_folded_in(memory):
    model, queries, short = make_model(), draw_queries(4), memory.quantise()

    with torch.inference_mode():
        folded, plain = model.ground(short, queries), model.ground(dequantised(short), queries)

    for field in dataclasses.fields(folded):
        torch.testing.assert_close(getattr(folded, field.name), getattr(plain, field.name), rtol=1e-4, atol=1e-5)


def test_a_quantised_memory_can_be_picked_from_and_moved(memory):
    short, index = memory.quantise(), torch.tensor([1, 0, 1])

    picked = short.expand(index).to("cpu")

    assert torch.equal(picked.patches, short.patches[index])
    assert torch.equal(picked.scale, short.scale[index])
    assert torch.equal(picked.clip_mask, short.clip_mask[index])
    assert picked.quantise() is picked
    assert torch.equal(short.to(dtype=torch.float64).patches, dequantised(short).patches.double())
    assert short.to(dtype=torch.float64).scale is None


def test_a_scale_in_half_precision_will_do(memory):
    short = memory.quantise()
    halved = dataclasses.replace(short, scale=short.scale.half())

    found, expected = (make_model().ground(kept, draw_queries(2)).saliency for kept in (halved, short))

    torch.testing.assert_close(found, expected, rtol=0, atol=2e-3)


@pytest.mark.parametrize(("name", "case", "checkpoint"), CASES)
@torch.inference_mode()
def test_the_recorded_answers_hardly_change(name, case, checkpoint):
    model = load_model(checkpoint)
    tokens, query_tokens = case_tokens(name, case)
    memory = model.encode_video(tokens)

    exact, found = (model.ground(kept, query_tokens) for kept in (memory, memory.quantise()))

    assert 0 < (found.class_logit.sigmoid() - exact.class_logit.sigmoid()).abs().max() < 0.005
    assert (found.saliency - exact.saliency).abs().max() < 0.005
    if exact.coord is not None:
        rate = cases(name)[case]["fps"]
        truth = exact.boundaries(rate)[0]
        shift = (found.boundaries(rate)[0] - truth)[:, :2].abs()  # s
        assert shift.mean() < 0.01
        assert shift[truth[:, 2].argsort(descending=True)[:10]].max() < 0.05


@pytest.mark.parametrize("config", [SMALL, HIGHLIGHTS])
def test_videos_asked_together_are_answered_as_alone(config):
    model = make_model(config)
    memory = model.encode_video(draw_video(3)).quantise()
    queries = draw_queries(6)

    together = model.predict(memory, queries, clips_per_second=0.5)

    for number, prediction in enumerate(together):
        one = memory.expand(torch.tensor([number // 2]))
        (alone,) = model.predict(one, queries[number, None], clips_per_second=0.5)
        torch.testing.assert_close(prediction.saliency, alone.saliency)
        torch.testing.assert_close(prediction.boundary, alone.boundary, rtol=1e-4, atol=1e-5)
