import numpy as np
import pytest

from r2cli.datasets.sprites.highlights import true_highlights, true_saliency, write_quiet_script
from r2cli.datasets.sprites.script import HELD_OUT_STYLE, STANDS, Act, Actor, Film


def film(*acts):
    actors = tuple(
        Actor("dog", "a", tuple(Act(*a) for a in stay), 0.5, 0.4, 0.85, mirrored=False, look=1) for stay in acts
    )
    return Film(0, 10.0, actors, scenery=3)


FILM = film([(STANDS, 0.0, 2.0), ("jumps", 2.0, 4.0), (STANDS, 4.0, 6.0)], [("runs", 3.5, 5.0), (STANDS, 5.0, 9.0)])


def test_highlights_are_the_deeds_of_all():
    assert true_highlights(FILM) == ((2.0, 5.0),)


def test_a_clip_is_as_salient_as_its_share_of_deeds():
    assert true_saliency(FILM, 10, 1.0).tolist() == [0, 0, 1, 1, 1, 0, 0, 0, 0, 0]
    assert true_saliency(FILM, 4, 0.4) == pytest.approx([0.2, 1.0, 0.0, 0.0])
    assert not true_saliency(film(), 5, 2.0).any()


@pytest.mark.parametrize("seed", range(20))
def test_little_happens_and_never_nothing(seed):
    written = write_quiet_script(seed, (HELD_OUT_STYLE,))
    assert written == write_quiet_script(seed, (HELD_OUT_STYLE,))
    busy = sum(end - start for start, end in true_highlights(written))
    assert 0.05 <= busy / written.duration <= 0.35
    for member in written.actors:
        assert member.acts[0].start >= 0
        assert member.acts[-1].end <= written.duration
        assert all(before.end == after.start for before, after in zip(member.acts, member.acts[1:], strict=False))
        assert all(act.end > act.start for act in member.acts)
    assert np.isfinite(true_saliency(written, 20, 2.0)).all()
