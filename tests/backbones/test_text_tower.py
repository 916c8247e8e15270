"""The text tower's weights, given back and mapped again."""

from __future__ import annotations

import pickle
import shutil

import pytest
import torch

import r2cli
from r2cli.backbones.build import load_backbone
from r2cli.backbones.spec import BackboneSpec
from r2cli.backbones.text_tower import TextWeights
from r2cli.errors import ModelUnavailableError
from r2cli.tasks.find import search
from r2cli.video import probe
from tests.films import make_film

CPU = torch.device("cpu")


@pytest.fixture
def weights(tiny_clip_files, tmp_path):
    return shutil.copy(tiny_clip_files[1], tmp_path / "clip.safetensors")


@pytest.fixture
def clip(tiny_clip_files, weights):
    return load_backbone(BackboneSpec("tiny", config=tiny_clip_files[0], weights=weights), device=CPU)


def here(clip, of_vision: bool) -> set[bool]:
    """Whether weights of a tower are in memory; of both kinds if only some are."""
    state = clip.clip.state_dict()
    return {not tensor.is_meta for name, tensor in state.items() if name.startswith("visual.") is of_vision}


def test_the_next_query_finds_them_again(clip):
    before, embedding = clip.encode_query("a dog jumps"), clip.embed_queries(["a dog jumps"])
    clip.towers.let_go_of_text()
    assert (here(clip, False), here(clip, True)) == ({False}, {True})
    assert torch.equal(clip.encode_query("a dog jumps"), before)
    assert here(clip, False) == {True}
    clip.towers.let_go_of_text()
    assert torch.equal(clip.embed_queries(["a dog jumps"]), embedding)


def test_frames_need_none_of_them(clip):
    frames = torch.arange(3 * clip.size**2, dtype=torch.uint8).reshape(1, 3, clip.size, clip.size).numpy()
    before = clip.encode_frames(frames)
    clip.towers.let_go_of_text()
    assert torch.equal(clip.encode_frames(frames), before)


def test_who_moves_elsewhere_takes_them_along(clip):
    clip.towers.let_go_of_text()
    clip.move_to(CPU)
    assert here(clip, False) == {True}


def test_weights_that_cannot_be_had_again_stay(recipe_clip):
    clip = recipe_clip("tiny")
    clip.towers.let_go_of_text()
    assert here(clip, False) == {True}


def test_a_copy_maps_them_again_too(clip):
    before = clip.encode_query("a dog jumps")
    clip.towers.let_go_of_text()
    twin = pickle.loads(pickle.dumps(clip))
    assert here(twin, False) == {False}
    assert torch.equal(twin.encode_query("a dog jumps"), before)


def test_queries_that_are_read_before_frames_leave_only_the_other_tower(clip):
    order = []
    clip.towers.settle_later(lambda: order.append("precision"))
    read = clip.read_queries(["a dog", "a cat"], lambda text: order.append(text) or clip.encode_query(text))
    assert order == ["precision", "a dog", "a cat"]
    assert (here(clip, False), here(clip, True)) == ({False}, {True})
    assert torch.equal(read[1], clip.encode_query("a cat"))


def test_a_file_that_has_gone_is_said(clip, weights):
    clip.towers.let_go_of_text()
    weights.unlink()
    with pytest.raises(ModelUnavailableError, match=r"clip\.safetensors"):
        clip.encode_query("a dog jumps")


def test_they_have_gone_while_a_video_is_read(random_model, tmp_path):
    model = r2cli.load(str(random_model), device="cpu", precision="fp32")
    clip = model.backbone
    state = {name: tensor.clone() for name, tensor in clip.clip.state_dict().items()}
    clip.towers._text = TextWeights(clip.clip, lambda: state)
    film = probe(make_film(tmp_path / "film.mp4", frames=100))
    queries = ["a dog jumps", "a cat sleeps"]

    seen: list[set[bool]] = []
    fresh = search(film, queries, model, on_progress=lambda clips: seen.append(here(clip, False)))
    known = search(film, queries, model)

    assert seen[-1] == {False}  # as the last frames came
    assert here(clip, False) == {True}  # nothing had to be read the second time
    assert known == fresh
