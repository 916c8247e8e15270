"""The table of CLIPs: where each comes from, how large it is, and the shape of what it puts out."""

from __future__ import annotations

import numpy as np
import open_clip
import pytest
import torch

from r2cli.backbones.build import build_clip
from r2cli.backbones.clip import ClipBackbone
from r2cli.backbones.spec import BACKBONES

SHAPES = {
    "clip-vit-b-32": (224, 50, 768, 512),
    "clip-vit-b-16": (224, 197, 768, 512),
    "clip-vit-l-14": (224, 257, 1024, 768),
    "clip-vit-l-14-336": (336, 577, 1024, 768),
}
"""Side of a picture, tokens of a picture (CLS and patches), widths of the two towers."""


@pytest.fixture(params=BACKBONES)
def spec(request):
    return BACKBONES[request.param]


def check_shape(clip: ClipBackbone) -> None:
    assert (clip.size, clip.tokens, clip.vision_width, clip.query_width) == SHAPES[clip.name]


def test_every_row_is_described():
    assert BACKBONES.keys() == SHAPES.keys()
    assert len({spec.source for spec in BACKBONES.values()}) == len(BACKBONES)


def test_weights_come_from_where_open_clip_has_them(spec):
    known = open_clip.get_pretrained_cfg(spec.architecture, "openai")

    assert spec.source.repo == known["hf_hub"].rstrip("/")
    assert spec.source.path == open_clip.constants.HF_SAFE_WEIGHTS_NAME


def test_openais_digest_is_the_one_in_their_address(spec):
    *_, digest, name = open_clip.get_pretrained_cfg(spec.architecture, "openai")["url"].split("/")

    assert [(copy.name, copy.sha256) for copy in spec.source.originals] == [(name, digest)]


def test_size_is_that_of_its_parameters(spec):
    with torch.device("meta"):
        clip = build_clip(spec)

    assert spec.source.size == 4 * sum(parameter.numel() for parameter in clip.parameters())


def test_shapes_follow_from_the_architecture(spec):
    with torch.device("meta"):
        clip = build_clip(spec)

    check_shape(ClipBackbone(spec, clip, device=torch.device("meta")))


@pytest.mark.slow
def test_runs_forward(spec):
    clip = ClipBackbone(spec, build_clip(spec), device=torch.device("cpu"))
    frames = np.random.default_rng(0).integers(0, 256, (2, 3, clip.size, clip.size), dtype=np.uint8)

    tokens, query = clip.encode_frames(frames), clip.encode_query("a dog jumps")

    check_shape(clip)
    assert tokens.shape == (4, 2, clip.tokens, clip.vision_width)
    assert query.shape == (4, 5, clip.query_width)
    assert tokens.isfinite().all() and query.isfinite().all()
    assert not torch.equal(tokens[:, 0], tokens[:, 1])
