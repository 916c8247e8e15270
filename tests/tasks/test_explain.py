"""Why a moment has its score: every figure is the model's own, and the score comes out of them to the last bit."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

import r2cli
from r2cli.errors import R2Error
from r2cli.findings import Moment
from r2cli.memory import Reading
from r2cli.models.family import Family
from r2cli.tasks.ask import Asked
from r2cli.tasks.explain import explain
from r2cli.tasks.find import search
from r2cli.tasks.open_video import open_video
from r2cli.tasks.remember import remember_video

QUERY = "a dog jumps"


@pytest.fixture(scope="module")
def plain(random_model):
    return r2cli.load(str(random_model), device="cpu", precision="fp32")


@pytest.fixture(
    params=[
        {},
        {"similarity_weight": 8.0, "similarity_level": 0.1},
        {"suppression": "linear", "unit": 0.5},
        {"suppression": None, "similarity_weight": -3.0},
    ],
    ids=["plain", "similarity", "linear", "neither"],
)
def model(request, plain):
    """The small model under the rules of several checkpoints."""
    return replace(plain, checkpoint=replace(plain.checkpoint, **request.param))


def explained(video, model, place: int, threshold: float = 0.0):
    """The moment of a place in the answer of a first reading, and what the memory of another says about it."""
    (found,) = search(open_video(video), [QUERY], model, Reading(cache=False))
    encoded = remember_video(open_video(video), model, Reading(cache=False)).encoded
    moment = found.moments[place]
    return found, encoded, explain(encoded, QUERY, moment, rank=place + 1, threshold=threshold)


def recomputed(told) -> float:
    """The score, by what is documented."""
    if told.similarity is None:
        return told.kept
    one, score = told.similarity, min(max(told.kept, 1e-6), 1 - 1e-6)
    odds = math.log(score / (1 - score)) + one.weight * (one.value - one.level)
    return 1 / (1 + math.exp(-odds))


@pytest.mark.parametrize("film", ["short.mp4", "long.mp4"])
@pytest.mark.parametrize("place", [0, 1, 5])
def test_the_score_comes_out_of_the_figures_to_the_last_bit(films, model, film, place):
    found, encoded, told = explained(films / film, model, place)
    assert told.moment == found.moments[place]
    assert recomputed(told) == told.moment.score
    assert told.kept <= told.said
    said = {float(score) for answer in asked(encoded).answers for score in answer.boundary[:, 2]}
    assert told.said in said, "it is one that the model really gave"
    assert told.window[0] <= told.moment.end and told.moment.start <= told.window[1]
    assert told.following == found.moments[place + 1]


def asked(encoded) -> Asked:
    made = Asked(QUERY, encoded.model)
    for chunk in encoded.chunks():
        made.about(chunk)
    return made


def test_a_trace_says_what_the_answer_says(films, plain):
    encoded = remember_video(open_video(films / "long.mp4"), plain, Reading(cache=False)).encoded
    rate, query = plain.checkpoint.clips_per_second, asked(encoded).tokens
    for chunk in encoded.chunks():
        answers = plain.family.ask(plain.model, chunk.memories, query, clips_per_second=rate)
        traces = plain.family.trace(plain.model, chunk.memories, query, clips_per_second=rate)
        for answer, trace in zip(answers, traces, strict=True):
            assert torch.equal(trace.answer.boundary, answer.boundary)
            assert torch.equal(trace.answer.saliency, answer.saliency)
            assert torch.equal(trace.certainty * trace.fit, answer.saliency)
            assert trace.certainty.max() == answer.boundary[0, 2]
            assert trace.gates[-1] == 1


def test_clips_and_layers_are_those_of_the_moment(films, plain):
    found, _, told = explained(films / "short.mp4", plain, 0)
    clips = [clip for clip in found.saliency if told.moment.start - 0.25 < clip.time < told.moment.end + 0.25]
    assert [(clip.time, clip.saliency) for clip in told.clips] == [(one.time, one.score) for one in clips]
    for clip in told.clips:
        assert clip.certainty * clip.fit == pytest.approx(clip.saliency, abs=1e-6)
    assert [one.layer for one in told.layers] == [1, 2, 3, 4]
    assert [one.gate for one in told.layers] == [1, 0.5, 0.5, 0.5]
    assert all(-1 <= one.inside <= 1 for one in told.layers)


def test_what_else_there_is_in_the_ranking(films, plain):
    found, _, told = explained(films / "long.mp4", plain, 0)
    others = [one for one in found.moments if one.end <= told.moment.start or one.start >= told.moment.end]
    assert told.elsewhere == others[0]
    last = len(found.moments) - 1
    _, _, told = explained(films / "long.mp4", plain, last)
    assert told.following is None


def test_a_family_that_does_not_say_has_the_rest(films, plain, monkeypatch):
    monkeypatch.setattr(type(plain.family), "trace", Family.trace)
    _, _, told = explained(films / "short.mp4", plain, 0)
    assert told.layers == ()
    assert {clip.certainty for clip in told.clips} == {None}
    assert recomputed(told) == told.moment.score


def test_another_answer_is_not_explained(films, plain):
    encoded = remember_video(open_video(films / "short.mp4"), plain, Reading(cache=False)).encoded
    with pytest.raises(R2Error, match="gives another score - add --device cpu"):
        explain(encoded, QUERY, Moment(1.0, 2.0, 0.5), rank=1, threshold=0.0)
