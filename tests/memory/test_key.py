"""Everything that an answer depends on is in the name of what is kept, one by one: with another, it is another."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import r2cli
from r2cli import cache
from r2cli.backbones.spec import BackboneSpec, Pixels
from r2cli.cache.take import key_of
from r2cli.checkpoints.load import LoadedModel
from r2cli.hub import HubFile
from r2cli.memory import Reading, key
from r2cli.memory.key import arrays_of, clip_digest, expected_size, facts_of
from r2cli.tasks.find import search
from r2cli.tasks.open_video import open_video
from r2cli.video import VideoInfo
from tests.films import make_film


@pytest.fixture(scope="module")
def model(random_model) -> LoadedModel:
    return r2cli.load(str(random_model), device="cpu", precision="fp32")


@pytest.fixture
def video(films) -> VideoInfo:
    return open_video(films / "short.mp4")


def with_checkpoint(model: LoadedModel, **changes) -> LoadedModel:
    return replace(model, checkpoint=replace(model.checkpoint, **changes))


def with_spec(model: LoadedModel, spec: BackboneSpec) -> LoadedModel:
    return with_checkpoint(model, backbone=spec)


VIDEOS = {
    "stream": lambda video: replace(video, stream_index=video.stream_index + 1),
    "start": lambda video: replace(video, start=video.start + 0.04),
    "duration": lambda video: replace(video, duration=video.duration + 0.1),
    "rotation": lambda video: replace(video, rotation=90),
}
READINGS = {
    "sampling": Reading(sampling="exact"),
    "keyframes": Reading(sampling="keyframes"),
    "reuse": Reading(reuse=False),
}
MODELS = {
    "weights": lambda model: replace(model, sha256="0" * 64),
    "precision": lambda model: replace(model, wanted_precision="bf16"),
    "precision that is left to r2": lambda model: replace(model, wanted_precision="auto"),
    "rate": lambda model: with_checkpoint(model, clips_per_second=1.0),
    "window": lambda model: with_checkpoint(model, window=8.0),
    "what is said of its CLIP": lambda model: with_spec(
        model, replace(model.checkpoint.backbone, config={**model.checkpoint.backbone.config, "quick_gelu": False})
    ),
    "what its CLIP sees": lambda model: with_spec(
        model, replace(model.checkpoint.backbone, pixels=Pixels(resize="squash"))
    ),
}


def test_one_key_for_one_thing(video, model):
    facts = facts_of(video, model, Reading())
    assert facts == facts_of(video, model, Reading())
    assert key_of(facts) == key_of(dict(reversed(facts.items())))
    assert len(key_of(facts)) == 32


def test_each_fact_counts(video, model):
    known = facts_of(video, model, Reading())
    names = "backbone clip clips_per_second layers patches precision reuse sampling stream version video weights width"
    assert sorted(known) == sorted([*names.split(), "window_clips", "described"])
    assert len({key_of(known), *(key_of({**known, name: "another"}) for name in known)}) == len(known) + 1


@pytest.mark.parametrize("change", VIDEOS.values(), ids=VIDEOS)
def test_another_stream_of_the_same_film(video, model, change):
    """Its bytes are the same: what is looked at in them is not."""
    other = facts_of(change(video), model, Reading())
    assert other["video"] == facts_of(video, model, Reading())["video"]
    assert key_of(other) != key_of(facts_of(video, model, Reading()))


@pytest.mark.parametrize("reading", READINGS.values(), ids=READINGS)
def test_another_way_of_reading(video, model, reading):
    assert key_of(facts_of(video, model, reading)) != key_of(facts_of(video, model, Reading()))


@pytest.mark.parametrize("name", ["sampling", "hwaccel", "cache"])
def test_what_decodes_and_whether_it_is_kept_are_of_no_account(video, model, name):
    same = {"hwaccel": Reading(hwaccel="auto"), "cache": Reading(cache=False), "sampling": Reading(sampling="auto")}
    assert facts_of(video, model, same[name]) == facts_of(video, model, Reading())


@pytest.mark.parametrize("change", MODELS.values(), ids=MODELS)
def test_another_model_or_precision(video, model, change):
    assert key_of(facts_of(video, change(model), Reading())) != key_of(facts_of(video, model, Reading()))


def test_a_precision_that_is_left_to_r2_depends_on_the_device(video, model, monkeypatch):
    auto = replace(model, wanted_precision="auto")
    here = facts_of(video, auto, Reading())
    fixed = facts_of(video, model, Reading())

    class Card:
        type = "cuda"

    monkeypatch.setattr(LoadedModel, "device", property(lambda self: Card()))
    assert facts_of(video, auto, Reading()) != here
    assert facts_of(video, model, Reading()) == fixed


@pytest.mark.parametrize("name", ["BLOCK", "LARGEST_DIFFERENCE", "VERSION"])
def test_another_r2(video, model, monkeypatch, name):
    before = key_of(facts_of(video, model, Reading()))
    monkeypatch.setattr(key, name, getattr(key, name) * 2)
    assert key_of(facts_of(video, model, Reading())) != before


def test_frames_that_take_over_nothing_do_not_depend_on_how_alike_they_are(video, model, monkeypatch):
    before = facts_of(video, model, Reading(reuse=False))
    monkeypatch.setattr(key, "LARGEST_DIFFERENCE", 1.0)
    assert facts_of(video, model, Reading(reuse=False)) == before


def test_the_weights_of_the_clip_wherever_they_come_from(model, tmp_path, monkeypatch):
    spec = model.checkpoint.backbone
    inside = clip_digest(with_spec(model, replace(spec, weights=None, source=None)))
    assert inside == ""
    digests = set()
    for content in (b"one clip", b"another clip"):
        path = tmp_path / "clip.safetensors"
        path.write_bytes(content)
        digests.add(clip_digest(with_spec(model, replace(spec, weights=path))))
        monkeypatch.setenv("R2_MODELS_DIR", str(tmp_path))
        fetched = replace(spec, weights=None, source=HubFile("someone/clips", "clip.safetensors", 8))
        digests.add(clip_digest(with_spec(model, fetched)))
    assert len(digests) == 2
    assert all(len(digest) == 64 for digest in digests)


def test_another_clip_is_another_entry(video, model, tmp_path):
    """Two checkpoints may share a file and a name, and differ in the CLIP that lies beside it."""
    keys = set()
    for content in (b"one clip", b"another clip"):
        path = tmp_path / f"{content.decode()}.safetensors"
        path.write_bytes(content)
        other = with_spec(model, replace(model.checkpoint.backbone, weights=path))
        keys.add(key_of(facts_of(video, other, Reading())))
    assert len(keys) == 2


def cached_clips(video: VideoInfo, model: LoadedModel, reading: Reading | None = None) -> int:
    reports = []
    search(video, ["a dog jumps"], model, reading or Reading(), on_report=reports.append)
    return reports[0].cached


@pytest.mark.parametrize("change", [MODELS["weights"], MODELS["precision that is left to r2"], MODELS["window"]])
def test_what_another_model_saw_is_not_served(video, model, change):
    assert cached_clips(video, model) == 0
    assert cached_clips(video, change(model)) == 0
    assert cached_clips(video, model) == cached_clips(video, change(model)) == 16


def test_what_another_clip_saw_is_not_served(video, model, tmp_path):
    models = []
    for name in ("one", "other"):
        (tmp_path / name).write_text(name)
        models.append(with_spec(model, replace(model.checkpoint.backbone, weights=tmp_path / name)))
    assert [cached_clips(video, one) for one in (*models, *models)] == [0, 0, 16, 16]


def test_what_was_seen_in_another_stream_is_not_served(films, model, tmp_path):
    """A file with two pictures: which one is meant decides."""
    path = shutil.copy(films / "short.mp4", tmp_path / "film.mp4")
    video = open_video(Path(path))
    assert cached_clips(video, model) == 0
    assert cached_clips(replace(video, rotation=180), model) == 0
    assert cached_clips(video, model) == 16


@pytest.mark.parametrize("frames", [20, 95, 100, 105, 200, 340])
def test_how_large_an_entry_will_be_is_known_before(model, tmp_path, frames):
    """To a window: of what is hardly larger than the limit, it shows on the way."""
    video = open_video(make_film(tmp_path / "film.mp4", frames=frames, rate=10))
    facts = facts_of(video, model, Reading())
    cached_clips(video, model)
    (folder,) = cache.entries()
    window = expected_size({**facts}, arrays_of(model), replace(video, duration=min(video.duration, 10.0)))
    windows = (folder.bytes - 4096) // window if frames > 100 else 1
    assert windows - 1 <= expected_size(facts, arrays_of(model), video) / window <= windows + 1
