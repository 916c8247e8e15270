"""The towers against recorded tensors of the original CLIP code, and what callers rely on."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from r2cli.backbones.build import backbone_from_state, build_clip, load_backbone
from r2cli.backbones.clip import BATCH
from r2cli.backbones.spec import VIT_B_32, BackboneSpec
from r2cli.errors import ModelUnavailableError
from tests.golden import recipes


@pytest.fixture(scope="module")
def probe(golden):
    return np.load(golden / "clip_probe.npz")


def assert_hidden(actual, expected):
    torch.testing.assert_close(actual, torch.from_numpy(expected), rtol=1e-5, atol=1e-4)


def test_every_layer_of_both_towers_is_that_of_the_original(recipe_clip, probe):
    clip = recipe_clip("probe", layers=5)  # three vision heads, two text heads: heads are not mixed up

    assert_hidden(clip.encode_frames(recipes.frames(404, 3, 48, 6)), probe["video_hidden"])
    tokens = clip.encode_tokens(torch.from_numpy(probe["tokens"]).long())
    rows = np.unique(np.linspace(0, 76, probe["query_hidden"].shape[2]).round().astype(int))
    assert_hidden(tokens[:, :, rows], probe["query_hidden"])


def test_embeddings_are_those_of_the_original_at_unit_length(recipe_clip, probe):
    clip = recipe_clip("probe", layers=5)

    expected = torch.nn.functional.normalize(torch.from_numpy(probe["encode_image"]), dim=-1)
    torch.testing.assert_close(clip.embed_frames(recipes.frames(404, 3, 48, 6)), expected, rtol=1e-5, atol=1e-5)
    text = clip.clip.encode_text(torch.from_numpy(probe["tokens"]).long())
    assert_hidden(text, probe["encode_text"])
    norms = recipe_clip("tiny").embed_queries(["a dog", "a cat"]).norm(dim=-1)
    torch.testing.assert_close(norms, torch.ones(2))


def test_only_the_last_layers_are_taken_lowest_first(recipe_clip, probe):
    tokens = recipe_clip("probe", layers=2).encode_frames(recipes.frames(404, 3, 48, 6))

    assert tokens.shape == (2, 3, 10, 192)
    assert_hidden(tokens, probe["video_hidden"][-2:])


def test_sizes_are_read_off_the_model(recipe_clip):
    clip = recipe_clip("tiny")

    assert (clip.size, clip.tokens, clip.vision_width, clip.query_width) == (32, 17, 64, 64)


def test_a_frame_does_not_depend_on_the_batch_it_came_in(recipe_clip):
    clip, frames = recipe_clip("tiny"), recipes.frames(101, BATCH + 3, 32, 4)

    together = clip.encode_frames(frames)
    apart = torch.cat([clip.encode_frames(frames[:5]), clip.encode_frames(frames[5:])], dim=1)
    assert together.shape == (4, BATCH + 3, 17, 64)
    torch.testing.assert_close(together, apart, rtol=1e-5, atol=1e-4)
    assert torch.equal(together, clip.encode_frames(frames))


@pytest.mark.parametrize("shape", [(1, 3, 48, 48), (0, 3, 32, 32), (1, 32, 32, 3)])
def test_frames_of_another_shape_are_refused(recipe_clip, shape):
    with pytest.raises(ValueError, match="3, 32, 32"):
        recipe_clip("tiny").encode_frames(np.zeros(shape, np.uint8))


def test_a_query_is_trimmed_to_its_own_tokens(recipe_clip):
    clip = recipe_clip("tiny")

    ids = clip.tokenizer(["a dog"])
    torch.testing.assert_close(clip.encode_query("a dog"), clip.encode_tokens(ids)[:, 0, :4], rtol=1e-5, atol=1e-5)
    assert clip.encode_query("").shape == (4, 2, 64)  # start and end remain
    assert clip.encode_query("dog " * 500).shape == (4, 77, 64)


def test_a_text_transformer_that_looks_ahead_is_refused(tiny_clip_files):
    config, path = tiny_clip_files
    bidirectional = config | {"text_cfg": config["text_cfg"] | {"no_causal_mask": True}}

    with pytest.raises(ModelUnavailableError, match="not causal"):
        load_backbone(BackboneSpec("tiny", config=bidirectional, weights=path), device=torch.device("cpu"))


def test_frames_are_left_as_they_were(recipe_clip):
    frames = recipes.frames(101, 2, 32, 4)
    before = frames.copy()

    recipe_clip("tiny").encode_frames(frames)

    assert np.array_equal(frames, before)


def test_tokens_can_be_trained_on(recipe_clip):
    tokens = recipe_clip("tiny").encode_frames(recipes.frames(101, 2, 32, 4))
    layer = torch.nn.Linear(64, 1)

    layer(tokens).sum().backward()

    assert layer.weight.grad is not None
    assert not tokens.requires_grad


def test_weights_of_another_shape_are_refused_in_one_sentence(tiny_clip_files):
    config, path = tiny_clip_files
    wider = config | {"vision_cfg": config["vision_cfg"] | {"width": 128}}

    with pytest.raises(ModelUnavailableError, match=r"tiny_clip.safetensors are not the weights of wide") as caught:
        load_backbone(BackboneSpec("wide", config=wider, weights=path), device=torch.device("cpu"))
    assert "\n" not in str(caught.value)


def test_a_missing_weight_is_not_left_random(recipe_clip, tiny_clip_files):
    clip = recipe_clip("tiny").clip
    state = {name: tensor for name, tensor in clip.state_dict().items() if name != "visual.proj"}
    spec = BackboneSpec("tiny", config=tiny_clip_files[0])

    with pytest.raises(ModelUnavailableError):
        backbone_from_state(spec, state, device=torch.device("cpu"))


def test_weights_from_a_file_are_the_weights_of_the_recipe(recipe_clip, tiny_clip_files):
    config, path = tiny_clip_files
    frames = recipes.frames(101, 3, 32, 4)

    clip = load_backbone(BackboneSpec("tiny", config=config, weights=path), device=torch.device("cpu"))

    assert torch.equal(clip.encode_frames(frames), recipe_clip("tiny").encode_frames(frames))


def test_openais_three_numbers_among_the_weights_are_skipped(tmp_path, recipe_clip, tiny_clip_files):
    config, _ = tiny_clip_files
    state = recipe_clip("tiny").clip.state_dict() | {"input_resolution": torch.tensor(32)}
    torch.save(state, tmp_path / "openai.pt")

    clip = load_backbone(
        BackboneSpec("tiny", config=config, weights=tmp_path / "openai.pt"), device=torch.device("cpu")
    )

    assert clip.size == 32


def test_the_default_backbone_is_a_quickgelu_model_of_the_documented_size():
    from open_clip.transformer import QuickGELU

    clip = build_clip(VIT_B_32)

    assert clip.visual.positional_embedding.shape == (50, 768)
    assert clip.transformer.width == 512
    assert isinstance(clip.visual.transformer.resblocks[0].mlp.gelu, QuickGELU)
    assert isinstance(clip.transformer.resblocks[0].mlp.gelu, QuickGELU)


def test_layer_tokens_give_the_embedding_too(random_model):
    import r2cli

    backbone = r2cli.load(str(random_model), device="cpu", precision="fp32").backbone
    pixels = np.random.default_rng(3).integers(0, 256, (5, 3, backbone.size, backbone.size), dtype=np.uint8)
    again = backbone.embed_tokens(backbone.encode_frames(pixels))
    torch.testing.assert_close(again, backbone.embed_frames(pixels), atol=1e-5, rtol=1e-4)
