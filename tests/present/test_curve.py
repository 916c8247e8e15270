"""The one-line curve."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from r2cli.findings import Findings, ModelSource, Moment, Saliency, Sampling, VideoSource
from r2cli.present.curve import draw_curve, moment_drawer
from r2cli.present.text import visible


def curve(scores: list[float], width: int = 60) -> str:
    return draw_curve([Saliency(float(time), score) for time, score in enumerate(scores)], width, "01234567")


def test_from_lowest_to_highest():
    assert curve([0, 1, 2, 3, 4, 5, 6, 7, 8]) == "012345677"


def test_a_peak_survives_in_a_long_video():
    scores = [0.0] * 10_000
    scores[5000] = 0.3
    line = curve(scores, width=50)
    assert len(line) == 50
    assert line == "0" * 25 + "7" + "0" * 24


@pytest.mark.parametrize("scores", [[0.0], [-0.5, -0.1], [0.0] * 100])
def test_nothing_is_flat(scores):
    assert set(curve(scores)) == {"0"}


def test_a_narrow_place():
    assert curve([0.1, 0.9], width=0) == "7"


def moment(scores: list[float], start: float, end: float, *, unicode: bool = True) -> str:
    """A moment of a film with two clips a second."""
    saliency = tuple(Saliency((number + 0.5) / 2, score) for number, score in enumerate(scores))
    source = VideoSource(Path("a.mp4"), len(scores) / 2, Fraction(25))
    found = Findings("a dog", source, ModelSource("m", "0", "b"), Sampling(2, 10), (), saliency)
    return moment_drawer(found, unicode=unicode)(Moment(start, end, 0.5))


RISE = [0.0, 0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.8, 0.4, 0.2, 0.0, 0.0]


def test_a_moment_between_its_edges_and_what_is_around_it():
    assert moment(RISE, 2.0, 6.0) == "▁▂│▃▄▅▆▇███│▄▂"
    assert moment(RISE, 2.0, 6.0, unicode=False) == "_.|:-=+*###|-."


def test_a_moment_is_as_high_as_in_the_curve_of_the_whole_film():
    assert moment([0.09, 0.09, 0.09, 0.09, 0.8, 0.8, 0.8, 0.8], 0.5, 1.5) == "▁▁│▁▁▁▁▁▁▁▁│▁▁"


def test_a_peak_survives_in_a_long_moment_and_clips_last_in_a_short_one():
    high = [0.0] * 400 + [0.9] + [0.0] * 399
    assert moment(high, 100.0, 300.0) == "▁▁│▁▁▁▁█▁▁▁│▁▁"
    assert moment([0.0, 0.9, 0.0, 0.0], 0.25, 1.25) == "▁▁│▁▁████▁▁│▁▁"


def test_beyond_the_film_there_is_nothing():
    assert moment([0.9] * 4, 0.0, 2.0) == "··│████████│··"
    assert moment([0.9] * 4, 0.0, 2.0, unicode=False) == "~~|########|~~"
    assert moment([0.0] * 4, 0.5, 1.5) == "▁▁│▁▁▁▁▁▁▁▁│▁▁"


def test_findings_without_saliency_have_no_curves():
    assert moment([], 0.0, 2.0) == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ü 狗 🐶.mp4", "plain ü 狗 🐶.mp4"),
        ("a\nb\tc\x1b[31m\x00", r"a\nb\tc\x1b[31m\x00"),
        ("\u202egpj.exe", r"\u202egpj.exe"),
        ("caf\udce9", r"caf\udce9"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_what_a_terminal_would_obey_is_spelled_out(text, shown):
    assert visible(text) == shown
