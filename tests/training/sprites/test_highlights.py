"""The training of `sprites-highlights`, in small: it runs, goes on where it was, and writes what r2 opens."""

from __future__ import annotations

import json
import shutil

import pytest
import torch

from r2cli.checkpoints.load import open_checkpoint
from r2cli.checkpoints.registry import CHECKPOINTS, EMBEDDED
from r2cli.datasets.sprites.art import packaged_sprites
from r2cli.datasets.sprites.highlights import true_highlights
from r2cli.training.sprites.films import FIRST_SEED, LENGTH
from r2cli.training.sprites.highlights import HighlightSettings, train_highlights, write_checkpoint, write_either_script


@pytest.mark.slow
def test_it_trains_goes_on_and_is_opened(tmp_path):
    for style in ("one", "another"):
        (tmp_path / "art" / style).mkdir(parents=True)
        for (_, thing), image in packaged_sprites().items():
            image.resize((40, 40)).save(tmp_path / "art" / style / f"{thing}.png")
    backbone = open_checkpoint("sprites", device="cpu", precision="fp32").backbone
    lines = []
    for steps in (2, 3):
        settings = HighlightSettings(steps=steps, films=2, pool=4, shortest=12, longest=16)
        model = train_highlights(tmp_path / "art", tmp_path, backbone, settings, lines.append)
    assert [line.split("  ")[0] for line in lines] == ["highlights step 2/2", "highlights step 3/3"]
    path = write_checkpoint(tmp_path / "out", model, 0.3)
    shutil.copy(EMBEDDED / "sprites.safetensors", path.parent)
    opened = open_checkpoint(str(path), device="cpu")
    assert opened.checkpoint.task == "highlights"
    assert opened.checkpoint.query == "something"
    for name, value in model.state_dict().items():
        assert torch.equal(opened.model.state_dict()[name], value.half().float())


def test_two_of_three_films_are_quiet():
    films = [write_either_script(FIRST_SEED + number, ("a", "b")) for number in range(30)]
    shares = [sum(end - start for start, end in true_highlights(film)) / LENGTH for film in films]
    assert all(film.duration == LENGTH for film in films)
    assert sum(share <= 0.35 for share in shares) >= 20
    assert sum(share > 0.35 for share in shares) >= 5


def test_what_ships_names_the_clip_of_sprites():
    card = json.loads((EMBEDDED / "sprites-highlights.json").read_text())
    assert card["clip_weights"] == "sprites.safetensors"
    assert card["clip"] == json.loads((EMBEDDED / "sprites.json").read_text())["clip"]
    assert CHECKPOINTS["sprites-highlights"].task == "highlights"
    loaded, moments = (
        open_checkpoint(name, device="cpu", precision="fp32") for name in ("sprites-highlights", "sprites")
    )
    frames = torch.randint(0, 256, (2, 3, 112, 112), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    assert torch.equal(loaded.backbone.encode_frames(frames.numpy()), moments.backbone.encode_frames(frames.numpy()))
