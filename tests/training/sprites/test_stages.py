"""Both built-in checkpoints, from nothing to a file that opens, in as few steps as there can be."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass

import pytest
import torch

from r2cli.checkpoints.load import open_checkpoint
from r2cli.checkpoints.registry import EMBEDDED
from r2cli.datasets.sprites.art import packaged_sprites
from r2cli.datasets.sprites.script import HELD_OUT_STYLE
from r2cli.training.sprites import highlights, run
from r2cli.training.sprites.clip import ClipSettings, _Student, gate
from r2cli.training.sprites.r2 import SPRITES_R2, R2Settings
from tests.training.sprites.test_run import shipped_art


@dataclass(frozen=True)
class SmallClip(ClipSettings):
    steps: int = 2
    batch: int = 6
    sentences: int = 24


@dataclass(frozen=True)
class SmallR2(R2Settings):
    steps: int = 2
    films: int = 2
    queries: int = 2
    pool: int = 4
    longest: int = 16


@dataclass(frozen=True)
class SmallHighlights(highlights.HighlightSettings):
    steps: int = 2
    films: int = 2
    pool: int = 4
    longest: int = 16


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(run, "fetch_art", lambda folder: None)
    monkeypatch.setattr(run, "ClipSettings", SmallClip)
    monkeypatch.setattr(run, "R2Settings", SmallR2)
    monkeypatch.setattr(highlights, "HighlightSettings", SmallHighlights)


def drawn(work):
    (work / "art").mkdir(parents=True)
    return shipped_art(work / "art")


@pytest.mark.slow
def test_sprites_from_nothing(small, tmp_path, monkeypatch, capsys):
    drawn(tmp_path)
    asked: list[int] = []
    monkeypatch.setattr("r2cli.training.sprites.clip.gate", lambda clip, art: asked.append(1) or "")
    run.main(["--work", str(tmp_path), "--out", str(tmp_path / "out"), "--min-score", "0.4"])
    said = [line.split("s  ")[1].split("  ")[0] for line in capsys.readouterr().err.splitlines()]
    assert said == ["clip step 2/2", "r2 step 2/2"]
    assert asked == [1]
    opened = open_checkpoint(str(tmp_path / "out" / "sprites.safetensors"), device="cpu", precision="fp32")
    assert (opened.checkpoint.task, opened.checkpoint.min_score) == ("moments", 0.4)
    shipped, written = (json.loads((folder / "sprites.json").read_text()) for folder in (EMBEDDED, tmp_path / "out"))
    assert {name: shipped[name] for name in written if name != "min_score"} == {
        name: value for name, value in written.items() if name != "min_score"
    }
    kept = torch.load(tmp_path / "clip.pt", weights_only=True)["model"]
    assert torch.equal(opened.backbone.towers.clip.logit_scale, kept["clip.logit_scale"].half().float())


@pytest.mark.slow
def test_highlights_on_the_shipped_clip(small, tmp_path, capsys):
    drawn(tmp_path)
    run.main(["sprites-highlights", "--work", str(tmp_path), "--out", str(tmp_path / "out")])
    assert "highlights step 2/2" in capsys.readouterr().err
    shutil.copy(EMBEDDED / "sprites.safetensors", tmp_path / "out")
    opened = open_checkpoint(str(tmp_path / "out" / "sprites-highlights.safetensors"), device="cpu")
    assert (opened.checkpoint.task, opened.checkpoint.min_score) == ("highlights", 0.3)


def test_a_checkpoint_of_random_weights_opens_as_the_shipped_one_does(tmp_path):
    torch.manual_seed(0)
    model = run.R2(SPRITES_R2)
    path = run.write_checkpoint(tmp_path, _Student().clip.state_dict(), model, 0.25)
    opened = open_checkpoint(str(path), device="cpu", precision="fp32")
    shipped = open_checkpoint("sprites", device="cpu", precision="fp32")
    assert opened.model.config == shipped.model.config
    assert opened.checkpoint.min_score == 0.25
    assert opened.backbone.encode_query("a dog jumps").shape == shipped.backbone.encode_query("a dog jumps").shape


@pytest.mark.slow
def test_the_shipped_clip_names_what_it_sees_in_a_style_that_it_was_not_trained_on(tmp_path):
    student = _Student()
    student.clip.load_state_dict(
        open_checkpoint("sprites", device="cpu", precision="fp32").backbone.towers.clip.state_dict()
    )
    (tmp_path / HELD_OUT_STYLE).mkdir()
    for (style, thing), image in packaged_sprites().items():
        image.save(tmp_path / style / f"{thing}.png")
    said = gate(student.clip, tmp_path, batches=1)
    named = float(said.split("thing ")[1].split("%")[0])
    assert named > 60, said
    torch.manual_seed(1)
    assert float(gate(_Student().clip, tmp_path, batches=1).split("thing ")[1].split("%")[0]) < 15
