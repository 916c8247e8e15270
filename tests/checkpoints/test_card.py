"""Descriptions in which something makes no sense: said in one line that names it, before anything is allocated."""

from __future__ import annotations

import copy
import json
import math
import os
import zipfile

import pytest
import torch
from safetensors.torch import load_file, save_file

import r2cli
from r2cli.errors import ModelUnavailableError
from r2cli.models.r2.family import R2Family

HUGE, TINIEST, ENDLESS, NONE = 10**9, 1e-300, math.inf, math.nan
WHOLE = (0, -1, 1.5, HUGE, ENDLESS, "x", None, True, [1])
RATES = (0, -1, HUGE, TINIEST, ENDLESS, NONE, "x", None, True, [1], 10**400)


def cases(where: str, values: tuple[object, ...], *names: str):
    return [pytest.param(where, name, value, id=f"{where}.{name}={value!r:.20}") for name in names for value in values]


NONSENSE = [
    *cases("r2", WHOLE, "dims", "heads", "layers"),
    *cases("r2", (0, 1.5, HUGE, None), "vision_width", "query_width", "ffn_ratio", "max_moments"),
    *cases("r2", (80_000,), "dims", "vision_width", "query_width"),
    *cases("r2", (-0.1, 1, NONE, "x"), "dropout", "drop_path"),
    *cases("r2", ([], [0], [3], [2, 1], [1, 1], [2**40], [1.0], "12", None, 1), "strides"),
    *cases("r2", (0, "yes"), "tef", "boundaries", "merge", "ignore_padding"),
    *cases("", RATES, "clips_per_second", "window"),
    *cases("", tuple(value for value in RATES if value is not None), "unit"),
    *cases("", (HUGE, NONE, "x", None, True), "min_score", "similarity_weight", "similarity_level"),
    *cases("", ([], [1], [0, 0], [1, NONE], [1, "x"], [1, 2, 3], [True, 0], [1, 10**400], "ab", 1, None), "presence"),
    *cases("", ([], [0], [-1], ["a"], [1.5], [[1]], [True], [10**30], "abc", {"a": 1}, 0), "vocabulary"),
    *cases("", ("", "dance", 3, None, ["moments"]), "task"),
    *cases("", ("", "x", 3, []), "suppression"),
    *cases("", (3, None, [], "a\0b"), "summary", "query", "licence", "clip_weights"),
    *cases("", (3, None, []), "r2", "clip", "pixels"),
    *cases("clip", WHOLE, "embed_dim"),
    *cases("clip.vision_cfg", WHOLE, "layers"),
    *cases("clip.vision_cfg", (0, 1.5, HUGE, "x"), "image_size", "patch_size", "width", "head_width"),
    *cases("clip.text_cfg", (0, 1.5, HUGE, "x"), "context_length", "vocab_size", "width", "heads", "layers"),
    *cases("clip.vision_cfg", (0, -1, HUGE, ENDLESS, NONE, "x", None), "mlp_ratio"),
]


@pytest.fixture
def described(random_model, tmp_path):
    """described(card) -> a copy of the random model that is described so."""

    def describe(card: object):
        path = tmp_path / "mine.safetensors"
        if not path.exists():
            path.symlink_to(random_model)
        path.with_suffix(".json").write_text(card if isinstance(card, str) else json.dumps(card))
        return path

    return describe


@pytest.fixture(scope="session")
def card(random_model):
    return json.loads(random_model.with_suffix(".json").read_text())


@pytest.fixture
def built(monkeypatch):
    """On which devices a model was built."""
    seen, build = [], R2Family.build

    def note(self, config):
        seen.append(torch.get_default_device().type)
        return build(self, config)

    monkeypatch.setattr(R2Family, "build", note)
    return seen


def refuse(path) -> str:
    with pytest.raises(ModelUnavailableError) as caught:
        r2cli.load(str(path), device="cpu")
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 4
    assert len(str(caught.value)) < 400
    return str(caught.value)


@pytest.mark.parametrize(("where", "name", "value"), NONSENSE)
def test_a_field_that_makes_no_sense(described, card, built, where, name, value):
    changed = copy.deepcopy(card)
    part = changed
    for step in filter(None, where.split(".")):
        part = part[step]
    part[name] = value

    said = refuse(described(changed))

    assert name in said
    assert "makes no sense" in said
    assert built == [] or where.startswith("clip")  # whose description is read after R2's weights


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"window": 86_000, "clips_per_second": 100}, "'window' makes no sense"),
        ({"r2": {"vision_width": 32, "query_width": 32, "dims": 2048, "heads": 4}}, "names or shapes differ"),
        ({"r2": {"vision_width": 32, "query_width": 32, "dims": 32, "heads": 4, "layers": 3}}, "block.gate is [3]"),
        ({"vocabulary": None}, "'vocabulary' makes no sense (the text tower of clip-mine has"),
        ({"vocabulary": [3, 2, 1]}, "ascending BPE ids"),
        ({"backbone": "gone", "clip": ...}, "nor a known 'backbone'"),
        ({"backbone": ["gone"], "clip": ...}, "nor a known 'backbone'"),
        ({"clip": {}}, "cannot use"),
        ({"pixels": {"mean": [0.5, 0.5]}}, "'pixels' makes no sense (mean"),
        ({"pixels": {"std": [0, 0, 0]}}, "'pixels' makes no sense (std"),
        ({"pixels": {"resize": "stretch"}}, "'pixels' makes no sense (resize 'stretch', not crop or squash"),
        ({"pixels": {"blur": 1}}, "'pixels' makes no sense"),
    ],
)
def test_fields_that_do_not_fit_each_other_or_the_weights(described, card, built, changes, words):
    changed = {key: value for key, value in (card | changes).items() if value is not ...}

    assert words in refuse(described(changed))


def test_nothing_is_allocated_for_a_model_that_its_weights_do_not_fit(described, card, built):
    refuse(described(card | {"r2": card["r2"] | {"dims": 2048}}))

    assert built == ["meta"]


def test_a_model_that_serves_less_than_its_description_says(random_model, described, card, tmp_path):
    """Without the coordinate head it would find nothing, and not say why."""
    path = described(card | {"r2": card["r2"] | {"strides": [1], "tef": False, "boundaries": False, "merge": False}})

    assert "'task' makes no sense ('moments' of a model that serves highlights)" in refuse(path)


@pytest.mark.parametrize("text", ["[" * 100_000, "3", "null", '"r2"', "{", "\xff", '{"r2": ' * 3000])
def test_a_description_that_is_none(described, text):
    assert "is not a model's description" in refuse(described(text))


def test_a_description_that_never_ends(described, card):
    path = described(card)
    path.with_suffix(".json").unlink()
    os.mkfifo(path.with_suffix(".json"))

    assert "cannot read the model's description" in refuse(path)


def test_a_description_longer_than_any(described, card):
    assert "cannot read the model's description" in refuse(described(json.dumps(card) + " " * (1 << 22)))


@pytest.mark.parametrize("name", ["pipe", "/dev/zero", "gone.safetensors", "."])
def test_weights_of_a_clip_that_are_no_file(random_model, card, tmp_path, name):
    path = tmp_path / "mine.safetensors"
    save_file({key: value for key, value in load_file(random_model).items() if key.startswith("r2.")}, path)
    path.with_suffix(".json").write_text(json.dumps(card | {"clip_weights": name}))
    os.mkfifo(tmp_path / "pipe")

    assert "there is no such file" in refuse(path)


def test_a_clip_inside_is_used_whatever_file_is_named(described, card, films, monkeypatch):
    path = described(card | {"clip_weights": "/dev/zero"})

    found = r2cli.find(films / "short.mp4", "a dog jumps", model=str(path), min_score=0)

    assert found.moments


def _header(facts: object, payload: bytes = b"") -> bytes:
    text = json.dumps(facts).encode()
    return len(text).to_bytes(8, "little") + text + payload


def _tensor(shape: list[int], end: int, dtype: str = "F32") -> dict[str, object]:
    return {"r2.block.gate": {"dtype": dtype, "shape": shape, "data_offsets": [0, end]}}


@pytest.mark.parametrize(
    "content",
    [
        _header(_tensor([80_000, 80_000], 25_600_000_000)),
        _header(_tensor([2**40, 2**40], 4), b"0000"),
        _header(_tensor([1], 4, "F999"), b"0000"),
        _header(_tensor([-1], 4), b"0000"),
        _header(_tensor([1], 8), b"0000"),
        _header([]),
        _header({}),
        (2**62).to_bytes(8, "little") + b"{}",
        (100_000_000).to_bytes(8, "little") + b"{}",
    ],
)
def test_a_header_that_makes_no_sense(described, card, content):
    path = described(card)
    path.unlink()
    path.write_bytes(content)

    assert "is not a checkpoint" in refuse(path)


class TestPickled:
    """Files of torch's in which a few bytes stand for many."""

    def test_one_number_that_stands_for_a_matrix(self, tmp_path):
        state = {"adapter.video_map.2.weight": torch.zeros(1).expand(80_000, 80_000)}
        torch.save({"state_dict": state}, tmp_path / "mine.pth")

        assert "no table of tensors" in refuse(tmp_path / "mine.pth")

    def test_no_numbers_at_all(self, tmp_path):
        torch.save({"state_dict": {"coef": torch.zeros(80_000, 80_000, device="meta")}}, tmp_path / "mine.pth")

        assert "is not a checkpoint" in refuse(tmp_path / "mine.pth")

    def test_numbers_that_are_packed(self, tmp_path):
        torch.save({"state_dict": {"coef": torch.zeros(1_000_000)}}, tmp_path / "plain.pth")
        with (
            zipfile.ZipFile(tmp_path / "plain.pth") as plain,
            zipfile.ZipFile(tmp_path / "mine.pth", "w", zipfile.ZIP_DEFLATED) as packed,
        ):
            for part in plain.infolist():
                packed.writestr(part.filename, plain.read(part))

        assert "is not a checkpoint, or a damaged one" in refuse(tmp_path / "mine.pth")

    @pytest.mark.parametrize("table", [[], torch.zeros(3), {"state_dict": [1]}, {"state_dict": None}, {"a": {"b": 1}}])
    def test_something_else(self, tmp_path, table):
        torch.save(table, tmp_path / "mine.pth")

        assert "no table of tensors" in refuse(tmp_path / "mine.pth")


def test_a_file_larger_than_any_that_was_published_is_not_read_for_its_digest(tmp_path, monkeypatch):
    from r2cli.checkpoints import load

    monkeypatch.setattr(load, "file_digest", None)
    (tmp_path / "mine.pth").touch()
    os.truncate(tmp_path / "mine.pth", 50 << 30)

    assert "is not a checkpoint" in refuse(tmp_path / "mine.pth")


@pytest.mark.parametrize("name", ["visual.proj", "visual.conv1.weight", "token_embedding.weight", "text_projection"])
@pytest.mark.parametrize("value", [NONE, ENDLESS])
def test_a_clip_that_computes_what_is_no_number(random_model, card, tmp_path, r2, films, name, value):
    state = load_file(random_model)
    state[f"clip.{name}"].fill_(value)
    save_file(state, tmp_path / "mine.safetensors")
    (tmp_path / "mine.json").write_text(json.dumps(card | {"similarity_weight": 2.0}))

    code, _, err = r2("find", films / "short.mp4", "a dog jumps", "--model", tmp_path / "mine.safetensors")

    assert code == 4
    assert "clip-mine computes what is no number" in err


def test_what_is_kept_does_not_outlive_another_description(described, card, films):
    """An activation, and how wide heads are, show in no weight."""
    answers = []
    for quick in (True, False):
        path = described(card | {"clip": card["clip"] | {"quick_gelu": quick}})
        model = r2cli.load(str(path), device="cpu", precision="fp32")
        fresh, kept = (
            r2cli.find(films / "short.mp4", "a dog jumps", model=model, min_score=0, cache=cache)
            for cache in (False, True)
        )
        assert kept == fresh
        answers.append(fresh.moments)
    assert answers[0] != answers[1]
