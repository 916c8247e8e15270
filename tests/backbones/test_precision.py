"""Sixteen bits where the machine is fast at them, and only where the tokens stay true."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from open_clip.transformer import QuickGELU, ResidualAttentionBlock

from r2cli.backbones import choose_precision, precision
from r2cli.backbones.choose_precision import settle_precision, trial_frames
from r2cli.backbones.clip import BATCH, ClipBackbone
from r2cli.backbones.precision import LARGEST_ERROR, Candidate, candidates, relative_error
from r2cli.backbones.spec import BackboneSpec
from r2cli.backbones.vision_tower import ShortBlock
from r2cli.errors import CommandLineError
from tests.backbones.conftest import GOLDEN, clip_config, clip_state
from tests.cards import plug_in_card
from tests.golden import recipes

CPU = torch.device("cpu")


@pytest.fixture
def clip() -> ClipBackbone:
    """The recorded tiny CLIP, which a test may change."""
    from r2cli.backbones.build import backbone_from_state

    state = {name: tensor.clone() for name, tensor in clip_state("tiny").items()}
    return backbone_from_state(BackboneSpec("tiny", config=clip_config("tiny")), state, device=CPU)


@pytest.fixture
def processor(monkeypatch):
    """processor("amx_bf16", …): one with these features, and a library that uses them."""

    def pretend(*features: str, kernels: bool = True) -> None:
        monkeypatch.setattr(precision, "processor_features", lambda: frozenset(features))
        monkeypatch.setattr(precision, "_is_supported", lambda name: kernels)

    return pretend


@pytest.mark.parametrize(
    ("features", "expected"),
    [
        ((), []),
        (("avx512_bf16",), ["bf16"]),
        (("amx_bf16", "avx512_bf16"), ["bf16"]),
        (("amx_bf16", "avx512_bf16", "avx512_fp16"), ["bf16", "fp16"]),
        (("amx_bf16", "avx512_bf16", "avx512_fp16", "amx_fp16"), ["fp16", "bf16"]),
    ],
)
def test_what_a_processor_is_fast_at(processor, features, expected):
    processor(*features)

    assert [candidate.name for candidate in candidates(CPU)] == expected


def test_a_feature_without_kernels_for_it_is_of_no_use(processor):
    processor("amx_bf16", "amx_fp16", kernels=False)

    assert candidates(CPU) == ()


@pytest.mark.parametrize(("capability", "expected"), [((6, 1), []), ((7, 5), ["fp16"]), ((9, 0), ["fp16", "bf16"])])
def test_what_a_graphics_card_is_fast_at(monkeypatch, capability, expected):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)

    assert [candidate.name for candidate in candidates(torch.device("cuda"))] == expected


def test_features_are_read_from_the_machine():
    precision.processor_features.cache_clear()

    assert precision.processor_features() <= {"amx_bf16", "amx_fp16", "avx512_bf16", "avx512_fp16"}


@pytest.mark.parametrize(("name", "largest"), [("bf16", 2e-2), ("fp16", 2e-3)])
def test_tokens_are_float32_and_nearly_the_same(clip, name, largest):
    frames = recipes.frames(101, 5, 32, 4)
    exact = clip.encode_frames(frames)
    query = clip.encode_query("a dog")

    undo = clip.towers.set_precision(name)

    tokens = clip.encode_frames(frames)
    assert tokens.dtype == torch.float32
    assert 0 < relative_error(tokens, exact) < largest
    assert torch.equal(clip.encode_query("a dog"), query)
    torch.testing.assert_close(clip.embed_frames(frames).norm(dim=-1), torch.ones(5))
    undo()
    assert clip.precision == "fp32"
    assert torch.equal(clip.encode_frames(frames), exact)


def test_a_precision_can_be_left_again_without_its_undo(clip):
    frames = recipes.frames(101, 2, 32, 4)
    clip.towers.set_precision("bf16")
    rounded = clip.encode_frames(frames)

    clip.towers.set_precision("fp32")

    assert {parameter.dtype for parameter in clip.clip.parameters()} == {torch.float32}
    assert 0 < relative_error(clip.encode_frames(frames), rounded) < 2e-2


def test_one_short_precision_can_follow_another(clip):
    frames = recipes.frames(101, 2, 32, 4)
    exact = clip.encode_frames(frames)
    clip.towers.set_precision("fp16")
    clip.move_to(CPU)

    clip.towers.set_precision("bf16")

    assert clip.precision == "bf16"
    assert 0 < relative_error(clip.encode_frames(frames), exact) < 2e-2


@pytest.mark.parametrize("quick", [True, False])
@pytest.mark.parametrize("scaled", [True, False])
def test_a_block_in_one_pass_does_what_open_clips_own_does(quick, scaled):
    torch.manual_seed(0)
    activation = {"act_layer": QuickGELU} if quick else {}
    block = (
        ResidualAttentionBlock(32, 4, ls_init_value=0.3 if scaled else None, **activation).eval().requires_grad_(False)
    )
    x = torch.randn(2, 5, 32)

    with torch.inference_mode():
        torch.testing.assert_close(ShortBlock(block, torch.float32)(x), block(x), rtol=1e-5, atol=1e-5)


@torch.inference_mode()
@pytest.mark.parametrize("clips", [13, 75])
def test_moments_of_the_recorded_model_stay_where_they_are(clip, clips):
    from r2cli.backbones.weights import read_tensors
    from r2cli.models.r2 import R2
    from r2cli.models.r2.keys import infer_config, translate_state

    state = read_tensors(GOLDEN / "tiny_checkpoint.pth", "a checkpoint")
    model = R2(infer_config(state)).eval()
    model.load_state_dict(translate_state(state))
    frames, query = recipes.frames(101, clips, 32, 4), clip.encode_query("a man rides a bicycle")[None]
    exact = model(clip.encode_frames(frames)[None], query)
    clip.towers.set_precision("fp16")

    found = model(clip.encode_frames(frames)[None], query)

    shift = (found.boundaries(0.5) - exact.boundaries(0.5)).abs()
    assert 0 < shift[..., :2].max() < 0.1
    assert 0 < shift[..., 2].max() < 0.01
    assert (found.saliency - exact.saliency).abs().max() < 0.01


def test_auto_takes_the_first_that_keeps_the_tokens(clip, processor):
    processor("amx_bf16", "amx_fp16")  # emulated where this machine has none: slow, and the same numbers

    choice = settle_precision(clip)

    assert (choice.name, clip.precision) == ("fp16", "fp16")
    assert choice.why.startswith("the processor has AMX for fp16, and tiny keeps its tokens to 0.")


def test_auto_stays_with_float32_where_bf16_is_too_coarse_for_a_model(clip, processor):
    processor("amx_bf16")  # the tiny CLIP has weights livelier than any trained one
    exact = clip.encode_frames(recipes.frames(101, 2, 32, 4))

    choice = settle_precision(clip)

    assert (choice.name, clip.precision) == ("fp32", "fp32")
    assert "in bf16 the tokens of tiny would be" in choice.why
    assert torch.equal(clip.encode_frames(recipes.frames(101, 2, 32, 4)), exact)


def test_numbers_that_overflow_are_seen(clip, monkeypatch):
    monkeypatch.setattr(choose_precision, "candidates", lambda device: (Candidate("fp16", "fast"),))
    for block in clip.clip.visual.transformer.resblocks:
        block.mlp.c_fc.weight.data *= 1e5
        block.mlp.c_proj.weight.data *= 1e-5

    assert settle_precision(clip).name == "fp32"


@pytest.mark.parametrize("name", ["fp32", "bf16", "fp16"])
def test_what_is_asked_for_is_taken(clip, processor, name):
    processor()

    assert settle_precision(clip, name).name == clip.precision == name


def test_an_unknown_precision_lists_the_known_ones(clip):
    with pytest.raises(CommandLineError, match=r"'int8'.*auto, fp32, bf16, fp16"):
        settle_precision(clip, "int8")


def test_the_frames_that_are_tried_are_always_the_same():
    assert np.array_equal(trial_frames(224), trial_frames(224))
    assert trial_frames(30).shape == (2, 3, 30, 30)
    assert LARGEST_ERROR < 1e-2


def test_a_card_with_little_memory_is_given_fewer_frames_at_once(clip, monkeypatch):
    frames = recipes.frames(101, BATCH + 8, 32, 4)
    exact = clip.encode_frames(frames)
    seen = plug_in_card(monkeypatch, holds=9)
    clip.move_to(torch.device("cuda"))

    tokens = clip.encode_frames(frames)

    torch.testing.assert_close(tokens, exact, rtol=1e-5, atol=1e-4)
    assert seen == [24, 12, *[6] * 8]
    clip.encode_frames(frames[:24])
    assert seen[10:] == [6] * 4


def test_a_card_without_memory_for_one_frame_is_not_tried_for_ever(clip, monkeypatch):
    seen = plug_in_card(monkeypatch, holds=0)
    clip.move_to(torch.device("cuda"))

    with pytest.raises(torch.cuda.OutOfMemoryError):
        clip.encode_frames(recipes.frames(101, 4, 32, 4))
    assert seen == [4, 2, 1]


def test_a_fault_of_another_kind_is_not_retried(clip, monkeypatch):
    seen = plug_in_card(monkeypatch, holds=0, fault="CUDA error: no kernel image is available")
    clip.move_to(torch.device("cuda"))

    with pytest.raises(RuntimeError, match="no kernel"):
        clip.encode_frames(recipes.frames(101, 4, 32, 4))
    assert seen == [4]
