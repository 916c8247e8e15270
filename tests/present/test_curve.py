"""The one-line curve."""

from __future__ import annotations

import pytest

from r2cli.findings import Saliency
from r2cli.present.curve import draw_curve
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
