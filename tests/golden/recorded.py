"""The recorded tensors, in the shapes that the model speaks."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from r2cli.models.r2 import R2
from r2cli.models.r2.keys import infer_config, translate_state
from tests.golden import recipes

TOLERANCE = {
    "class_logit": 5e-5,
    "coord": 5e-5,
    "adapter_video": 5e-5,
    "adapter_query": 5e-5,
    "query_pooled": 5e-5,
    "pyramid_1": 5e-5,
    "pyramid_2": 5e-5,
    "pyramid_3": 5e-5,
    "point": 0.0,
    "cosine": 1e-5,
    "saliency": 1e-5,
}


@cache
def arrays(name: str) -> dict[str, np.ndarray]:
    """Everything in one of the .npz files."""
    with np.load(recipes.HERE / f"{name}.npz") as file:
        return {key: file[key] for key in file.files}


@cache
def cases(name: str) -> dict[str, dict[str, Any]]:
    """The cases of one of the sets in `cases.json`, by name."""
    return {case["case"]: case for case in recipes.read_json("cases.json")[name]["cases"]}


def authors_state(checkpoint: str) -> dict[str, Tensor]:
    """The tensors of a recorded checkpoint, under the authors' names."""
    return torch.load(recipes.HERE / checkpoint, weights_only=True)["state_dict"]


def load_model(checkpoint: str) -> R2:
    """A recorded checkpoint, ready to answer."""
    state = authors_state(checkpoint)
    model = R2(infer_config(state))
    model.load_state_dict(translate_state(state))
    return model.eval()


def case_tokens(name: str, case: str) -> tuple[Tensor, Tensor]:
    """Vision tokens [1, K, T, P, Dv] and query tokens [1, K, L, Dq] of a case."""
    entry = cases(name)[case]
    if name == "tiny_cached":
        stored = arrays(name)
        video, query = stored[f"v{entry['T']}.feat"], stored[f"q{entry['query']}.feat"]
    else:
        shape = recipes.read_json("cases.json")[name]["features"]
        widths = shape["patches"], shape["video_dims"], shape["query_dims"], shape["k"]
        video, query = recipes.features(shape["seed"], entry["T"], entry["L"], *widths)
    return _layers_first(video)[None], _layers_first(query)[None]


def recorded(name: str, case: str) -> dict[str, Tensor]:
    """What was recorded of a case, by the array's name."""
    prefixes = [case] + ([f"q{cases(name)[case]['query']}"] if "query" in cases(name)[case] else [])
    return {
        key.split(".")[1]: torch.from_numpy(array)
        for key, array in arrays(name).items()
        if key.split(".")[0] in prefixes and not key.endswith(".feat")
    }


def training_batch(name: str) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """A recorded batch: vision tokens, query tokens, clip mask, query mask; zero where padded."""
    entry = recipes.read_json("train.json")[name]
    samples = [
        recipes.training_features(entry["seed"], number, clips, length)
        for number, (clips, length) in enumerate(zip(entry["clips"], entry["tokens"], strict=True))
    ]
    video, clip_mask = _pad([_tensor(video) for video, _ in samples])
    query, query_mask = _pad([_tensor(query) for _, query in samples])
    return video.transpose(1, 2), query.transpose(1, 2), clip_mask, query_mask


def _pad(rows: list[Tensor]) -> tuple[Tensor, Tensor]:
    mask = torch.nn.utils.rnn.pad_sequence([torch.ones(len(row), dtype=torch.bool) for row in rows], batch_first=True)
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True), mask


def _tensor(tokens: np.ndarray) -> Tensor:
    return torch.from_numpy(tokens.astype(np.float32))


def _layers_first(tokens: np.ndarray) -> Tensor:
    return _tensor(tokens).transpose(0, 1)
