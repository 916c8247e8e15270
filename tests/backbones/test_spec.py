"""The table of CLIPs: where each comes from, how large it is, and the shape of what it puts out."""

from __future__ import annotations

import numpy as np
import open_clip
import pytest
import torch

from r2cli.backbones.build import build_clip
from r2cli.backbones.clip import ClipBackbone
from r2cli.backbones.spec import BACKBONES, BackboneSpec, Pixels

RESIZE = {"shortest": "crop", "squash": "squash"}
"""open_clip's words, and ours."""


@pytest.fixture(params=BACKBONES)
def spec(request):
    return BACKBONES[request.param]


def check_shape(clip: ClipBackbone, spec: BackboneSpec) -> None:
    """Side of a picture, tokens of a picture (CLS and patches), widths of the towers and of what they meet in."""
    config = open_clip.get_model_config(spec.architecture)
    vision, side = config["vision_cfg"], config["vision_cfg"]["image_size"]
    shape = (side, (side // vision["patch_size"]) ** 2 + 1, vision["width"], config["text_cfg"]["width"])
    assert (clip.size, clip.tokens, clip.vision_width, clip.query_width) == shape
    assert clip.embedding_width == config["embed_dim"]


def test_every_row_is_described(spec):
    assert BACKBONES[spec.name] is spec
    assert spec.summary and spec.licence and spec.trained
    assert len({row.source for row in BACKBONES.values()}) == len(BACKBONES)


def test_weights_come_from_where_open_clip_has_them(spec):
    known = open_clip.get_pretrained_cfg(spec.architecture, spec.trained)

    assert spec.source.repo == known["hf_hub"].rstrip("/")
    assert spec.source.path == open_clip.constants.HF_SAFE_WEIGHTS_NAME


def test_pictures_are_shown_as_they_were_in_training(spec):
    known = open_clip.get_pretrained_cfg(spec.architecture, spec.trained)

    expected = Pixels(known["mean"], known["std"], known["interpolation"], RESIZE[known["resize_mode"]])
    assert spec.pixels == expected


def test_the_activation_is_that_of_the_weights(spec):
    known = open_clip.get_pretrained_cfg(spec.architecture, spec.trained)

    assert known.get("quick_gelu", False) == open_clip.get_model_config(spec.architecture).get("quick_gelu", False)


def test_a_digest_is_the_one_in_the_makers_address(spec):
    """OpenAI says it there; what nobody published elsewhere has no second copy."""
    url = open_clip.get_pretrained_cfg(spec.architecture, spec.trained)["url"]
    said = [tuple(url.split("/")[-2:])[::-1]] if url else []

    assert [(copy.name, copy.sha256) for copy in spec.source.originals] == said


def test_size_is_that_of_its_parameters(spec):
    with torch.device("meta"):
        clip = build_clip(spec)

    assert spec.source.size == 4 * sum(parameter.numel() for parameter in clip.parameters())


def test_shapes_follow_from_the_architecture(spec):
    with torch.device("meta"):
        clip = build_clip(spec)

    check_shape(ClipBackbone(spec, clip, device=torch.device("meta")), spec)


@pytest.mark.slow
def test_runs_forward(spec):
    clip = ClipBackbone(spec, build_clip(spec), device=torch.device("cpu"))
    frames = np.random.default_rng(0).integers(0, 256, (2, 3, clip.size, clip.size), dtype=np.uint8)

    tokens, query = clip.encode_frames(frames), clip.encode_query("a dog jumps")

    check_shape(clip, spec)
    assert tokens.shape == (4, 2, clip.tokens, clip.vision_width)
    assert query.shape == (4, 5, clip.query_width)
    assert tokens.isfinite().all() and query.isfinite().all()
    assert not torch.equal(tokens[:, 0], tokens[:, 1])
    torch.testing.assert_close(clip.embed_tokens(tokens), clip.embed_frames(frames))
