"""`NAME+similarity`: what it means, what it needs, and that it shares what is kept of a film."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from r2cli import cache
from r2cli.checkpoints.load import find_source
from r2cli.checkpoints.registry import CHECKPOINTS
from r2cli.doctor.models import missing_items
from r2cli.errors import ModelUnavailableError
from tests.films import run_ffmpeg

PLUS = "sprites+similarity"


@pytest.fixture(scope="module")
def film(demo_file, tmp_path_factory):
    return Path(shutil.copy(demo_file, tmp_path_factory.mktemp("leaning") / "film.mp4"))


def test_it_is_the_trained_model_but_for_what_it_leans_on():
    plain, plus = CHECKPOINTS["sprites"], find_source(PLUS)

    assert (plus.name, plus.leans, plain.leans) == (PLUS, True, False)
    assert plus.similarity_weight == 1.75 * plain.similarity_weight == 14
    assert (plus.source, plus.backbone, plus.shape) == (plain.source, plain.backbone, plain.shape)
    assert find_source("qvhighlights+similarity").similarity_weight == 0


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("similarity+similarity", "is similarity already"),
        ("sprites+similarity+similarity", "is similarity already"),
        ("nothing+similarity", "no checkpoint named 'nothing'"),
        ("+similarity", "no checkpoint named ''"),
        ("sprites+similar", "did you mean"),
    ],
)
def test_names_that_mean_nothing(name, said):
    with pytest.raises(ModelUnavailableError, match=said.replace("+", r"\+")) as caught:
        find_source(name)

    assert "\n" not in str(caught.value)


def test_a_file_of_that_very_name_is_a_file(random_model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(random_model, "x.safetensors")
    shutil.copy(random_model.with_suffix(".json"), "x.json")
    Path("x.pth+similarity").write_bytes(b"")

    assert find_source("x.safetensors+similarity").leans
    assert not find_source("x.pth+similarity").leans


def test_it_answers_out_of_what_the_trained_model_kept(r2, film):
    asked = ("find", film, "the dog jumps", "--json", "--min-score", 0, "--model")
    plain = json.loads(r2(*asked, "sprites")[1])["results"][0]
    code, out, err = r2(*asked, PLUS)
    plus = json.loads(out)["results"][0]

    assert (code, err) == (0, "")
    assert len(cache.entries()) == 1
    assert plus["model"] == {**plain["model"], "name": PLUS}
    assert plus["saliency"] == plain["saliency"]
    one, other = plus["moments"][0], plain["moments"][0]
    assert one != other
    assert (one["start"], one["end"]) == pytest.approx((other["start"], other["end"]), abs=1.0)


@pytest.mark.parametrize("query", ["a dog", "the airplane flies"])
def test_any_top_gives_the_head_of_the_same_list(r2, film, query):
    asked = ("find", film, query, "--json", "--min-score", 0, "--model", PLUS, "--top")
    everything = json.loads(r2(*asked, 99)[1])["results"][0]["moments"]

    assert len(everything) > 1
    assert json.loads(r2(*asked, 1)[1])["results"][0]["moments"] == everything[:1]


def test_what_is_not_there_is_not_found(r2, film):
    assert r2("find", film, "an elephant", "--model", PLUS)[0] == 1


def test_highlights_are_those_of_the_trained_model(r2, film, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = [json.loads(r2("highlight", film, "--json", "--model", name)[1])["results"] for name in ("sprites", PLUS)]

    assert found[0] == found[1]
    assert found[0][0]["ground"]["kind"] == "model"


def test_it_needs_what_the_trained_model_needs(monkeypatch, tmp_path):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hf"))
    assert missing_items("qvhighlights+similarity") == missing_items("qvhighlights") != ()
    assert missing_items(PLUS) == ()


@pytest.mark.parametrize("seconds", [0.1, 25])
def test_films_of_one_picture_and_films_of_nothing_but_black(r2, random_model, tmp_path, seconds):
    black = tmp_path / "black.mkv"
    run_ffmpeg("-f", "lavfi", "-i", f"color=black:s=64x64:r=10:d={seconds}", "-c:v", "ffv1", black)

    for model in (f"{random_model}+similarity", "sprites-similarity"):
        code, out, err = r2("find", black, "a dog", "--json", "--min-score", 0, "--model", model)
        assert code in (0, 1), err
        for moment in json.loads(out)["results"][0]["moments"]:
            assert 0 <= moment["start"] <= moment["end"] <= seconds + 0.05


@pytest.mark.parametrize("family", ["+similarity", ""])
def test_a_moment_of_a_film_of_many_windows_is_explained(r2, films, random_model, family):
    code, out, err = r2(
        "find", films / "long.mp4", "a dog", "--min-score", 0, "--model", f"{random_model}{family}", "--explain", 2
    )

    assert (code, err) == (0, "")
    assert "Moment 2 (" in out
    assert "The model goes through CLIP" in out
