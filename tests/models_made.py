"""Models that run and know nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

CLIPS_PER_SECOND = 2
WINDOW = 10.0


def make_random_model(folder: Path) -> Path:
    """A checkpoint file of the layout of `sprites`, with random weights: the same ones each time."""
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
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "random.safetensors"
    save_file({name: value.half().contiguous().clone() for name, value in tensors.items()}, path)
    path.with_suffix(".json").write_text(json.dumps(card), encoding="utf-8")
    return path


def make_model_on(
    random_model: Path, path: Path, family: str, shape: Mapping[str, Any], weights: Mapping[str, Tensor]
) -> Path:
    """A checkpoint file of another family, on the CLIP of a random model, which lies in the same file."""
    from safetensors.torch import load_file, save_file

    towers = {name: value for name, value in load_file(random_model).items() if name.startswith("clip.")}
    save_file(towers | {f"{family}.{name}": value.contiguous() for name, value in weights.items()}, path)
    card = json.loads(random_model.with_suffix(".json").read_text(encoding="utf-8"))
    card = {key: value for key, value in card.items() if key != "r2"} | {"family": family, family: dict(shape)}
    path.with_suffix(".json").write_text(json.dumps(card), encoding="utf-8")
    return path
