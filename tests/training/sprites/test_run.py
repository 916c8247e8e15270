import random
from itertools import islice

import pytest
import torch

from r2cli.checkpoints.load import open_checkpoint
from r2cli.datasets.sprites.art import packaged_sprites
from r2cli.datasets.sprites.script import DEEDS, HELD_OUT_STYLE, THINGS, true_moments, write_script
from r2cli.training.sprites.clip import _contrast, _texts, _truth, vocabulary
from r2cli.training.sprites.films import CLIPS_PER_SECOND, Query, draw_clips, draw_queries
from r2cli.training.sprites.r2 import R2Settings, make_truth, train_r2
from r2cli.training.sprites.stills import NO_DEED, NO_THING, StillBatches, Stills
from r2cli.training.targets import NONE


def shipped_art(folder):
    """The art of training is not here; the held-out style stands in for one of its styles."""
    for style in (HELD_OUT_STYLE, "another"):
        (folder / style).mkdir()
        for (_, thing), image in packaged_sprites().items():
            image.resize((40, 40)).save(folder / style / f"{thing}.png")
    return folder


def test_stills_label_the_patches_where_actors_stand(tmp_path):
    data = StillBatches(shipped_art(tmp_path), held_out=False, size=64, patch=16, batch=16, seed=1)
    stills = next(iter(data))
    assert stills.pixels.shape == (16, 3, 64, 64)
    assert stills.pixels.dtype == torch.uint8
    for row in range(16):
        things = set(stills.thing[row].tolist()) - {-1}
        deeds = set(stills.deed[row].tolist()) - {-1}
        assert things
        assert set(stills.patch_thing[row].tolist()) - {NO_THING} <= things
        assert set(stills.patch_deed[row].tolist()) - {NO_DEED} <= deeds
        assert ((stills.patch_thing[row] == NO_THING) == (stills.patch_deed[row] == NO_DEED)).all()
    # A small actor may fill no patch to the third that makes it the patch's; most do.
    assert (stills.patch_thing != NO_THING).any(dim=1).float().mean() > 0.7


def test_a_sentence_that_happens_to_be_true_is_no_negative():
    dog, cat = THINGS.index("dog"), THINGS.index("cat")
    jumps, sleeps = DEEDS.index("jumps") + 1, DEEDS.index("sleeps") + 1
    nothing = torch.zeros(1, 1)
    stills = Stills(nothing, torch.tensor([[dog, cat, -1]]), torch.tensor([[jumps, sleeps, -1]]), nothing, nothing)
    pairs = [(dog, jumps), (dog, sleeps), (cat, sleeps)]
    truth = _truth(stills, pairs)[0]
    texts = _texts(pairs, random.Random(0))
    assert len(texts) == len(truth) == len(THINGS) + len(DEEDS) + 3
    true = {text for text, holds in zip(texts, truth.tolist(), strict=True) if holds}
    assert len(true) == 6  # two things, two deeds of somebody, two of the three sentences
    assert texts[-2] not in true
    good, bad = torch.where(truth, 5.0, 0.0)[None], torch.where(truth, 0.0, 5.0)[None]
    assert _contrast(good, truth[None]) < _contrast(bad, truth[None])


def test_the_vocabulary_knows_the_world_and_nothing_else():
    from r2cli.backbones.tokenizer import UNKNOWN, Tokenizer

    tokenizer = Tokenizer(16, vocabulary())
    assert not (tokenizer(["a dog is jumping", "the strawberry falls", "something hides"]) == UNKNOWN).any()
    assert (tokenizer(["a zebra jumps"]) == UNKNOWN).any()


def test_questions_about_a_stretch_are_true_in_the_stretch():
    film = write_script(3, (HELD_OUT_STYLE,), duration=40.0)
    first, clips = 20, 30
    rng = random.Random(1)
    queries = draw_queries(film, first, clips, 300, rng)
    assert 0.2 < sum(len(query.windows) == 0 for query in queries) / 300 < 0.7
    everything = {
        tuple(round((t * CLIPS_PER_SECOND - first), 2) for t in span)
        for thing in (None, *THINGS)
        for deed in (None, *DEEDS)
        for span in true_moments(film, thing, deed)
    }
    for query in queries:
        for start, end in query.windows.tolist():
            assert 0 <= start < end <= clips
            assert any(
                (start == 0 or round(start, 2) == a) and (end == clips or round(end, 2) == b) for a, b in everything
            )


def test_truth_marks_the_clips_whose_middle_is_inside():
    queries = [Query("a", torch.tensor([[1.6, 4.4]])), Query("b", torch.zeros(0, 2))]
    truth = make_truth(queries, 6, random.Random(0))
    assert truth.saliency.tolist() == [[0, 0, 1, 1, 0, 0], [0] * 6]
    assert truth.positive_clip[0].item() in (2, 3)
    assert truth.positive_clip[1].item() == NONE


def test_clips_are_drawn_at_their_middle():
    film = write_script(2, (HELD_OUT_STYLE,), duration=6.0)
    clips = draw_clips(film, packaged_sprites(), 56)
    assert clips.shape == (12, 3, 56, 56)


def test_the_same_step_has_the_same_pictures_wherever_one_begins(tmp_path):
    art = shipped_art(tmp_path)

    def take(first, count):
        data = StillBatches(art, held_out=False, size=64, patch=16, batch=2, seed=1, first=first)
        return list(islice(data, count))

    whole, late = take(0, 4), take(2, 2)
    for expected, found in zip(whole[2:], late, strict=True):
        assert torch.equal(expected.pixels, found.pixels)
        assert torch.equal(expected.patch_deed, found.patch_deed)
    assert not torch.equal(whole[0].pixels, whole[1].pixels)


@pytest.mark.slow
def test_stage_two_stopped_and_resumed_comes_to_the_same_weights(tmp_path):
    art = shipped_art(tmp_path)
    backbone = open_checkpoint("sprites", device="cpu", precision="fp32").backbone

    def train(folder, steps):
        settings = R2Settings(steps=steps, films=2, queries=2, pool=9, visits=2, shortest=12, longest=16)
        return train_r2(art, tmp_path / folder, backbone, settings, lambda line: None).state_dict()

    whole = train("whole", 4)
    train("parts", 2)
    parts = train("parts", 4)
    # The rate's curve knows how long a run is to be; these steps are all warm-up, the same in both.
    assert all(torch.equal(whole[name], parts[name]) for name in whole)
