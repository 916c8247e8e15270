import random

import numpy as np
import pytest

from r2cli.datasets.sprites.art import packaged_sprites
from r2cli.datasets.sprites.demo import TITLE, demo_film, is_demo_film
from r2cli.datasets.sprites.film import write_film
from r2cli.datasets.sprites.script import (
    DEEDS,
    HELD_OUT_STYLE,
    STANDS,
    THINGS,
    Act,
    Actor,
    Film,
    acting,
    ask,
    phrasings,
    true_moments,
    write_script,
)
from r2cli.datasets.sprites.stage import Stage, draw_scenery
from r2cli.errors import FFmpegError
from r2cli.video import probe, sample_frames


def actor(thing, *acts, x=0.5):
    return Actor(thing, HELD_OUT_STYLE, tuple(Act(*act) for act in acts), x, 0.4, 0.85, mirrored=False, look=1)


DOG_AND_CAT = Film(
    0,
    10.0,
    (
        actor("dog", (STANDS, 1.0, 3.0), ("jumps", 3.0, 5.0), x=0.25),
        actor("cat", ("jumps", 2.0, 6.0), x=0.75),
        actor("dog", ("jumps", 5.2, 7.0), ("sleeps", 7.0, 9.0), x=0.25),
    ),
    scenery=3,
)


def test_a_seed_is_a_film():
    assert write_script(5, (HELD_OUT_STYLE,)) == write_script(5, (HELD_OUT_STYLE,))
    assert write_script(5, (HELD_OUT_STYLE,)) != write_script(6, (HELD_OUT_STYLE,))


@pytest.mark.parametrize("seed", range(20))
def test_a_script_keeps_to_its_time_and_leaves_no_gap_in_a_stay(seed):
    film = write_script(seed, ("a", "b"))
    for member in film.actors:
        assert member.acts[0].start >= 0
        assert member.acts[-1].end <= film.duration
        assert all(before.end == after.start for before, after in zip(member.acts, member.acts[1:], strict=False))
        assert all(act.end - act.start > 0 for act in member.acts)


def test_true_moments_are_joined_where_they_touch():
    assert true_moments(DOG_AND_CAT, "dog") == ((1.0, 9.0),)
    assert true_moments(DOG_AND_CAT, "dog", "jumps") == ((3.0, 7.0),)
    assert true_moments(DOG_AND_CAT, "dog", "sleeps") == ((7.0, 9.0),)
    assert true_moments(DOG_AND_CAT, None, "jumps") == ((2.0, 7.0),)
    assert true_moments(DOG_AND_CAT, "cat", "sleeps") == ()
    assert true_moments(DOG_AND_CAT, "cow") == ()


@pytest.mark.parametrize("seed", range(20))
def test_questions_are_what_their_kind_says(seed):
    film = write_script(seed, (HELD_OUT_STYLE,))
    for question in ask(film, random.Random(seed)):
        assert bool(question.moments) == (not question.kind.startswith("absent"))
        assert question.text in phrasings(question.thing, question.deed)
        present = {member.thing for member in film.actors}
        assert (question.thing in present) == (question.kind != "absent thing")
        if question.kind == "deed":  # the thing alone must not give the answer away
            assert true_moments(film, question.thing, question.deed) != true_moments(film, question.thing) or any(
                act.deed != question.deed for m in film.actors if m.thing == question.thing for act in m.acts
            )


def test_the_shipped_style_holds_every_thing():
    sprites = packaged_sprites()
    assert set(sprites) == {(HELD_OUT_STYLE, thing) for thing in THINGS}
    assert all(max(image.size) == 160 for image in sprites.values())


def test_every_deed_looks_different_from_every_other():
    sprites = packaged_sprites()
    pictures = {}
    for deed in (STANDS, *DEEDS):
        film = Film(0, 4.0, (actor("dog", (deed, 0.0, 4.0)),), scenery=3)
        pictures[deed] = np.asarray(Stage(film, sprites, 112).frame(1.0), np.float32)
    for one in pictures:
        for other in pictures:
            if one != other:
                assert np.abs(pictures[one] - pictures[other]).mean() > 2, (one, other)


def test_nobody_is_on_stage_outside_his_acts():
    sprites, scenery = packaged_sprites(), np.asarray(draw_scenery(DOG_AND_CAT.scenery, 120, 112))
    stage = Stage(DOG_AND_CAT, sprites, 112, 120)
    assert np.array_equal(np.asarray(stage.frame(0.5)), scenery)
    assert np.array_equal(np.asarray(stage.frame(9.5)), scenery)
    assert not np.array_equal(np.asarray(stage.frame(8.0)), scenery)
    assert {member.thing for member, _ in acting(DOG_AND_CAT, 4.0)} == {"dog", "cat"}


def drawn(stage, seconds):
    """What the sampler should make of one instant: float32 [3, 112, 112]."""
    square = stage.frame(seconds).crop((70, 0, 250, 180)).resize((112, 112))
    return np.asarray(square, np.float32).transpose(2, 0, 1)


def test_a_written_film_shows_its_script_on_time(tmp_path):
    path = tmp_path / "film.mp4"
    shares = []
    write_film(
        DOG_AND_CAT,
        packaged_sprites(),
        path,
        width=320,
        height=180,
        rate=10,
        title="a title",
        on_progress=shares.append,
    )
    info = probe(path)
    assert (info.width, info.height, info.duration) == (320, 180, pytest.approx(10.0, abs=0.11))
    assert shares[-1] == 1.0
    frames = np.concatenate([batch.pixels for batch in sample_frames(info, 2.0, 112)])
    assert len(frames) == 20
    stage = Stage(DOG_AND_CAT, packaged_sprites(), 180, 320)
    for clip in (0, 4, 8, 12, 17, 19):
        # The sampler takes the last picture before the clip's middle.
        shown = drawn(stage, (clip + 0.5) / 2 - 0.1)
        wrong = drawn(stage, ((clip + 8) % 20 + 0.5) / 2)
        assert np.abs(frames[clip] - shown).mean() < 9
        assert np.abs(frames[clip] - shown).mean() < np.abs(frames[clip] - wrong).mean()
    assert list(tmp_path.iterdir()) == [path]


def test_a_film_that_cannot_be_written_leaves_nothing(tmp_path):
    with pytest.raises(FFmpegError, match="could not write"):
        write_film(DOG_AND_CAT, packaged_sprites(), tmp_path / "film.nonsense", width=64, height=64, rate=5)
    assert list(tmp_path.iterdir()) == []


def test_the_demonstration_knows_its_film(tmp_path):
    short = Film(0, 1.0, (), scenery=1)
    write_film(short, packaged_sprites(), tmp_path / "mine.mp4", width=64, height=64, rate=5, title=TITLE)
    write_film(short, packaged_sprites(), tmp_path / "other.mp4", width=64, height=64, rate=5, title="holiday")
    (tmp_path / "text.mp4").write_text("not a film")
    assert is_demo_film(tmp_path / "mine.mp4")
    assert not is_demo_film(tmp_path / "other.mp4")
    assert not is_demo_film(tmp_path / "text.mp4")


def test_the_demonstration_lasts_a_minute_and_asks_for_what_is_there():
    from r2cli.cli.commands.demo import QUERIES

    film = demo_film()
    assert film.duration == 60.0
    truths = [true_moments(film, thing, deed) for _, thing, deed in QUERIES]
    assert all(truths[:5])
    assert not any(truths[5:])
    assert QUERIES[0][0] == "dog jumps"
