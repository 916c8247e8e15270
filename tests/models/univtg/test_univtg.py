"""A file of the released layout, from a hub, through every command that asks a model."""

from __future__ import annotations

import hashlib
import io
import json
from argparse import Namespace
from dataclasses import replace

import pytest
import torch

from r2cli.backbones.spec import BackboneSpec
from r2cli.checkpoints.load import find_source, open_checkpoint
from r2cli.checkpoints.registry import CHECKPOINTS, UNIVTG
from r2cli.errors import ModelUnavailableError
from r2cli.hub import find_file
from r2cli.models.univtg import UniVTGConfig
from tests.hub.hub_server import serve_hub
from tests.models.univtg.golden import recipes

_PLACE = "spaces/KevinQHLin/UniVTG/results/omni/model_best.ckpt"
_SIZES = {512: 32, 514: 18, 1024: 48, 1536: 96, 75: 75}
"""Of the released shape -> of one that suits the CLIP of `random_model`, which reads words of 32 and pictures of 16."""


def small_shapes() -> dict[str, list[int]]:
    released = recipes.RECORDED["shapes"]["full512"]["tensors"]
    return {name: [_SIZES.get(side, side) for side in shape] for name, shape in released.items()}


def authors_file(shapes: dict[str, list[int]], **opt: object) -> bytes:
    """Drawn weights in the layout of the released file, with an optimizer and a `Namespace`."""
    drawn = {f"module.{name}": torch.from_numpy(value) for name, value in recipes.draw(shapes, 11).items()}
    states = {place: {"exp_avg": torch.zeros(2), "step": 3} for place in range(2)}
    optimizer = {"state": states, "param_groups": [{"lr": 1e-4, "betas": (0.9, 0.999), "params": [0, 1]}]}
    options = Namespace(nheads=8, use_txt_pos=False, pre_norm=False, device=torch.device("cpu"), lr_warmup=[10], **opt)
    content = io.BytesIO()
    torch.save({"model": drawn, "optimizer": optimizer, "lr_scheduler": {}, "epoch": 9, "opt": options}, content)
    return content.getvalue()


@pytest.fixture
def hub(monkeypatch, tmp_path, random_model):
    """A hub that has the file; the row of the table holds to its digest, and reads a small CLIP."""
    from huggingface_hub import constants

    content = authors_file(small_shapes())
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hf"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    card = json.loads(random_model.with_suffix(".json").read_text())
    clip = BackboneSpec("small", config=card["clip"], weights=random_model, vocabulary=tuple(card["vocabulary"]))
    source = replace(UNIVTG.source, sha256=hashlib.sha256(content).hexdigest())
    monkeypatch.setitem(CHECKPOINTS, "univtg", replace(UNIVTG, source=source, backbone=clip))
    with serve_hub() as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        running.files = {_PLACE: content}
        yield running


def test_from_a_hub_through_every_command(r2, hub, films, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    asked = (films / "long.mp4", "--model", "univtg", "--json")

    code, out, err = r2("find", *asked[:1], "a dog jumps", *asked[1:])
    assert code == 0, err
    assert f"downloading model_best.ckpt ({len(hub.files[_PLACE]) / 1e3:.0f} kB) from {hub.url}/spaces/" in err
    (result,) = json.loads(out)["results"]
    assert result["model"]["name"] == "univtg"
    assert result["model"]["sha256"] == hashlib.sha256(hub.files[_PLACE]).hexdigest()
    moments = result["moments"]
    assert moments
    assert all(0 <= one["start"] <= one["end"] <= 34 and 0 < one["score"] < 1 for one in moments)
    assert [one["score"] for one in moments] == sorted((one["score"] for one in moments), reverse=True)
    assert len(result["saliency"]) == 17

    hub.requests.clear()
    code, out, err = r2("highlight", *asked, "--about", "a dog jumps")
    assert code == 0, err
    assert json.loads(out)["results"][0]["moments"]
    code, out, err = r2("summarize", *asked, "--about", "a dog jumps", "--length", "6s")
    assert code == 0, err
    code, out, err = r2("index", films / "short.mp4", "--model", "univtg")
    assert code == 0, err
    assert hub.requests == []
    assert find_file(CHECKPOINTS["univtg"].source).path.is_file()
    code, out, _ = r2("models", "remove", "univtg")
    assert (code, find_file(CHECKPOINTS["univtg"].source)) == (0, None)


def test_a_hub_that_has_another_file(r2, hub, films):
    hub.tampered = True

    code, _, err = r2("find", films / "short.mp4", "a dog", "--model", "univtg")

    assert (code, "Traceback" in err) == (4, False)


def test_the_row_is_the_released_file():
    assert UNIVTG.config == UniVTGConfig()
    assert UNIVTG.source.url.endswith("/spaces/KevinQHLin/UniVTG")
    assert "no figures" in UNIVTG.summary
    assert find_source("univtg") is CHECKPOINTS["univtg"]


def test_a_file_of_somebody_elses_training(random_model, tmp_path):
    """It is known by its suffix, and reads the CLIP of the released one."""
    (tmp_path / "model_best.ckpt").write_bytes(authors_file(small_shapes()))

    source = find_source(str(tmp_path / "model_best.ckpt"))

    assert (source.family, source.name, source.backbone) == ("univtg", "model_best", UNIVTG.backbone)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"input_vid_proj.0.LayerNorm.weight": [2818]}, "SlowFast"),
        ({"token_type_embeddings.weight": [3, 32]}, "kind of UniVTG"),
        ({"class_embed.layers.2.weight": [2, 32, 3]}, "names or shapes differ"),
        ({"input_txt_proj.2.net.1.weight": [32, 32]}, "left over"),
    ],
)
def test_what_it_cannot_be_is_said_in_a_line(tmp_path, change, said):
    path = tmp_path / "x.ckpt"
    path.write_bytes(authors_file(small_shapes() | change))

    with pytest.raises(ModelUnavailableError, match=said) as caught:
        open_checkpoint(str(path), device="cpu")

    assert "\n" not in str(caught.value)


def test_a_model_for_another_clip(r2, hub, films, monkeypatch):
    """Whose embeddings are wider than those of the CLIP at hand."""
    shapes = small_shapes() | {f"input_vid_proj.0.LayerNorm.{leaf}": [26] for leaf in ("weight", "bias")}
    content = authors_file(shapes | {"input_vid_proj.0.net.1.weight": [32, 26]})
    hub.files[_PLACE] = content
    row = CHECKPOINTS["univtg"]
    source = replace(row.source, sha256=hashlib.sha256(content).hexdigest())
    monkeypatch.setitem(CHECKPOINTS, "univtg", replace(row, source=source))

    code, _, err = r2("find", films / "short.mp4", "a dog", "--model", "univtg")

    assert code == 4
    assert "made for another CLIP (embedding 24 wide; that of small is 16)" in err
