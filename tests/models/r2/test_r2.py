"""What callers of the model rely on, beyond the recorded numbers."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from r2cli.models.r2 import R2, R2Config

SMALL = R2Config(vision_width=12, query_width=10, dims=16, layers=3)
HIGHLIGHTS = R2Config(
    vision_width=12, query_width=10, dims=16, layers=3, strides=(1,), tef=False, boundaries=False, merge=False
)


def make_model(config: R2Config = SMALL) -> R2:
    torch.manual_seed(3)
    model = R2(config).eval()
    with torch.no_grad():
        model.block.scale.uniform_(0.5, 1)  # as made, the query has no say yet
        model.block.gate.uniform_(-1, 1)
    return model


def draw_video(videos: int = 1, clips: int = 9) -> torch.Tensor:
    return torch.randn(videos, 3, clips, 5, 12, generator=torch.Generator().manual_seed(videos * 100 + clips))


def draw_queries(count: int = 1, length: int = 4) -> torch.Tensor:
    return torch.randn(count, 3, length, 10, generator=torch.Generator().manual_seed(count * 100 + length))


@pytest.mark.parametrize(
    ("config", "tensors", "numbers"),
    [
        (R2Config(), 82, 2_836_242),
        (R2Config(strides=(1,), tef=False, boundaries=False, merge=False), 54, 1_846_281),
    ],
)
def test_the_model_has_the_published_size(config, tensors, numbers):
    sizes = [parameter.numel() for parameter in R2(config).parameters() if parameter.requires_grad]

    # The authors' files hold one tensor more: a constant of their loss.
    assert (len(sizes), sum(sizes)) == (tensors, numbers)


def test_one_encoded_video_answers_many_queries_as_it_answers_each():
    model, tokens, queries = make_model(), draw_video(2), draw_queries(6)

    together = model.ground(model.encode_video(tokens), queries)

    for number in range(6):
        alone = model(tokens[number // 3, None], queries[number, None])
        torch.testing.assert_close(together.coord[number], alone.coord[0])
        torch.testing.assert_close(together.saliency[number], alone.saliency[0])
        torch.testing.assert_close(together.layer_video[number], alone.layer_video[0])


def test_a_memory_can_be_put_in_any_order_with_its_gradient():
    model, tokens, queries = make_model(), draw_video(2).requires_grad_(), draw_queries(3)
    mask = torch.tensor([[True] * 9, [True] * 6 + [False] * 3])
    index = torch.tensor([1, 0, 1])

    expanded = model.ground(model.encode_video(tokens, mask).expand(index), queries)
    direct = model(tokens[index], queries, mask[index])

    torch.testing.assert_close(expanded.class_logit, direct.class_logit)
    assert torch.equal(expanded.clip_mask, mask[index])
    (found,) = torch.autograd.grad(expanded.class_logit.sum(), tokens)
    (expected,) = torch.autograd.grad(direct.class_logit.sum(), tokens)
    torch.testing.assert_close(found, expected)


def test_sharing_a_memory_gives_the_gradient_of_repeating_it():
    model, tokens, queries = make_model(), draw_video(2), draw_queries(4)

    model.ground(model.encode_video(tokens), queries).class_logit.square().sum().backward()
    shared = [parameter.grad for parameter in model.parameters()]
    model.zero_grad(set_to_none=True)
    index = torch.tensor([0, 0, 1, 1])
    model.ground(model.encode_video(tokens).expand(index), queries).class_logit.square().sum().backward()

    for ours, parameter in zip(shared, model.parameters(), strict=True):
        torch.testing.assert_close(ours, parameter.grad, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("ignore", [True, False])
def test_padding_of_a_query_matters_only_as_the_authors_trained_it(ignore):
    model, tokens, query = make_model(dataclasses.replace(SMALL, ignore_padding=ignore)), draw_video(), draw_queries()
    padded = torch.cat((query, torch.zeros(1, 3, 5, 10)), dim=2)
    mask = torch.tensor([[True] * 4 + [False] * 5])

    alone, among_others = model(tokens, query), model(tokens, padded, query_mask=mask)

    assert torch.allclose(alone.class_logit, among_others.class_logit, atol=1e-5) == ignore


def test_what_stands_in_padded_tokens_of_a_query_never_matters_once_ignored():
    model, tokens = make_model(dataclasses.replace(SMALL, ignore_padding=True)), draw_video()
    mask = torch.tensor([[True] * 4 + [False] * 2])
    queries = draw_queries(length=6)
    other = queries.masked_fill(~mask[:, None, :, None], 7.0)

    assert torch.equal(model(tokens, queries, query_mask=mask).saliency, model(tokens, other, query_mask=mask).saliency)


def test_clips_do_not_look_at_padded_clips():
    model, query = make_model(HIGHLIGHTS), draw_queries()
    tokens, mask = draw_video(clips=9), torch.tensor([[True] * 6 + [False] * 3])
    other = tokens.masked_fill(~mask[:, None, :, None, None], 5.0)

    found, expected = model(tokens, query, mask), model(other, query, mask)

    # The heads' two convolutions see two clips to each side, padded or not: the last two valid clips may differ.
    torch.testing.assert_close(found.class_logit[:, :4], expected.class_logit[:, :4])
    torch.testing.assert_close(found.video_embedding[:, :6], expected.video_embedding[:, :6])
    assert not torch.allclose(found.video_embedding[:, 6:], expected.video_embedding[:, 6:])


def test_a_prediction_says_nothing_about_padding():
    model = make_model()
    mask = torch.tensor([[True] * 9, [True] * 5 + [False] * 4])

    long, short = model.predict(model.encode_video(draw_video(2), mask), draw_queries(2), clips_per_second=2)

    assert (len(long.saliency), len(short.saliency)) == (9, 5)
    assert len(long.boundary) == 9 + 4 + 2 + 1
    assert len(short.boundary) == 5 + 3 + 2 + 1  # points that stand on at least one valid clip


def test_the_best_fifty_boundaries_come_best_first_in_seconds():
    model, tokens, query = make_model(), draw_video(clips=64), draw_queries()

    memory = model.encode_video(tokens)
    (slow,), (fast,) = (model.predict(memory, query, clips_per_second=rate) for rate in (0.5, 2.0))

    assert slow.boundary.shape == (50, 3)
    assert (slow.boundary[:, 2].diff() <= 0).all()
    assert (slow.boundary[:, 0] < slow.boundary[:, 1]).all()
    torch.testing.assert_close(slow.boundary[:, :2], fast.boundary[:, :2] * 4)
    best = model(tokens, query).class_logit.sigmoid().max()
    torch.testing.assert_close(slow.boundary[0, 2], best.detach())


def test_a_highlight_only_model_predicts_saliency_alone():
    model = make_model(HIGHLIGHTS)

    (prediction,) = model.predict(model.encode_video(draw_video()), draw_queries(), clips_per_second=1)

    assert prediction.boundary.shape == (0, 3)
    assert prediction.saliency.shape == (9,)
    with pytest.raises(ValueError, match="no boundaries"):
        model(draw_video(), draw_queries()).boundaries(1.0)


@pytest.mark.parametrize(("clips", "sizes"), [(1, (1,)), (2, (2, 1)), (7, (7, 3, 1)), (1500, (1500, 750, 375, 187))])
def test_any_number_of_clips_is_answered(clips, sizes):
    model = make_model()

    with torch.inference_mode():
        grounding = model(draw_video(clips=clips), draw_queries())

    assert grounding.level_sizes == sizes
    assert grounding.saliency.shape == (1, clips)
    assert grounding.points.shape == (sum(sizes), 4)
    assert grounding.saliency.isfinite().all()
    assert grounding.boundaries(1.0).isfinite().all()


def test_a_memory_kept_in_half_precision_still_answers():
    model, query = make_model(), draw_queries()
    memory = model.encode_video(draw_video())

    kept = memory.to(dtype=torch.float16).to(dtype=torch.float32)

    torch.testing.assert_close(
        model.ground(kept, query).saliency, model.ground(memory, query).saliency, rtol=0, atol=5e-3
    )


def test_chance_enters_in_training_only():
    model, tokens, query = make_model(), draw_video(), draw_queries()

    assert torch.equal(model(tokens, query).saliency, model(tokens, query).saliency)
    model.train()
    assert not torch.equal(model(tokens, query).saliency, model(tokens, query).saliency)


def test_it_trains_in_bfloat16_with_heads_in_float32():
    model, tokens, query = make_model(), draw_video(2), draw_queries(4)

    exact = model(tokens[[0, 0, 1, 1]], query)
    with torch.autocast("cpu", torch.bfloat16):
        short = model.ground(model.encode_video(tokens), query)
    short.class_logit.sum().backward()

    assert short.class_logit.dtype == short.coord.dtype == short.cosine.dtype == torch.float32
    torch.testing.assert_close(short.class_logit, exact.class_logit, rtol=0, atol=0.1)
    assert all(p.grad.isfinite().all() for p in model.parameters() if p.grad is not None)


def test_the_one_parameter_without_effect_has_none():
    model, tokens, query = make_model(), draw_video(), draw_queries()
    before = model(tokens, query).class_logit

    torch.nn.init.normal_(model.block.patch_attention.patch.bias)

    assert torch.equal(model(tokens, query).class_logit, before)


@pytest.mark.parametrize(
    ("tokens", "queries", "message"),
    [
        (draw_video(clips=0), draw_queries(), "at least one clip"),
        (draw_video()[..., :11], draw_queries(), "vision tokens of 3 layers and width 12"),
        (draw_video()[:, :2], draw_queries(), "not of 2 layers"),
        (draw_video(), draw_queries()[..., :9], "query tokens of 3 layers and width 10"),
        (draw_video(2), draw_queries(3), "3 queries cannot be shared out among 2 videos"),
    ],
)
def test_tokens_of_another_model_are_refused(tokens, queries, message):
    with pytest.raises(ValueError, match=message):
        make_model()(tokens, queries)


@pytest.mark.parametrize("wrong", [{"dims": 20}, {"layers": 0}, {"strides": ()}, {"strides": (1, 3)}])
def test_a_configuration_that_fits_nothing_is_refused(wrong):
    with pytest.raises(ValueError):
        dataclasses.replace(SMALL, **wrong)


@pytest.mark.parametrize("clips", [1, 2, 3, 100])
@pytest.mark.parametrize("config", [SMALL, HIGHLIGHTS], ids=["tef", "no tef"])
def test_a_memory_made_of_a_few_clips_at_a_time_is_the_quantised_one(monkeypatch, config, clips):
    model, tokens = make_model(config), draw_video(clips=9)[0]  # [K, T, P, Dv]
    monkeypatch.setattr("r2cli.models.r2.r2.MAPPED", clips * tokens[:, 0].numel())
    with torch.inference_mode():
        whole = model.encode_video(tokens[None]).quantise()

    pieced = model.memorise([tokens[:, :4], tokens[:, 4:]])

    assert pieced.patches.shape == (1, 3, 9, 5, 16)
    assert (pieced.patches.int() - whole.patches.int()).abs().max() <= 1  # sums of other lengths round otherwise
    torch.testing.assert_close(pieced.scale, whole.scale, rtol=1e-5, atol=1e-7)
