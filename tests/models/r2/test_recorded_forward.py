"""The model against tensors recorded from the authors' implementation."""

from __future__ import annotations

import pytest
import torch

from tests.golden.recipes import check_digests
from tests.golden.recorded import TOLERANCE, case_tokens, cases, load_model, recorded

CHECKPOINTS = {
    "tiny_features": "tiny_checkpoint.pth",
    "tiny_cached": "tiny_checkpoint.pth",
    "tiny_hl": "tiny_hl_checkpoint.pth",
}
CASES = [(name, case) for name in CHECKPOINTS for case in cases(name)]


def compute(model, tokens, query_tokens):
    """Everything that was recorded but the boundaries, under the recorded names."""
    memory = model.encode_video(tokens)
    query = model.block.map_query(query_tokens)
    before_relu = model.block(memory, query, None, None)
    grounding = model.ground(memory, query_tokens)
    named = {f"pyramid_{number}": level[0] for number, level in enumerate(model.pyramid([before_relu.relu()])[0])}
    named |= {
        "adapter_video": before_relu[0],
        "adapter_query": query[0, 0],
        "class_logit": grounding.class_logit[0],
        "point": grounding.points,
        "query_pooled": grounding.query_embedding[0],
        "cosine": grounding.cosine[0],
        "saliency": grounding.saliency[0],
    }
    return named if grounding.coord is None else named | {"coord": grounding.coord[0]}


def test_numpy_still_draws_the_recorded_inputs():
    assert check_digests() == 22


@pytest.mark.parametrize(("name", "case"), CASES)
@torch.inference_mode()
def test_every_array_is_the_recorded_one(name, case):
    computed = compute(load_model(CHECKPOINTS[name]), *case_tokens(name, case))
    expected = recorded(name, case)

    assert expected.keys() - {"boundary"} <= computed.keys()
    for array, tensor in expected.items():
        if array != "boundary":
            torch.testing.assert_close(
                computed[array], tensor, rtol=0, atol=TOLERANCE[array], msg=lambda m, a=array: a + m
            )


@pytest.mark.parametrize(("name", "case"), [pair for pair in CASES if pair[0] != "tiny_hl"])
def test_the_best_boundaries_are_the_recorded_ones(name, case):
    model = load_model(CHECKPOINTS[name])
    tokens, query_tokens = case_tokens(name, case)

    rate = cases(name)[case]["fps"]
    (prediction,) = model.predict(model.encode_video(tokens), query_tokens, clips_per_second=rate)

    expected = recorded(name, case)["boundary"]
    torch.testing.assert_close(prediction.boundary, expected, rtol=1e-6, atol=1e-4)
    torch.testing.assert_close(prediction.saliency, recorded(name, case)["saliency"], rtol=0, atol=1e-5)
