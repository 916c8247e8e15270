"""Inputs and CLIP weights that were drawn, not recorded: the same numbers again, from numpy alone.

Run as a program it checks every digest that was noted when the tensors beside it were recorded.
"""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
TRAIN_PATCHES, TRAIN_WIDTH, LAYERS = 17, 64, 4


def read_json(name: str) -> Any:
    """The content of a JSON file of this folder."""
    return json.loads((HERE / name).read_text(encoding="utf-8"))


def frames(seed: int, count: int, size: int, cells: int) -> np.ndarray:
    """Pictures of coloured squares with a little noise: uint8 [count, 3, size, size]."""
    rng = np.random.default_rng([seed, count])
    squares = rng.integers(0, 192, size=(count, 3, cells, cells), dtype=np.uint8)
    noise = rng.integers(0, 64, size=(count, 3, size, size), dtype=np.uint8)
    side = size // cells
    return np.kron(squares, np.ones((1, 1, side, side), dtype=np.uint8)) + noise


def features(
    seed: int, clips: int, length: int, patches: int, vision_width: int, query_width: int, layers: int = LAYERS
) -> tuple[np.ndarray, np.ndarray]:
    """Tokens of a video [clips, layers, patches, width] and of a query [length, layers, width], float32."""
    video = _normal((seed, clips, 0), (clips, layers, patches, vision_width))
    query = _normal((seed, length, 1), (length, layers, query_width))
    return video, query


def training_features(seed: int, sample: int, clips: int, length: int) -> tuple[np.ndarray, np.ndarray]:
    """The same for one sample of a recorded training batch, as it was stored: float16."""
    video = _normal((seed, sample, 0), (clips, LAYERS, TRAIN_PATCHES, TRAIN_WIDTH))
    query = _normal((seed, sample, 1), (length, LAYERS, TRAIN_WIDTH))
    return video.astype(np.float16), query.astype(np.float16)


def clip_weights(name: str) -> dict[str, np.ndarray]:
    """All weights of one of the CLIPs in `clip_recipe.json`, under OpenAI's names; float32 that float16 can hold."""
    recipe = read_json("clip_recipe.json")[name]
    shapes = {key: tuple(entry["shape"]) for key, entry in recipe["tensors"].items()}
    return {key: _weight(key, shapes[key], (recipe["seed"], number)) for number, key in enumerate(sorted(shapes))}


def digest(weights: dict[str, np.ndarray]) -> str:
    """SHA-256 of names and values, in the order of the names."""
    running = hashlib.sha256()
    for name, values in sorted(weights.items()):
        running.update(name.encode())
        running.update(np.ascontiguousarray(values).tobytes())
    return running.hexdigest()


def _normal(seed: tuple[int, ...], shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(list(seed)).standard_normal(shape, dtype=np.float32)


def _weight(key: str, shape: tuple[int, ...], seed: tuple[int, int]) -> np.ndarray:
    if key == "logit_scale":
        return np.asarray(np.float16(math.log(1 / 0.07)), dtype=np.float32)
    offset, spread = _distribution(key, shape)
    values = np.float32(offset) + np.float32(spread) * _normal(seed, shape)
    return values.astype(np.float16).astype(np.float32)


def _distribution(key: str, shape: tuple[int, ...]) -> tuple[float, float]:
    """Mean and standard deviation of a weight."""
    *modules, leaf = key.split(".")
    if modules and modules[-1].startswith("ln_"):
        return (1.0, 0.1) if leaf == "weight" else (0.0, 0.1)
    if leaf.endswith("bias"):
        return 0.0, 0.05
    if leaf.endswith("embedding"):
        return 0.0, 0.3
    if key == "token_embedding.weight":
        return 0.0, 0.5
    if leaf.endswith("proj") or leaf.endswith("projection"):
        return 0.0, shape[0] ** -0.5
    inputs = math.prod(shape[1:])
    return 0.0, (1.5 if leaf == "in_proj_weight" else 1.0) * inputs**-0.5


def check_digests() -> int:
    """Compare everything with the noted digests; returns how many were compared."""
    expected, found = [], []
    for name, recipe in read_json("clip_recipe.json").items():
        expected.append(recipe["sha256_fp32"])
        found.append(digest(clip_weights(name)))
    for recorded in read_json("cases.json").values():
        for case in recorded["cases"] if "features" in recorded else ():
            shape = recorded["features"]
            widths = shape["patches"], shape["video_dims"], shape["query_dims"], shape["k"]
            expected += [case["video_sha256"], case["query_sha256"]]
            drawn = features(shape["seed"], case["T"], case["L"], *widths)
            found += [hashlib.sha256(tokens.tobytes()).hexdigest() for tokens in drawn]
    if found != expected:
        raise ValueError("numpy draws other numbers than when the tensors were recorded")
    return len(found)


if __name__ == "__main__":
    print(check_digests(), "digests agree")  # noqa: T201 - a program's output
