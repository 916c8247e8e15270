"""Opening checkpoints: ours, the authors', and files that are neither."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from r2cli.backbones.build import build_clip
from r2cli.backbones.spec import BACKBONES, BackboneSpec
from r2cli.backbones.tokenizer import table_size, vocabulary_of
from r2cli.checkpoints.load import find_source, open_checkpoint
from r2cli.checkpoints.registry import CHECKPOINTS
from r2cli.errors import CommandLineError, ModelUnavailableError
from r2cli.models.r2 import R2, R2Config

GOLDEN = Path(__file__).parents[1] / "golden"
VOCABULARY = vocabulary_of(["a dog jumps", "the cat sleeps"])
CLIP = {
    "embed_dim": 32,
    "quick_gelu": True,
    "vision_cfg": {"image_size": 32, "patch_size": 8, "width": 64, "layers": 4, "head_width": 32},
    "text_cfg": {
        "context_length": 16,
        "vocab_size": table_size(VOCABULARY),
        "width": 64,
        "heads": 2,
        "layers": 4,
    },
}
SHAPE = R2Config(vision_width=64, query_width=64, dims=32, heads=4)


@pytest.fixture(autouse=True)
def no_network(monkeypatch, tmp_path):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hf"))
    monkeypatch.setenv("R2_MODELS_DIR", str(tmp_path / "models"))


@pytest.fixture
def own(tmp_path) -> Path:
    """A file as the shipped one: both models in half precision, random weights, a description beside it."""
    torch.manual_seed(0)
    clip, model = build_clip(BackboneSpec("small", config=CLIP)), R2(SHAPE)
    state = {f"clip.{name}": tensor for name, tensor in clip.state_dict().items()}
    state |= {f"r2.{name}": tensor for name, tensor in model.state_dict().items()}
    path = tmp_path / "own.safetensors"
    save_file({name: tensor.half().contiguous() for name, tensor in state.items()}, path)
    card = {
        "clip": CLIP,
        "vocabulary": list(VOCABULARY),
        "r2": asdict(SHAPE),
        "clips_per_second": 2,
        "window": 64.0,
        "min_score": 0.25,
    }
    path.with_suffix(".json").write_text(json.dumps(card))
    return path


def edit_card(path: Path, **changes: object) -> None:
    card = path.with_suffix(".json")
    kept = {key: value for key, value in (json.loads(card.read_text()) | changes).items() if value is not ...}
    card.write_text(json.dumps(kept))


def refuse(name_or_file: object) -> str:
    """What is said about a model that cannot be used: always one line."""
    with pytest.raises(ModelUnavailableError) as caught:
        open_checkpoint(str(name_or_file), device="cpu")
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 4
    return str(caught.value)


class TestOwnFile:
    def test_answers_a_query(self, own):
        loaded = open_checkpoint(str(own), device="cpu")

        assert loaded.checkpoint.name == "own"
        assert (loaded.checkpoint.clips_per_second, loaded.checkpoint.window) == (2, 64)
        assert loaded.checkpoint.min_score == 0.25
        assert loaded.sha256 == hashlib.sha256(own.read_bytes()).hexdigest()
        assert loaded.device == torch.device("cpu")
        assert not loaded.model.training
        pixels = np.random.default_rng(0).integers(0, 256, (9, 3, 32, 32), dtype=np.uint8)
        memory = loaded.model.encode_video(loaded.backbone.encode_frames(pixels)[None])
        query = loaded.backbone.encode_query("the zebra jumps")
        prediction = loaded.model.predict(memory, query[None], clips_per_second=2)[0]
        assert prediction.saliency.shape == (9,)
        assert prediction.boundary.isfinite().all()

    def test_a_query_does_not_wait_for_the_vision_tower(self, own, monkeypatch):
        from r2cli.backbones import choose_precision

        settled = []
        monkeypatch.setattr(choose_precision, "settle_precision", lambda backbone, wanted: settled.append(wanted))
        loaded = open_checkpoint(str(own), device="cpu", precision="bf16")

        loaded.backbone.encode_query("a dog jumps")
        loaded.backbone.embed_queries(["a dog jumps"])

        assert settled == []
        for _ in range(2):
            loaded.backbone.encode_frames(np.zeros((1, 3, 32, 32), np.uint8))
        assert settled == ["bf16"]

    def test_the_precision_is_settled_for_one_who_asks(self, own):
        loaded = open_checkpoint(str(own), device="cpu", precision="bf16")

        assert (loaded.backbone.precision, loaded.backbone.reason) == ("bf16", "as asked for")

    def test_weights_are_those_of_the_file_in_full_precision(self, own):
        state, loaded = load_file(own), open_checkpoint(str(own), device="cpu", precision="fp32")

        for prefix, module in (("clip.", loaded.backbone.clip), ("r2.", loaded.model)):
            for name, tensor in module.state_dict().items():
                assert tensor.dtype == torch.float32
                assert torch.equal(tensor, state[prefix + name].float()), name

    def test_without_its_description(self, own):
        own.with_suffix(".json").unlink()

        assert "own.json" in refuse(own)

    @pytest.mark.parametrize(
        "changes",
        [
            {"clip": ...},
            {"window": "long"},
            {"clips_per_second": 0},
            {"r2": {"dims": "wide"}},
            {"r2": {"no_such_field": 1}},
            {"clip": {"embed_dim": 32}},
            {"clip": CLIP | {"no_such_argument": 1}},
            {"clip": CLIP | {"text_cfg": CLIP["text_cfg"] | {"hf_model_name": "roberta-base"}}},
            {"vocabulary": [3, 2, 1]},
            {"r2": asdict(R2Config(vision_width=64, query_width=64, dims=64, heads=4))},
            {"r2": asdict(SHAPE) | {"layers": 9}},
        ],
    )
    def test_with_a_description_that_does_not_fit(self, own, changes):
        edit_card(own, **changes)

        assert "own" in refuse(own)

    def test_with_a_description_that_is_no_json(self, own):
        own.with_suffix(".json").write_text("{")

        assert "no JSON" in refuse(own)

    def test_with_a_tensor_missing(self, own):
        state = load_file(own)
        state.pop("r2.block.gate")
        save_file(state, own)

        assert "names or shapes differ" in refuse(own)

    def test_cut_off(self, own):
        own.write_bytes(own.read_bytes()[:5000])

        assert "not a checkpoint, or a damaged one" in refuse(own)


class TestAuthorsFile:
    @pytest.mark.parametrize("name", ["tiny_checkpoint", "tiny_hl_checkpoint"])
    def test_shape_is_read_off_the_file(self, name, tmp_path, own):
        """With a description that names the CLIP: here, the one inside our own file."""
        clip = {k.removeprefix("clip."): v for k, v in load_file(own).items() if k.startswith("clip.")}
        save_file(clip, tmp_path / "clip.safetensors")
        shutil.copy(GOLDEN / f"{name}.pth", tmp_path / "authors.pth")
        shutil.copy(own.with_suffix(".json"), tmp_path / "authors.json")
        edit_card(tmp_path / "authors.pth", clip_weights="clip.safetensors", r2={})

        loaded = open_checkpoint(str(tmp_path / "authors.pth"), device="cpu")

        assert loaded.model.config.dims == 64
        assert loaded.checkpoint.config == loaded.model.config
        assert loaded.model.config.boundaries == (name == "tiny_checkpoint")
        assert loaded.checkpoint.task == ("moments" if name == "tiny_checkpoint" else "highlights")

    def test_alone_it_is_taken_for_one_of_qvhighlights(self, tmp_path):
        shutil.copy(GOLDEN / "tiny_checkpoint.pth", tmp_path / "mine.pth")

        row = find_source(str(tmp_path / "mine.pth"))

        assert row.name == "mine"
        assert row.clips_per_second == CHECKPOINTS["qvhighlights"].clips_per_second
        assert row.backbone == CHECKPOINTS["qvhighlights"].backbone

    def test_for_another_clip(self, tmp_path, own):
        shutil.copy(GOLDEN / "tiny_checkpoint.pth", tmp_path / "own.pth")
        wider = CLIP | {"vision_cfg": CLIP["vision_cfg"] | {"width": 96}}
        save_file(build_clip(BackboneSpec("wide", config=wider)).state_dict(), tmp_path / "wide.safetensors")
        edit_card(own, clip=wider, clip_weights="wide.safetensors")

        assert "made for another CLIP (vision 64 wide; that of clip-own is 96)" in refuse(tmp_path / "own.pth")

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"adapter.q_map.weight": torch.zeros(3, 3)}, "block.patch_attention.query.weight is [3, 3], not [64, 64]"),
            ({"adapter.gate": ...}, "block.gate is missing"),
            ({"backbone.layer1.weight": torch.zeros(1)}, "an unknown tensor at 'backbone.layer1'"),
            ({"adapter.gate": torch.zeros(3, dtype=torch.int64)}, "block.gate is no table of numbers with fractions"),
            ({"adapter.gate": torch.zeros(3).to_sparse()}, "block.gate is no table of numbers with fractions"),
            ({"adapter.gate": torch.full((3,), torch.nan)}, "some of its weights are no numbers"),
            ({3: torch.zeros(3)}, "no table of tensors"),
        ],
    )
    def test_with_tensors_that_do_not_fit(self, tmp_path, changes, words):
        content = torch.load(GOLDEN / "tiny_checkpoint.pth", weights_only=True)
        state = content["state_dict"] | changes
        content["state_dict"] = {name: tensor for name, tensor in state.items() if tensor is not ...}
        torch.save(content, tmp_path / "mine.pth")

        assert words in refuse(tmp_path / "mine.pth")


def test_the_form_of_training_is_read_like_the_published_one(tmp_path):
    """The authors' trainer keeps its optimiser and its schedule in the same file."""
    from r2cli.backbones.weights import read_tensors
    from r2cli.models.r2.keys import infer_config, translate_state

    content = torch.load(GOLDEN / "tiny_checkpoint.pth", weights_only=True)
    weights = [torch.nn.Parameter(tensor.float()) for tensor in content["state_dict"].values()]
    optimizer = torch.optim.AdamW(weights, lr=5e-4, weight_decay=1e-4)
    sum(weight.sum() for weight in weights).backward()
    optimizer.step()
    content["meta"] |= {"epoch": 30, "iter": 6780, "stages": [{"epochs": 30, "optimizer": {"type": "AdamW"}}]}
    torch.save(content | {"optimizer": optimizer.state_dict()}, tmp_path / "epoch_30.pth")

    state = read_tensors(tmp_path / "epoch_30.pth", "")

    R2(infer_config(state)).load_state_dict(translate_state(state))


class TestPublishedFile:
    """A file of the authors is known by its content."""

    @pytest.fixture
    def charades(self, monkeypatch):
        digest = hashlib.sha256((GOLDEN / "tiny_checkpoint.pth").read_bytes()).hexdigest()
        row = CHECKPOINTS["charades"]
        monkeypatch.setitem(CHECKPOINTS, "charades", replace(row, source=replace(row.source, sha256=digest[:8])))
        return CHECKPOINTS["charades"]

    def test_is_used_as_it_was_trained_whatever_it_is_called(self, tmp_path, charades):
        shutil.copy(GOLDEN / "tiny_checkpoint.pth", tmp_path / "mine.pth")

        row = find_source(str(tmp_path / "mine.pth"))

        assert row == replace(charades, source=tmp_path / "mine.pth")

    def test_under_whose_name_something_else_lies(self, tmp_path, charades):
        (tmp_path / charades.source.file_name).write_bytes(b"something else")

        assert "not the file that was published under this name" in refuse(tmp_path / charades.source.file_name)


def test_a_description_may_name_a_clip_of_the_table(own):
    edit_card(own, clip=..., vocabulary=..., backbone="clip-vit-l-14")

    assert find_source(str(own)).backbone == BACKBONES["clip-vit-l-14"]


def test_a_description_that_names_a_clip_that_there_is_not(own):
    edit_card(own, clip=..., backbone="clip-vit-z-1")

    assert "nor a known 'backbone'" in refuse(own)


class Bomb:
    def __reduce__(self):
        return (os.system, ("touch /tmp/r2-must-not-run-this",))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is not a checkpoint"),
        (b"this is a letter, not a model\n" * 50, "is not a checkpoint"),
        (b"PK\x03\x04" + bytes(500), "is not a checkpoint"),
        (pickle.dumps({"state_dict": [1, 2]}), "is not a checkpoint"),
        (pickle.dumps(Bomb(), protocol=2), "runs no code"),
        ((GOLDEN / "tiny_checkpoint.pth").read_bytes()[:100_000], "is not a checkpoint"),
    ],
    ids=["empty", "text", "zip", "pickle", "code", "truncated"],
)
def test_a_file_that_is_no_checkpoint(tmp_path, content, words):
    (tmp_path / "file.pth").write_bytes(content)

    assert words in refuse(tmp_path / "file.pth")
    assert not Path("/tmp/r2-must-not-run-this").exists()


def test_code_inside_a_proper_torch_file_is_not_run(tmp_path):
    torch.save({"state_dict": {"x": torch.zeros(1)}, "meta": Bomb()}, tmp_path / "file.pth")

    assert "runs no code" in refuse(tmp_path / "file.pth")
    assert not Path("/tmp/r2-must-not-run-this").exists()


def test_a_table_of_other_tensors(tmp_path):
    torch.save({"state_dict": {"fc.weight": torch.zeros(2, 2)}}, tmp_path / "file.pth")

    assert "not an R2-Tuning checkpoint" in refuse(tmp_path / "file.pth")


@pytest.mark.parametrize("name", ["gone.pth", "./gone", "gone.safetensors", "folder.pth"])
def test_a_file_that_is_not_there(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.pth").mkdir()

    assert "there is no model file" in refuse(name)


def test_the_default_without_a_network(tmp_path):
    with pytest.raises(ModelUnavailableError) as caught:
        open_checkpoint("qvhighlights", device="cpu")

    for part in ("HF_HUB_OFFLINE", "617 MB", "sprites"):
        assert part in str(caught.value)
    steps = "\n".join(caught.value.steps)
    for part in ("huggingface.co/yeliudev/R2-Tuning", "11 MB", str(tmp_path / "models")):
        assert part in steps


def test_a_device_that_is_not_there_comes_before_any_download(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)

    with pytest.raises(CommandLineError, match="CUDA"):
        open_checkpoint("qvhighlights", device="cuda")


def test_a_name_of_the_table_wins_over_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "qvhighlights").write_text("a file of that name")

    assert find_source("qvhighlights") is CHECKPOINTS["qvhighlights"]


@pytest.mark.parametrize("name", [name for name, row in CHECKPOINTS.items() if not row.files])
def test_what_ships_with_the_package_opens_without_a_network(name):
    loaded = open_checkpoint(name, device="cpu")

    assert loaded.backbone.encode_query("a dog").shape[0] == loaded.model.config.layers


@pytest.mark.parametrize("name", ["x" * 5000, "x" * 5000 + ".pth", "y/" * 3000])
def test_a_name_longer_than_any_file_is_no_model(name):
    with pytest.raises(ModelUnavailableError):
        open_checkpoint(name)
