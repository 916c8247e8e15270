"""What is drawn: the curve with its bands, and pictures in characters."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PIL import Image

from r2cli.export.document import Document
from r2cli.findings import Moment, Saliency, Sampling
from r2cli.picking.curve import bars_of, columns_of, heights_of
from r2cli.picking.halves import draw_halves, fitted
from r2cli.picking.panels import draw_curve
from r2cli.picking.review import begin
from tests.export.documents import FOUND

STEPS = replace(
    FOUND,
    video=replace(FOUND.video, duration=8.0),
    sampling=Sampling(0.5, 60.0),
    saliency=tuple(Saliency(2 * clip + 1, score) for clip, score in enumerate((0.0, 0.5, 1.0, -1.0))),
    moments=(Moment(4.0, 6.0, 0.9), Moment(2.0, 5.0, 0.4)),
)


@pytest.mark.parametrize(
    ("span", "columns"),
    [
        ((0, 8), range(0, 8)),
        ((2, 4), range(2, 4)),
        ((2.5, 2.5), range(2, 3)),
        ((9, 12), range(7, 8)),
        ((0, 99), range(8)),
    ],
)
def test_columns_of_a_stretch(span, columns):
    assert columns_of(*span, 8.0, 8) == columns
    assert columns_of(*span, 0.0, 8) == range(0, 1)


def test_the_curve_is_true_to_time_whatever_the_width():
    assert heights_of(STEPS, 4) == [0.0, 0.5, 1.0, 0.0]
    assert heights_of(STEPS, 8) == [0.0, 0.0, 0.5, 0.5, 1.0, 1.0, 0.0, 0.0]
    assert heights_of(STEPS, 2) == [0.5, 1.0], "of several clips the highest"
    short = replace(STEPS, video=replace(STEPS.video, duration=6.0))
    assert heights_of(short, 6) == [0.0, 0.0, 0.5, 0.5, 1.0, 1.0], "a clip lasts 2 s, and is not stretched"
    assert heights_of(replace(STEPS, saliency=()), 8) == []
    assert heights_of(replace(STEPS, sampling=Sampling(0.0, 0.0)), 4) == [0.0, 0.5, 1.0, 0.0]
    assert heights_of(replace(STEPS, saliency=STEPS.saliency[:1]), 3) == [0.0] * 3


def test_bars():
    assert bars_of([0.0, 0.5, 1.0, 0.01], 2) == ["  █ ", " ██▁"]


def test_the_chosen_moment_is_marked_among_the_bands():
    review = begin(Document((STEPS,)))
    assert review is not None
    rows = draw_curve(review, 16, 1).plain.split("\n")
    assert rows == ["    ▄▄▄▄████    ", "    ━━━━████    ", "0:00.0    0:08.0"]
    assert draw_curve(review.toggle().choose(1), 16, 1).plain.split("\n")[1] == "    ██████╌╌    "
    bare = begin(Document((replace(STEPS, saliency=()),)))
    assert bare is not None
    assert draw_curve(bare, 16, 2).plain.split("\n")[2] == "    ━━━━████    "
    assert draw_curve(review, 3, 1).plain


def test_a_picture_in_characters():
    picture = Image.new("RGB", (4, 4))
    picture.putpixel((1, 0), (255, 0, 0))
    picture.putpixel((1, 1), (0, 0, 255))
    drawn = draw_halves(picture, 4, 9)
    assert drawn.plain == "▀▀▀▀\n▀▀▀▀"
    style = drawn.spans[1].style
    assert (style.color.triplet.hex, style.bgcolor.triplet.hex) == ("#ff0000", "#0000ff")


@pytest.mark.parametrize(
    ("size", "place", "drawn"),
    [
        ((320, 180), (32, 20), (32, 18)),
        ((320, 180), (99, 9), (32, 18)),
        ((180, 320), (32, 9), (10, 18)),
        ((1, 9000), (9, 1), (1, 2)),
    ],
)
def test_a_picture_keeps_its_shape(size, place, drawn):
    assert fitted(size, *place) == drawn
