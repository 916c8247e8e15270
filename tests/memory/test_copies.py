"""A loaded model, and a video that is remembered, can be copied and sent to another process."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys

import pytest

import r2cli
from r2cli import cache
from r2cli.memory import Reading, encode
from r2cli.tasks.open_video import open_video

QUERY = "a dog jumps"


def through_pickle(thing):
    return pickle.loads(pickle.dumps(thing))


WAYS = pytest.mark.parametrize("way", [through_pickle, copy.copy, copy.deepcopy])


@pytest.fixture
def model(random_model):
    return r2cli.load(str(random_model), device="cpu")


@WAYS
@pytest.mark.parametrize("used", [False, True], ids=["fresh", "used"])
def test_a_model_that_is_copied_answers_as_the_first(films, model, way, used):
    expected = r2cli.find(films / "short.mp4", QUERY, model=model, cache=False, min_score=0) if used else None

    twin = way(model)

    found = r2cli.find(films / "short.mp4", QUERY, model=twin, cache=False, min_score=0)
    assert found == (expected or r2cli.find(films / "short.mp4", QUERY, model=model, cache=False, min_score=0))
    assert twin.backbone.precision == model.backbone.precision


@WAYS
@pytest.mark.parametrize("kept", [False, True], ids=["in memory", "in the cache"])
def test_a_video_that_is_copied_is_remembered_whole(films, model, way, kept):
    memory = r2cli.remember(films / "long.mp4", model=model, cache=kept)
    expected = memory.find(QUERY, min_score=0)

    twin = way(memory)
    cache.clear()

    assert twin.find(QUERY, min_score=0) == memory.find(QUERY, min_score=0) == expected
    assert (twin.report, twin.extent, twin.video) == (memory.report, memory.extent, memory.video)
    assert (twin.embeddings == memory.embeddings).all()


def test_what_was_in_the_cache_before_is_said_to_have_been(films, model):
    first = through_pickle(r2cli.remember(films / "long.mp4", model=model)).report
    again = through_pickle(r2cli.remember(films / "long.mp4", model=model)).report

    assert (first.clips, first.cached) == (68, 0)
    assert (again.clips, again.cached) == (68, 68)


@pytest.mark.guard
@pytest.mark.slow
def test_another_process_asks_on(films, model, tmp_path):
    memory = r2cli.remember(films / "long.mp4", model=model)
    (tmp_path / "memory").write_bytes(pickle.dumps(memory))
    program = (
        "import pickle, sys; memory = pickle.load(open(sys.argv[1], 'rb')); "
        f"print(repr(memory.find({QUERY!r}, min_score=0).moments))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "memory"], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == repr(memory.find(QUERY, min_score=0).moments)


def test_a_video_that_is_still_being_read_is_not_copied(films, model):
    with (
        encode(open_video(films / "long.mp4"), model, Reading(), lambda clips: None, keep=True) as encoded,
        pytest.raises(TypeError, match="still being read"),
    ):
        pickle.dumps(encoded)
