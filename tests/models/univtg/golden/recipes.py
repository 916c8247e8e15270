"""Weights and features that were drawn, not recorded: the same numbers again, from numpy alone."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
RECORDED: dict[str, Any] = json.loads((HERE / "recorded.json").read_text(encoding="utf-8"))


def weights(name: str) -> dict[str, np.ndarray]:
    """The weights of one of the recorded shapes, under the authors' names; float32 that float16 can hold."""
    shape = RECORDED["shapes"][name]
    drawn = draw(shape["tensors"], shape["seed"])
    running = hashlib.sha256()
    for key in sorted(drawn):
        running.update(key.encode())
        running.update(np.ascontiguousarray(drawn[key]).tobytes())
    assert running.hexdigest() == shape["sha256"]
    return drawn


def draw(shapes: Mapping[str, Sequence[int]], seed: int) -> dict[str, np.ndarray]:
    """Weights of any shapes, as the recorded ones were drawn."""
    drawn = {}
    for number, key in enumerate(sorted(shapes)):
        offset, spread = _distribution(key, shapes[key])
        values = np.random.default_rng([seed, number]).standard_normal(tuple(shapes[key]), dtype=np.float32)
        drawn[key] = (np.float32(offset) + np.float32(spread) * values).astype(np.float16).astype(np.float32)
    return drawn


def clips(seed: int, count: int, width: int) -> np.ndarray:
    """CLIP's embeddings of clips, of unit length, as the authors make them: [T, E]."""
    drawn = np.float32(0.45) * np.random.default_rng([seed, 0, count, 0]).standard_normal(
        (count, width), dtype=np.float32
    )
    return drawn / (np.linalg.norm(drawn, axis=-1, keepdims=True) + 1e-5)


def words(seed: int, count: int, width: int) -> np.ndarray:
    """CLIP's tokens of a query, as long as CLIP makes them: [L, Dq]."""
    return np.float32(1.1) * np.random.default_rng([seed, 0, count, 1]).standard_normal(
        (count, width), dtype=np.float32
    )


def _distribution(key: str, shape: Sequence[int]) -> tuple[float, float]:
    """Mean and standard deviation of a weight."""
    leaf = key.rpartition(".")[2]
    if "LayerNorm" in key or ".norm1." in key or ".norm2." in key:
        return (1.0, 0.1) if leaf == "weight" else (0.0, 0.1)
    if leaf in ("bias", "in_proj_bias"):
        return 0.0, 0.05
    if key == "token_type_embeddings.weight" or "position_embeddings" in key:
        return 0.0, 0.3
    if key == "weightedpool.weight":
        return 0.0, 2.0 * shape[0] ** -0.5
    if leaf == "in_proj_weight":
        return 0.0, 1.5 * shape[1] ** -0.5
    return 0.0, (2.0 if "_embed.layers.2." in key else 1.0) * math.prod(shape[1:]) ** -0.5
