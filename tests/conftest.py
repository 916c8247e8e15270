"""What tests of several rooms need: a small model that runs, and small films."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from tests.films import make_film

# The models of the tests are so small that threads would only wait for each other; set before torch is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

_HOMES = count()
CLIPS_PER_SECOND = 2
WINDOW = 10.0


# Started in the background of a script, tests would hand down to programs that Ctrl-C is to be ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def no_user_settings(monkeypatch, tmp_path_factory):
    """Whoever runs the tests may have settings of their own, and caches that the tests must not touch."""
    for name in ("R2_DEBUG", "R2_FFMPEG", "NO_COLOR", "FORCE_COLOR", "R2_MODELS_DIR", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    for name in ("R2_MODEL", "R2_DEVICE", "R2_PRECISION", "R2_SAMPLING", "R2_HWACCEL", "R2_CACHE_LIMIT"):
        monkeypatch.delenv(name, raising=False)
    # Of its own for each test: nothing is answered out of what another test computed, said or asked. None of them is
    # made here: most tests keep nothing.
    home = tmp_path_factory.getbasetemp() / f"home{next(_HOMES)}"
    for name in ("config", "cache", "data"):
        monkeypatch.setenv(f"R2_{name.upper()}_DIR", str(home / name))


@pytest.fixture(scope="session")
def random_model(tmp_path_factory) -> Path:
    """A checkpoint file of the layout of `sprites`, with random weights: it runs, and knows nothing."""
    import torch
    from safetensors.torch import save_file

    from r2cli.backbones.build import build_clip
    from r2cli.backbones.spec import BackboneSpec
    from r2cli.backbones.tokenizer import table_size, vocabulary_of
    from r2cli.models.r2 import R2, R2Config

    vocabulary = vocabulary_of(["a dog jumps", "the red cat sleeps on 1 2 3"])
    clip = {
        "embed_dim": 16,
        "quick_gelu": True,
        "vision_cfg": {"image_size": 32, "patch_size": 16, "width": 32, "layers": 4, "head_width": 16},
        "text_cfg": {
            "context_length": 16,
            "vocab_size": table_size(vocabulary),
            "width": 32,
            "heads": 2,
            "layers": 4,
        },
    }
    shape = {"vision_width": 32, "query_width": 32, "dims": 32, "heads": 4}
    card = {
        "clip": clip,
        "vocabulary": vocabulary,
        "r2": shape,
        "clips_per_second": CLIPS_PER_SECOND,
        "window": WINDOW,
        "min_score": 0.0,
    }
    with torch.random.fork_rng():
        torch.manual_seed(4)
        towers = build_clip(BackboneSpec("random", config=clip)).state_dict()
        model = R2(R2Config(**shape))
        for parameter in model.parameters():
            if parameter.ndim > 1:  # livelier than at birth, so that answers depend on the picture
                torch.nn.init.normal_(parameter, std=0.2)
    tensors = {f"clip.{name}": value for name, value in towers.items()}
    tensors |= {f"r2.{name}": value for name, value in model.state_dict().items()}
    path = tmp_path_factory.mktemp("model") / "random.safetensors"
    save_file({name: value.half().contiguous().clone() for name, value in tensors.items()}, path)
    path.with_suffix(".json").write_text(json.dumps(card), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def films(tmp_path_factory) -> Path:
    """A folder with `short.mp4` (8 s, fits in a window) and `long.mp4` (34 s, does not)."""
    folder = tmp_path_factory.mktemp("films")
    make_film(folder / "short.mp4", frames=80, rate=10)
    make_film(folder / "long.mp4", frames=340, rate=10)
    return folder


@pytest.fixture
def r2(capfd, random_model) -> Callable[..., tuple[int, str, str]]:
    """r2("find", ...): run a command with the random model; exit code, standard output, standard error."""
    from r2cli.__main__ import main

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        words = [str(argument) for argument in arguments]
        if "--model" not in words and words[:1] in (["find"], ["index"], ["shell"]):
            words[1:1] = ["--model", str(random_model)]
        capfd.readouterr()
        code = main(words)
        return code, *capfd.readouterr()

    return run
