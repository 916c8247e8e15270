"""From pixels and sentences to boundaries: CLIP and R² together, against recordings of the authors' code.

The files are opened as a user's would be: the authors' checkpoint, with a description beside it that names its CLIP.
"""

from __future__ import annotations

import json
import shutil
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from r2cli.checkpoints.load import open_checkpoint
from tests.golden import recipes

GOLDEN = Path(__file__).parents[1] / "golden"
RECORD = json.loads((GOLDEN / "tiny_pixels.json").read_text(encoding="utf-8"))
CASES = {case["case"]: case for case in RECORD["cases"]}
NEAR_TIES = {"c057", "c060", "c064", "c065"}
"""Neighbouring scores less than 1e-5 apart: the order of rows is no promise there."""

TOLERANCE = {
    "hidden": {"rtol": 1e-5, "atol": 1e-4},
    "layer": {"rtol": 0, "atol": 5e-5},
    "probability": {"rtol": 0, "atol": 1e-5},
    "boundary": {"rtol": 1e-6, "atol": 1e-4},
}


@pytest.fixture(scope="module")
def arrays():
    with np.load(GOLDEN / "tiny_pixels.npz") as stored:
        return {name: torch.from_numpy(stored[name]) for name in stored}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory, tiny_clip_files):
    folder = tmp_path_factory.mktemp("model")
    config, weights = tiny_clip_files
    shutil.copy(GOLDEN / "tiny_checkpoint.pth", folder / "tiny.pth")
    card = {"clip": config, "clip_weights": str(weights), "r2": {}, "clips_per_second": 1, "window": 150}
    (folder / "tiny.json").write_text(json.dumps(card))
    return open_checkpoint(str(folder / "tiny.pth"), device="cpu", precision="fp32")


@pytest.fixture(scope="module")
def frame_tokens(loaded):
    """[K, T, P, Dv] of the recorded film of T frames."""
    return cache(lambda clips: loaded.backbone.encode_frames(recipes.frames(101, clips, 32, 4)))


@pytest.fixture(scope="module")
def query_tokens(loaded):
    """([K, 77, Dq], [77]) of a recorded query: the recording passes padding too."""

    @cache
    def encode(index):
        ids = loaded.backbone.tokenizer([RECORD["queries"][index]])
        return loaded.backbone.encode_tokens(ids)[:, 0], ids[0] != 0

    return encode


def check(actual: torch.Tensor, expected: torch.Tensor, kind: str, axis: int | None = None) -> None:
    """Compare; along `axis` the recording keeps at most six evenly spread rows."""
    if axis is not None:
        length = actual.shape[axis]
        rows = np.unique(np.linspace(0, length - 1, min(length, 6)).round().astype(int))
        actual = actual.index_select(axis, torch.from_numpy(rows))
    torch.testing.assert_close(actual, expected, **TOLERANCE[kind])


@pytest.mark.parametrize("index", range(len(RECORD["queries"])))
def test_query_tokens(index, loaded, query_tokens, arrays):
    tokens, mask = query_tokens(index)

    check(tokens, arrays[f"q{index}.hidden"], "hidden", axis=1)
    mapped = loaded.model.block.map_query(tokens[None])[0].flip(0)  # the recording begins with the last layer
    check(mapped, arrays[f"q{index}.coll"], "layer", axis=1)
    pooled = loaded.model.pooling(loaded.model.block.map_query(tokens[None])[:, :1], mask[None, None])
    check(pooled.flatten(), arrays[f"q{index}.pooled"], "layer")
    torch.testing.assert_close(
        loaded.backbone.encode_query(RECORD["queries"][index]), tokens[:, : mask.sum()], **TOLERANCE["hidden"]
    )


@pytest.mark.parametrize("clips", [1, 2, 3, 5, 8, 13, 75, 150])
def test_frame_tokens(clips, frame_tokens, loaded, arrays):
    tokens = frame_tokens(clips)

    if f"v{clips}.hidden" in arrays:
        check(tokens, arrays[f"v{clips}.hidden"], "hidden", axis=1)
    else:
        patches = arrays[f"v{clips}.hidden_rows"].long()
        check(tokens[:, :75, patches], arrays[f"v{clips}.hidden_part"], "hidden", axis=1)
    mapped = loaded.model.encode_video(tokens[None]).patches[0, :, :, 0].flip(0)
    check(mapped, arrays[f"v{clips}.coll"], "layer", axis=1)


@pytest.mark.parametrize("name", CASES)
@torch.inference_mode()
def test_case(name, frame_tokens, query_tokens, loaded, arrays):
    case, model = CASES[name], loaded.model
    seen = {}
    hooks = [
        model.block.register_forward_hook(lambda _, __, out: seen.update(adapter_video=out[0].clone())),
        model.pyramid.register_forward_hook(
            lambda _, __, out: seen.update({f"pyramid_{level}": rows[0].clone() for level, rows in enumerate(out[0])})
        ),
    ]
    tokens, mask = query_tokens(case["query"])
    memory = model.encode_video(frame_tokens(case["T"])[None])

    grounding = model.ground(memory, tokens[None], mask[None])

    for hook in hooks:
        hook.remove()
    assert len(seen) == 1 + sum(case["T"] >= stride for stride in (1, 2, 4, 8))
    for level in seen:
        if f"{name}.{level}" in arrays:  # the longest films are recorded without their inner layers
            check(seen[level], arrays[f"{name}.{level}"], "layer", axis=0)
    check(grounding.class_logit[0], arrays[f"{name}.class_logit"], "layer")
    check(grounding.coord[0], arrays[f"{name}.coord"], "layer")
    check(grounding.cosine[0], arrays[f"{name}.cosine"], "probability")
    check(grounding.saliency[0], arrays[f"{name}.saliency"], "probability")
    prediction = model.predict(memory, tokens[None], mask[None], clips_per_second=case["fps"])[0]
    check(prediction.saliency, arrays[f"{name}.saliency"], "probability")
    check_boundary(name, prediction.boundary, grounding.boundaries(case["fps"])[0], arrays[f"{name}.boundary"])


def check_boundary(name: str, best: torch.Tensor, every: torch.Tensor, expected: torch.Tensor) -> None:
    if name not in NEAR_TIES:
        check(best, expected, "boundary")
        return
    check(best[:, 2], expected[:, 2], "probability")
    nearest = every[torch.cdist(expected, every).argmin(dim=1)]
    check(nearest, expected, "boundary")


def test_every_kind_of_recording_is_used(arrays):
    names = {name.split(".")[1] for name in arrays}

    assert len(CASES) == 68
    assert names == {
        *("class_logit", "coord", "cosine", "saliency", "boundary", "pooled"),
        *("adapter_video", "pyramid_1", "pyramid_2", "pyramid_3", "hidden", "hidden_rows", "hidden_part", "coll"),
    }
