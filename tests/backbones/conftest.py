"""CLIPs whose weights a recipe makes, as recorded in `tests/golden`."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from r2cli.backbones.build import backbone_from_state
from r2cli.backbones.clip import ClipBackbone
from r2cli.backbones.spec import BackboneSpec
from tests.golden import recipes

GOLDEN = Path(__file__).parents[1] / "golden"


def clip_config(name: str) -> dict[str, Any]:
    shape = json.loads((GOLDEN / "clip_recipe.json").read_text(encoding="utf-8"))[name]["hyper_parameters"]
    return {
        "embed_dim": shape["embed_dim"],
        "quick_gelu": True,
        "vision_cfg": {
            "image_size": shape["image_resolution"],
            "patch_size": shape["vision_patch_size"],
            "width": shape["vision_width"],
            "layers": shape["vision_layers"],
        },
        "text_cfg": {
            "context_length": shape["context_length"],
            "vocab_size": shape["vocab_size"],
            "width": shape["transformer_width"],
            "heads": shape["transformer_heads"],
            "layers": shape["transformer_layers"],
        },
    }


@cache
def clip_state(name: str) -> dict[str, torch.Tensor]:
    weights = recipes.clip_weights(name)
    recorded = json.loads((GOLDEN / "clip_recipe.json").read_text(encoding="utf-8"))[name]["sha256_fp32"]
    assert recipes.digest(weights) == recorded
    return {key: torch.from_numpy(np.array(value)) for key, value in weights.items()}


@pytest.fixture(scope="session")
def golden() -> Path:
    return GOLDEN


@pytest.fixture(scope="session")
def recipe_clip() -> Callable[..., ClipBackbone]:
    """recipe_clip("tiny", layers=4): a CLIP with the recorded weights."""

    @cache
    def make(name: str, layers: int = 4) -> ClipBackbone:
        spec = BackboneSpec(name, config=clip_config(name))
        return backbone_from_state(spec, clip_state(name), layers=layers, device=torch.device("cpu"))

    return make


@pytest.fixture(scope="session")
def tiny_clip_files(tmp_path_factory) -> tuple[dict[str, Any], Path]:
    """Configuration of the tiny CLIP, and a file with its weights."""
    from safetensors.torch import save_file

    path = tmp_path_factory.mktemp("clip") / "tiny_clip.safetensors"
    save_file(clip_state("tiny"), path)
    return clip_config("tiny"), path
