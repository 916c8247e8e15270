"""Expressions about a video: its sentences are asked in one pass, and put together."""

from __future__ import annotations

import numpy as np
import pytest

import r2cli
from r2cli.algebra.meaning import World, mean, told
from r2cli.algebra.values import distinct, make_value
from r2cli.memory import reader
from r2cli.tasks.combine import level_of, read_expression

TEXT = '"a dog jumps" and "the red cat"^2 then "a bird" within 20s'


@pytest.fixture(scope="module")
def model(random_model):
    return r2cli.load(random_model)


@pytest.fixture(scope="module")
def memory(films, model):
    return r2cli.remember(films / "long.mp4", model=model, cache=False)


def value_of(found):
    return make_value([(one.start, one.end, one.score) for one in found.moments])


def rows(moments):
    return [(one.start, one.end, one.score) for one in moments]


def test_an_answer_is_what_the_algebra_makes_of_the_sentences_own(memory, model):
    expression = read_expression(TEXT, "x")
    texts = ["a dog jumps", "the red cat", "a bird"]
    alone = {text: value_of(one) for text, one in zip(texts, memory.ask(texts), strict=True)}
    world = World(memory.video.duration, level_of(model), 0.5)
    expected = told(mean(expression, alone, world), world)
    found = memory.find(expr=TEXT, top=None, min_score=0)
    assert len(expected) > 0
    assert rows(found.moments) == [tuple(row) for row in expected.tolist()]
    assert found.query == '("a dog jumps" and "the red cat"^2) then "a bird" within 20s'
    curve = np.array([clip.score for clip in found.saliency])
    for clip in found.saliency:
        inside = [one.score for one in found.moments if one.start <= clip.time < one.end]
        assert clip.score == max(inside, default=0)
    assert curve.max() > 0


def test_the_tree_keeps_what_each_part_finds(memory):
    found = memory.find(expr=TEXT, top=None, min_score=0)
    first, bird = found.tree.parts
    dog, weighted = first.parts
    (alone,) = memory.ask(["a bird"])
    assert rows(bird.moments) == [tuple(row) for row in distinct(value_of(alone)).tolist()]
    assert found.tree.moments == found.moments
    assert weighted.parts[0].expression.text == "the red cat"
    assert dog.parts == ()
    level = sorted(one.score for one in bird.moments)[len(bird.moments) // 2]
    pruned = memory.find(expr=TEXT, top=1, min_score=level).tree
    assert rows(pruned.parts[1].moments) == [row for row in rows(bird.moments) if row[2] >= level]


def test_one_pass_for_all_sentences(films, model, monkeypatch):
    seen = []
    really = reader.VideoReader.read
    monkeypatch.setattr(reader.VideoReader, "read", lambda self, video: seen.append(video.path) or really(self, video))
    memory = r2cli.find(films / "short.mp4", expr=TEXT, model=model, cache=False, min_score=0)
    assert seen == [films / "short.mp4"]
    assert memory.tree is not None


def test_a_lone_query_is_what_it_finds_one_moment_for_each_event(memory):
    (everything,) = memory.ask(["a dog jumps"])
    found = memory.find(expr='"a dog jumps"', top=None, min_score=0)
    assert rows(found.moments) == [tuple(row) for row in distinct(value_of(everything)).tolist()]


def test_counting_looks_at_all_moments_whatever_is_shown(memory):
    one = memory.find("a dog jumps", count=True, top=1)
    other = memory.find("a dog jumps", count=True, top=None, min_score=0)
    assert one.count == other.count
    assert one.count.low <= one.count.occurrences <= one.count.high
    assert memory.find("a dog jumps").count is None


@pytest.mark.parametrize("given", [{}, {"query": "a dog", "expr": '"a dog"'}])
def test_a_query_or_an_expression_and_not_both(memory, films, model, given):
    with pytest.raises(r2cli.ArgumentError, match="give one"):
        memory.find(**given)
    with pytest.raises(r2cli.ArgumentError, match="give one"):
        r2cli.find(films / "short.mp4", model=model, **given)


def test_a_wrong_expression_says_where(memory):
    with pytest.raises(r2cli.CommandLineError, match=r"^expr: expected .* \(column 8\)") as caught:
        memory.find(expr='"a" and')
    assert caught.value.steps[-1] == " " * 7 + "^"
    with pytest.raises(r2cli.ArgumentError, match="^expr makes no sense"):
        memory.find(expr=" ")


def test_it_survives_being_written_and_read(memory, tmp_path):
    from r2cli.export.json.saved import read_json

    found = memory.find(expr=TEXT, count=True, min_score=0)
    found.save(tmp_path / "found.json")
    (read,) = read_json((tmp_path / "found.json").read_text(), "x").findings
    assert (read.tree, read.count) == (found.tree, found.count)
    assert found.to_dict()["expression"]["kind"] == "then"
