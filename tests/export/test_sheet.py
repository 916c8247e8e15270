"""The contact sheet: the right pictures in the right places, in their true shape, and letters that can be read."""

from __future__ import annotations

import io
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from r2cli.__main__ import main
from r2cli.export.document import Document, Kind
from r2cli.export.json.findings import write_json
from r2cli.export.lettering import UNDRAWN, lettering, shortened
from r2cli.export.sheet import MOST, THUMB, draw_sheet, sheet_writer, stills_of_sheet
from r2cli.findings import Moment, Saliency, VideoSource
from tests.export.documents import DOCUMENTS, FOUND
from tests.films import make_film, read_number

RATE = 25
PLACE = (226, 223, 216)
"""What is around a picture that does not fill its place."""


SHOWN = {name: one for name, one in DOCUMENTS.items() if one.kind is not Kind.CUTS}


def found_in(film, *spans, query="a dog"):
    """With saliency that is highest in the second half second of each moment."""
    moments = tuple(Moment(start, end, 0.9 - 0.1 * place) for place, (start, end) in enumerate(spans))
    best = {start + 0.75 for start, _ in spans}
    clips = tuple(Saliency(half / 2 + 0.25, float(half / 2 + 0.25 in best)) for half in range(8))
    return replace(FOUND, query=query, video=VideoSource(film, 4.0, Fraction(RATE)), moments=moments, saliency=clips)


def sheet_of(tmp_path, findings, name="sheet.png"):
    """The sheet as the command writes it."""
    (tmp_path / "found.json").write_bytes(write_json(Document(findings)))
    assert main(["export", str(tmp_path / "found.json"), "--out", str(tmp_path / name), "-q"]) == 0
    return Image.open(tmp_path / name).convert("RGB")


def places_of(sheet, row):
    """The three pictures of a row."""
    for column in range(3):
        left, top = 36 + column * (THUMB[0] + 10), 36 + 78 + row * (32 + THUMB[1] + 26) + 32
        yield sheet.crop((left, top, left + THUMB[0], top + THUMB[1]))


def picture_in(place):
    """What stands in a place, without the plain ground around it."""
    pixels = np.asarray(place).astype(int)
    is_picture = np.abs(pixels - PLACE).sum(axis=2) > 30
    columns = np.flatnonzero(is_picture.mean(axis=0) > 0.3)
    rows = np.flatnonzero(is_picture[:, columns].mean(axis=1) > 0.5)
    return place.crop((columns[0], rows[0], columns[-1] + 1, rows[-1] + 1))


def number_in(picture):
    """What the picture's central square says, though a label lies on its lower left corner."""
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    pixels = np.array(picture.crop((left, top, left + side, top + side)).resize((128, 128)))
    pixels[96:, :32] = 0  # as this block of every picture is
    return read_number(pixels.transpose(2, 0, 1))


@pytest.mark.parametrize("rotation", [0, 90])
@pytest.mark.parametrize(
    ("size", "stored_size"), [((320, 180), None), ((320, 180), (180, 180)), ((640, 180), None)], ids=str
)
def test_it_shows_the_first_the_best_and_the_last_picture(size, stored_size, rotation, tmp_path):
    film = make_film(tmp_path / "film.mp4", size=size, stored_size=stored_size, rotation=rotation)
    sheet = sheet_of(tmp_path, (found_in(film, (0.5, 2.0), (2.0, 3.5)),))
    pictures = [picture_in(place) for row in (0, 1) for place in places_of(sheet, row)]
    assert [number_in(one) for one in pictures] == [12, 31, 49, 50, 68, 87]
    for one in pictures:
        assert one.width / one.height == pytest.approx(size[0] / size[1], rel=0.02)
        assert one.width == (THUMB[0] if stored_size is None or not rotation else 180)  # never more than it has


def test_a_portrait_film_stands_in_the_middle(tmp_path):
    film = make_film(tmp_path / "film.mp4", size=(96, 160))
    place = next(places_of(sheet_of(tmp_path, (found_in(film, (0.5, 2.0)),)), 0))
    pixels = np.asarray(place).astype(int)
    beside = [pixels[90, 10], pixels[90, -10]]
    assert np.abs(np.array(beside) - PLACE).max() == 0
    picture = picture_in(place)
    assert picture.width / picture.height == pytest.approx(0.6, rel=0.03)


def test_a_video_that_is_not_there_leaves_its_places_empty(tmp_path):
    sheet = sheet_of(tmp_path, (found_in(tmp_path / "gone.mp4", (0.5, 2.0)),), "sheet.jpg")
    for place in places_of(sheet, 0):
        assert np.abs(np.asarray(place).astype(int)[5:60] - PLACE).max() < 8


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_every_document_has_a_sheet(name, kind):
    sheet = Image.open(io.BytesIO(sheet_writer(kind.upper())(SHOWN[name])))
    sheet.load()
    assert sheet.width == 1052


def test_it_holds_the_best_and_says_so():
    many = replace(FOUND, moments=tuple(Moment(n, n + 0.5, 1 - n / 500) for n in range(300)))
    document = Document((many,))
    assert len(list(stills_of_sheet(document))) == 3 * MOST
    assert draw_sheet(document).height < 65_500  # what JPEG can hold


@pytest.mark.parametrize("text", ["", "a dog jumps", "ä é ß ñ", "x" * 500])
def test_letters_that_the_bundled_font_has_are_drawn_as_they_are(text):
    assert lettering(text, 18)[0] == text


def test_letters_that_no_font_has_are_not_passed_over(monkeypatch):
    monkeypatch.setattr("r2cli.export.lettering._FILES", ())
    monkeypatch.setattr("r2cli.export.lettering._fonts", lambda size: tuple(_only_bundled(size)))
    assert lettering("a 狗狗 jumps", 18)[0] == "a ? jumps"
    assert lettering("狗 🐶", 18)[0] == UNDRAWN
    assert lettering("\x1b[31m", 18)[0] == "[31m"


def _only_bundled(size):
    from PIL import ImageFont

    yield ImageFont.load_default(size)


def test_long_text_is_cut_to_its_room():
    text, font = lettering("a very long query " * 20, 18)
    cut = shortened(text, font, 300)
    assert font.getlength(cut) <= 300
    assert cut.endswith("...")
    assert text.startswith(cut[:-3])
    assert shortened("short", font, 300) == "short"
    assert shortened("short", font, 1) == "..."
