"""One query about many windows: the same answers as each window gives by itself, at the cost of one batch."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from r2cli.models.r2 import WindowMemory
from r2cli.models.r2 import block as block_module
from tests.golden.recorded import case_tokens, cases, load_model, recorded
from tests.models.r2.test_r2 import HIGHLIGHTS, SMALL, draw_queries, draw_video, make_model

WIDE = dataclasses.replace(SMALL, dims=48)
LENGTHS = [(3, 9), (1, 5), (2, 1)]
"""Windows, and clips of each."""


def draw_memories(model, *, quantised: bool = True) -> list[WindowMemory]:
    with torch.inference_mode():
        memories = [model.encode_video(draw_video(windows, clips)) for windows, clips in LENGTHS]
    return [memory.quantise() if quantised else memory for memory in memories]


# Eight heads: of one token there are fewer keys than a small block is wide, of five there are more.
@pytest.mark.parametrize("length", [1, 5])
@pytest.mark.parametrize("quantised", [True, False], ids=["int8", "fp32"])
@pytest.mark.parametrize("config", [SMALL, WIDE, HIGHLIGHTS], ids=["small", "wide", "highlights"])
def test_windows_of_all_lengths_are_answered_as_each_alone(config, quantised, length):
    model, query = make_model(config), draw_queries(length=length)
    memories = draw_memories(model, quantised=quantised)

    together = model.ask(memories, query[0], clips_per_second=0.5)

    alone = [
        model.predict(memory.expand(torch.tensor([video])), query, clips_per_second=0.5)[0]
        for memory in memories
        for video in range(memory.videos)
    ]
    assert [len(one.saliency) for one in together] == [9, 9, 9, 5, 1, 1]
    for found, expected in zip(together, alone, strict=True):
        torch.testing.assert_close(found.saliency, expected.saliency, rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(found.boundary, expected.boundary, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("clips", [1, 2, 4, 100])
def test_how_many_clips_are_worked_on_at_once_changes_nothing(monkeypatch, clips):
    model, query = make_model(), draw_queries()
    expected = model.ask(draw_memories(model), query[0], clips_per_second=1)
    monkeypatch.setattr(block_module, "CACHED", clips * 5 * model.config.dims)

    found = model.ask(draw_memories(model), query[0], clips_per_second=1)

    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one.saliency, other.saliency, rtol=1e-5, atol=1e-6)


def test_a_padded_memory_is_refused():
    model = make_model()
    memory = model.encode_video(draw_video(), torch.tensor([[True] * 8 + [False]]))

    with pytest.raises(ValueError, match="padded"):
        model.ask([memory], draw_queries()[0], clips_per_second=1)


def test_a_query_of_another_model_is_refused():
    model = make_model()

    with pytest.raises(ValueError, match="query tokens of 3 layers and width 10 expected"):
        model.ask(draw_memories(model), torch.zeros(3, 4, 11), clips_per_second=1)


@pytest.mark.parametrize("case", list(cases("tiny_cached")))
def test_the_recorded_answers(case):
    model, (tokens, query_tokens) = load_model("tiny_checkpoint.pth"), case_tokens("tiny_cached", case)

    (found,) = model.ask(
        [model.encode_video(tokens)], query_tokens[0], clips_per_second=cases("tiny_cached")[case]["fps"]
    )

    expected = recorded("tiny_cached", case)
    torch.testing.assert_close(found.boundary, expected["boundary"], rtol=1e-6, atol=1e-4)
    torch.testing.assert_close(found.saliency, expected["saliency"], rtol=0, atol=1e-5)
