"""The similarity of the built-in CLIP through every command that asks a model, on the film of the demonstration."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

import r2cli
from r2cli.checkpoints.load import find_source
from r2cli.datasets.sprites.demo import demo_film
from r2cli.datasets.sprites.script import true_moments
from r2cli.doctor.models import missing_items
from r2cli.models.family import Clips, find_family
from r2cli.models.similarity import SimilarityConfig
from r2cli.select.spans import overlap

MODEL = "sprites-similarity"


@pytest.fixture(scope="module")
def film(demo_file, tmp_path_factory):
    return Path(shutil.copy(demo_file, tmp_path_factory.mktemp("similarity") / "film.mp4"))


def moments_of(out: str) -> list[dict[str, float]]:
    (result,) = json.loads(out)["results"]
    return result["moments"]


def best_overlap(moment: dict[str, float], true: tuple[tuple[float, float], ...]) -> float:
    starts, ends = np.array(true).T
    return float(overlap(moment["start"], moment["end"], starts, ends).max())


@pytest.mark.parametrize(
    ("query", "thing", "deed"),
    [("a dog", "dog", None), ("the dog jumps", "dog", "jumps"), ("the airplane flies", "airplane", "flies")],
)
def test_find_tells_when_and_that(r2, film, query, thing, deed):
    code, out, err = r2("find", film, query, "--model", MODEL, "--json")

    assert (code, err) == (0, "")
    assert best_overlap(moments_of(out)[0], true_moments(demo_film(), thing, deed)) > 0.7
    assert moments_of(out)[0]["score"] > 0.8


def test_find_tells_that_there_is_none(r2, film):
    code, _, err = r2("find", film, "an elephant", "--model", MODEL)

    assert code == 1
    assert "elephant" in err


def test_every_occurrence_is_found(r2, film):
    true = true_moments(demo_film(), "pig", "jumps")
    found = moments_of(r2("find", film, "the pig jumps", "--model", MODEL, "--json")[1])

    assert all(any(best_overlap(moment, (span,)) > 0.5 for moment in found) for span in true)


@pytest.mark.guard
@pytest.mark.slow
def test_highlight_and_summarize_take_it(r2, film, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = r2("highlight", film, "--about", "the dog jumps", "--model", MODEL, "--json", "--top", 1)
    assert code == 0, err
    (moment,) = moments_of(out)
    start, end = true_moments(demo_film(), "dog", "jumps")[0]
    assert start - 0.5 <= moment["peak"] <= end + 0.5

    code, out, err = r2("summarize", film, "--about", "a dog", "--model", MODEL, "--json", "--length", "8s")
    assert code == 0, err
    assert moments_of(out)


def test_a_score_is_the_probability_of_the_best_clips():
    family = find_family("similarity")
    model = family.build(SimilarityConfig(scale=10.0))
    model.load_state_dict({"level": torch.tensor(5.0), "steepness": torch.tensor(2.0)})
    query = torch.tensor([1.0, 0.0])
    angles = torch.tensor([1.5, 0.1, 0.1, 0.1, 1.5])
    embeddings = torch.stack((angles.cos(), angles.sin()), dim=1)
    memory = family.remember(model, [Clips(torch.zeros(1, 5, 2, 3), embeddings)])

    (said,) = family.ask(model, [memory], query, clips_per_second=2.0)

    start, end, score = said.boundary[0].tolist()
    assert (start, end) == (0.5, 2.0)
    assert score == pytest.approx(1 / (1 + np.exp(-2 * (10 * np.cos(0.1) - 5))), abs=1e-3)
    assert said.saliency.argmax() in (1, 2, 3)
    assert said.saliency[0] == pytest.approx(1 / (1 + np.exp(-2 * (10 * np.cos(1.5) - 5))), abs=1e-3)


@pytest.mark.parametrize("scale", [0, -1, True, "x", 1e9])
def test_a_scale_that_makes_no_sense(scale):
    with pytest.raises(ValueError, match="scale"):
        SimilarityConfig(scale=scale)


@pytest.mark.parametrize("shape", [{"layers": 2}, {"vision_width": 8}, {"query_width": 8}])
def test_no_other_shape_is_taken(shape):
    with pytest.raises(ValueError, match="no layers and no widths"):
        SimilarityConfig(**shape)


def test_what_is_for_real_footage_needs_a_clip_and_says_so(r2, film, monkeypatch, tmp_path):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hf"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert [item.name for item in missing_items("similarity")] == ["clip-vit-b-32"]
    assert missing_items(MODEL) == ()

    code, _, err = r2("find", film, "a dog", "--model", "similarity")

    assert code == 4
    assert "ViT-B-32" in err or "clip-vit-b-32" in err


@pytest.mark.parametrize("name", ["similarity", "similarity-l-14", MODEL])
def test_it_is_a_model_for_moments(name):
    assert find_source(name).task == "moments"


def test_the_python_interface_takes_it(film):
    memory = r2cli.remember(film, model=MODEL, device="cpu", precision="fp32")

    assert memory.find("a dog").moments
    assert memory.find("a dog", top=1).moments == memory.find("a dog").moments[:1]
