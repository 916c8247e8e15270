"""The numbers of the authors' implementation, from the same weights and the same features."""

from __future__ import annotations

import io
import json
from argparse import Namespace
from functools import cache

import numpy as np
import pytest
import torch
from torch import Tensor

from r2cli.backbones.build import backbone_from_state
from r2cli.backbones.clip import ClipBackbone
from r2cli.backbones.spec import BackboneSpec
from r2cli.backbones.weights import read_table
from r2cli.errors import ModelUnavailableError
from r2cli.models.family import Clips, find_family
from r2cli.models.transformer.places import positions
from r2cli.models.univtg import UniVTG, UniVTGConfig
from r2cli.models.univtg.keys import infer_config, translate_state
from r2cli.models.univtg.univtg import Answer
from tests.backbones.conftest import clip_config, clip_state
from tests.models.univtg.golden import recipes

CASES = {case["case"]: case for case in recipes.RECORDED["cases"]}
TOLERANCE = {name: 1e-5 for name in ("vid_proj", "txt_proj", "txt_mem", "pos", "txt_pos", "prob", "span", "saliency")}
TOLERANCE |= {name: 5e-5 for name in ("layer0", "layer1", "layer2", "memory", "class_logit", "span_logit")}
WIDTH = 512


@cache
def recorded() -> dict[str, np.ndarray]:
    with np.load(recipes.HERE / "tiny.npz") as file:
        return dict(file)


@cache
def model_of(name: str) -> UniVTG:
    shape = recipes.RECORDED["shapes"][name]
    state = {key: torch.from_numpy(value) for key, value in recipes.weights(name).items()}
    config = infer_config(state, {"nheads": shape["heads"], "use_txt_pos": shape["text_positions"]})
    model = UniVTG(config).eval()
    model.load_state_dict(translate_state(state, config))
    return model


@cache
def tiny_clip() -> ClipBackbone:
    spec = BackboneSpec("tiny", config=clip_config("tiny"))
    return backbone_from_state(spec, clip_state("tiny"), layers=1, device=torch.device("cpu"))


@torch.inference_mode()
def watch(model: UniVTG, case: dict) -> tuple[dict[str, Tensor], Answer]:
    """Everything that the model computes of a case, under the recording's names."""
    seen: dict[str, Tensor] = {}
    parts = {"vid_proj": model.clip_map, "txt_proj": model.query_map}
    parts |= {"class_logit": model.class_head, "span_logit": model.span_head}
    parts |= {f"layer{place}": layer for place, layer in enumerate(model.encoder)}
    if model.text_places is not None:
        parts["txt_pos"] = model.text_places
    hooks = [
        part.register_forward_hook(lambda part, given, made, name=name: seen.__setitem__(name, made))
        for name, part in parts.items()
    ]
    clips = torch.from_numpy(recipes.clips(case["seed"], case["clips"], WIDTH))
    words = torch.from_numpy(recipes.words(case["seed"], case["tokens"], WIDTH))
    answer = model.ask(model.map_clips(clips)[None], words)
    for hook in hooks:
        hook.remove()
    query = seen["txt_proj"] + model.kinds[0]
    ends = torch.arange(1, case["clips"] + 1)[:, None] / case["clips"]
    seen |= {f"layer{place}": seen[f"layer{place}"][0] for place in range(len(model.encoder))}
    seen |= {
        "memory": seen[f"layer{len(model.encoder) - 1}"],
        "class_logit": seen["class_logit"][0, :, 0],
        "span_logit": seen["span_logit"][0],
        "txt_mem": (model.pooling(query).softmax(dim=0) * query).sum(dim=0),
        "pos": positions(case["clips"], model.config.dims, torch.device("cpu")),
        "prob": answer.probability[0],
        "span": answer.window[0] - ends,
        "saliency": answer.saliency[0],
    }
    return seen, answer


@pytest.mark.parametrize("name", CASES)
def test_every_array_is_the_authors(name):
    case = CASES[name]
    seen, _ = watch(model_of(case["config"]), case)
    arrays = {key.partition(".")[2]: value for key, value in recorded().items() if key.startswith(f"{name}.")}
    arrays.pop("windows", None)

    assert len(arrays) >= 4
    for what, array in arrays.items():
        assert seen[what].shape == array.shape
        assert np.abs(seen[what].numpy() - array).max() <= TOLERANCE[what], what


@pytest.mark.parametrize("name", ["c03", "c05"])
def test_moments_are_those_of_the_authors_demonstration(name):
    """In seconds, at a clip every two; not clamped, best first."""
    case, family, model = CASES[name], find_family("univtg"), model_of("tiny")
    clips = torch.from_numpy(recipes.clips(case["seed"], case["clips"], WIDTH))
    words = torch.from_numpy(recipes.words(case["seed"], case["tokens"], WIDTH))
    tokens = torch.zeros(1, case["clips"], 2, 3)
    half = case["clips"] // 2
    parts = [Clips(tokens[:, :half], clips[:half]), Clips(tokens[:, half:], clips[half:])]

    (said,) = family.ask(model, [family.remember(model, parts)], words, clips_per_second=0.5)

    order = recorded()[f"{name}.prob"].argsort()[::-1].copy()
    assert said.boundary[:, :2].numpy() == pytest.approx(recorded()[f"{name}.windows"][order], abs=1e-3)
    assert said.boundary[:, 2].numpy() == pytest.approx(recorded()[f"{name}.prob"][order], abs=1e-5)


def test_the_released_shape_has_its_number_of_parameters():
    shape = recipes.RECORDED["shapes"]["full512"]
    state = {name: torch.empty(size, device="meta") for name, size in shape["tensors"].items()}

    config = infer_config(state, {})

    assert config == UniVTGConfig()
    assert sum(tensor.numel() for tensor in state.values()) == 12_660_231
    with torch.device("meta"):
        ours = UniVTG(config).state_dict()
    translated = translate_state(state, config)
    assert {name: tensor.shape for name, tensor in translated.items()} == {n: t.shape for n, t in ours.items()}


@pytest.mark.parametrize("number", list(recipes.RECORDED["texts"]))
def test_words_are_what_clip_makes_of_them(number):
    with np.load(recipes.HERE / "words.npz") as file:
        expected = file[f"text{number}"]
    text = recipes.RECORDED["texts"][number]

    words = tiny_clip().encode_words(text["text"], 32)

    assert words.shape == expected.shape == (len(text["ids"]), expected.shape[1])
    assert np.abs(words.numpy() - expected).max() <= 2e-5


class TestFile:
    """What may lie in a file of the authors' layout."""

    @pytest.fixture
    def state(self):
        return {name: torch.from_numpy(value) for name, value in recipes.weights("tiny").items()}

    def written(self, path, state, **opt):
        content = io.BytesIO()
        model = {f"module.{name}": tensor for name, tensor in state.items()}
        optimizer = {"state": {0: {"step": torch.tensor(3.0)}}, "param_groups": [{"lr": 1e-4, "params": [0]}]}
        options = Namespace(nheads=8, use_txt_pos=False, v_feat_dirs=["vid_clip"], lr_warmup=[10, 0.1], **opt)
        torch.save({"model": model, "optimizer": optimizer, "lr_scheduler": {}, "epoch": 3, "opt": options}, content)
        path.write_bytes(content.getvalue())
        return path

    def test_the_model_and_what_is_said_of_it_are_read(self, state, tmp_path):
        table = read_table(self.written(tmp_path / "x.ckpt", state), "")

        assert table.options == {"nheads": 8, "use_txt_pos": False}
        config = infer_config(table.tensors, table.options)
        assert (config.dims, config.depth, config.inner, config.heads, config.text_positions) == (64, 4, 96, 8, 0)
        ours = translate_state(table.tensors, config)
        assert torch.equal(
            ours["encoder.2.entry.weight"], state["transformer.encoder.layers.2.self_attn.in_proj_weight"]
        )

    def test_what_runs_code_is_refused(self, state, tmp_path):
        class Trap:
            def __reduce__(self):
                return print, ("run",)

        content = io.BytesIO()
        torch.save({"model": state, "opt": Namespace(nheads=Trap())}, content)
        (tmp_path / "x.ckpt").write_bytes(content.getvalue())

        with pytest.raises(ModelUnavailableError, match="runs no code from files"):
            read_table(tmp_path / "x.ckpt", "")

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ({"pre_norm": True}, "kind of UniVTG"),
            ({"nheads": 7}, "multiple of heads"),
            ({"nheads": "8"}, "heads '8' makes no sense"),
            ({"nheads": 0}, "heads 0 makes no sense"),
        ],
    )
    def test_options_that_r2_cannot_follow(self, state, options, said):
        with pytest.raises(ModelUnavailableError, match=said):
            infer_config(state, options)

    def test_a_model_that_needs_slowfast(self, state):
        state["input_vid_proj.0.LayerNorm.weight"] = torch.ones(2818)

        with pytest.raises(ModelUnavailableError, match="SlowFast"):
            infer_config(state, {})

    @pytest.mark.parametrize("gone", ["token_type_embeddings.weight", "transformer.encoder.layers.0.linear1.weight"])
    def test_no_model_of_univtg(self, state, gone):
        del state[gone]

        with pytest.raises(ModelUnavailableError, match="no model of UniVTG"):
            infer_config(state, {})

    def test_weights_as_they_lie_in_json_are_none(self, tmp_path):
        (tmp_path / "x.ckpt").write_text(json.dumps({"model": {}}))

        with pytest.raises(ModelUnavailableError, match="not a checkpoint"):
            read_table(tmp_path / "x.ckpt", "")
