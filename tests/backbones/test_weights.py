"""Files with the weights of a CLIP: OpenAI's own, and what only looks like them."""

from __future__ import annotations

import warnings
from dataclasses import replace

import pytest
import torch
from torch import nn

from r2cli.backbones.build import load_backbone
from r2cli.backbones.spec import BACKBONES, VIT_B_32, BackboneSpec
from r2cli.errors import ModelUnavailableError
from r2cli.files import file_digest
from r2cli.hub import Copy
from tests.backbones.conftest import clip_config, clip_state


class _Leaf(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


def program_of(state: dict[str, torch.Tensor]) -> torch.jit.ScriptModule:
    """A TorchScript program that holds weights under dotted names, as OpenAI's files do."""
    root = _Leaf()
    for name, tensor in state.items():
        *path, leaf = name.split(".")
        module = root
        for step in path:
            if step not in dict(module.named_children()):
                module.add_module(step, _Leaf())
            module = module.get_submodule(step)
        module.register_parameter(leaf, nn.Parameter(tensor, requires_grad=False))
    for name, number in (("input_resolution", 32), ("context_length", 77), ("vocab_size", 49408)):
        root.register_buffer(name, torch.tensor(number))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # the format is old
        return torch.jit.script(root)


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A file in the form of OpenAI's, and what describes it."""
    path = tmp_path_factory.mktemp("clip") / "ViT-tiny.pt"
    program_of({name: tensor.half() for name, tensor in clip_state("tiny").items()}).save(path)
    return BackboneSpec("tiny", config=clip_config("tiny"), weights=path)


def publish(monkeypatch, spec: BackboneSpec) -> None:
    """Let its digest be one that OpenAI published."""
    copy = Copy(spec.weights.name, file_digest(spec.weights))
    row = replace(VIT_B_32, source=replace(VIT_B_32.source, originals=(copy,)))
    monkeypatch.setitem(BACKBONES, row.name, row)


def load(spec: BackboneSpec):
    return load_backbone(spec, device=torch.device("cpu"))


def refuse(spec: BackboneSpec) -> str:
    with pytest.raises(ModelUnavailableError) as caught:
        load(spec)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_openais_own_file_is_read_when_it_is_the_one_they_published(original, monkeypatch, recipe_clip):
    publish(monkeypatch, original)

    assert torch.equal(load(original).encode_query("a dog"), recipe_clip("tiny").encode_query("a dog"))


def test_another_program_is_never_run(original):
    assert "holds a program, and none of those that OpenAI published" in refuse(original)


def test_a_published_file_in_which_a_byte_changed_is_never_run(original, monkeypatch, tmp_path):
    publish(monkeypatch, original)
    changed = tmp_path / "ViT-tiny.pt"
    content = bytearray(original.weights.read_bytes())
    content[len(content) // 2] ^= 1
    changed.write_bytes(content)

    assert "none of those that OpenAI published" in refuse(replace(original, weights=changed))


def test_weights_of_something_else(original, tmp_path):
    path = tmp_path / "resnet.pt"
    torch.save({"fc.weight": torch.zeros(2, 2)}, path)

    assert f"{path} are not the weights of tiny (names or shapes differ: " in refuse(replace(original, weights=path))


def test_the_models_folder_may_be_the_one_of_openais_own_program(original, monkeypatch):
    publish(monkeypatch, original)
    monkeypatch.setenv("R2_MODELS_DIR", str(original.weights.parent))
    spec = replace(original, weights=None, source=BACKBONES[VIT_B_32.name].source)

    assert load(spec).encode_query("a dog").shape == (4, 4, 64)


def test_a_spec_that_says_nothing_of_weights(original):
    assert "nothing says where the weights of tiny are" in refuse(replace(original, weights=None))
