"""A contact sheet: of each moment its first picture, its best and its last, with its time, score and query."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from r2cli.export.document import Document
from r2cli.export.lettering import lettering, shortened
from r2cli.export.rows import Row, peak_of, rows_of
from r2cli.export.text import words
from r2cli.findings import Findings, ranked
from r2cli.timecode import format_time

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

THUMB = (320, 180)
"""Pixels of each picture's place."""
_MARGIN, _GAP, _GAP_BELOW, _TEXT, _HEAD = 36, 10, 26, 32, 78
_WIDTH = 3 * THUMB[0] + 2 * _GAP
_PLACES = ("first", "best", "last")
_MISSING = "no picture"
_LEAST_NAME = 120
"""Pixels; a video's name that has less is left out."""
Colour = tuple[int, int, int]
_PAPER, _INK, _SOFT, _PLACE = (247, 246, 243), (28, 27, 25), (95, 92, 86), (226, 223, 216)
_LAST = 0.002
"""Seconds before its end at which a moment's last picture is on screen: more than clocks are rounded by, and less than
any picture lasts."""
MOST = 100
"""Moments on one sheet, the best ones; more would be a picture that few programs open."""


def sheet_writer(kind: str) -> Callable[[Document], bytes]:
    """The writer of sheets as ``PNG`` or ``JPEG``."""

    def write(document: Document) -> bytes:
        content = io.BytesIO()
        draw_sheet(document).save(content, kind, **({"quality": 88} if kind == "JPEG" else {}))
        return content.getvalue()

    return write


def stills_of_sheet(document: Document) -> Iterator[tuple[Path, float]]:
    """Which pictures it shows."""
    for row, findings in _shown(document):
        for time in _times(row, findings):
            yield row.video, time


def draw_sheet(document: Document) -> Image:
    """The sheet; a row for each moment, best first."""
    from PIL import Image, ImageDraw

    shown = _shown(document)
    row_height = _TEXT + THUMB[1] + _GAP_BELOW
    size = 2 * _MARGIN + _WIDTH, 2 * _MARGIN + _HEAD + len(shown) * row_height - (_GAP_BELOW if shown else 0)
    sheet = Image.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(sheet)
    _head(draw, document, len(shown))
    for number, (row, findings) in enumerate(shown):
        top = _MARGIN + _HEAD + number * row_height
        _caption(draw, row, top)
        for place, time in enumerate(_times(row, findings)):
            left = _MARGIN + place * (THUMB[0] + _GAP)
            box = (left, top + _TEXT, left + THUMB[0], top + _TEXT + THUMB[1])
            draw.rectangle((box[0], box[1], box[2] - 1, box[3] - 1), _PLACE)
            if (content := document.stills.get((row.video, time))) is not None:
                _paste(sheet, Image.open(io.BytesIO(content)), box)
            else:
                _, font = lettering(_MISSING, 15)
                draw.text((box[0] + THUMB[0] / 2, box[1] + THUMB[1] / 2), _MISSING, _SOFT, font, anchor="mm")
            _stamp(draw, box, f"{_PLACES[place]}  {format_time(time)}")
    return sheet


def _shown(document: Document) -> list[tuple[Row, Findings]]:
    return [
        (row, findings)
        for row, (_, findings) in zip(rows_of(document)[:MOST], ranked(document.findings)[:MOST], strict=False)
    ]


def _times(row: Row, findings: Findings) -> tuple[float, float, float]:
    """First, peak, last."""
    moment = next(one for one in findings.moments if (one.start, one.end, one.score) == (row.start, row.end, row.score))
    return row.start, peak_of(moment, findings), max(row.end - _LAST, row.start)


def _head(draw: ImageDraw, document: Document, shown: int) -> None:
    """What the sheet is about, and how much of it is on it."""
    videos = list(dict.fromkeys(words(found.video.path.name) for found in document.findings))
    title = videos[0] if len(videos) == 1 else f"{len(videos)} videos"
    count = sum(len(found.moments) for found in document.findings)
    told = "nothing matches" if not count else f"{count} moment{'s' if count != 1 else ''}"
    _write(draw, (_MARGIN, _MARGIN), title, 26, _INK, _WIDTH)
    _write(draw, (_MARGIN, _MARGIN + 36), told + (f", the best {shown}" if shown < count else ""), 15, _SOFT, _WIDTH)


def _caption(draw: ImageDraw, row: Row, top: int) -> None:
    score = "" if row.score is None else f"   score {row.score:.2f}"
    span = f"{format_time(row.start)} - {format_time(row.end)}{score}"
    right, line = _MARGIN + _WIDTH, top + _TEXT - 13  # whatever fonts they are of, letters stand on it
    taken = _write(draw, (right, line), span, 15, _SOFT, _WIDTH, anchor="rs")
    room = _WIDTH - taken - 2 * _GAP
    used = _write(draw, (_MARGIN, line), f"{row.rank}.", 18, _INK, room, anchor="ls") + _GAP
    used += _write(draw, (_MARGIN + used, line), row.label, 18, _INK, room - used, anchor="ls")
    if room - used > _LEAST_NAME:
        left, name = _MARGIN + used + 2 * _GAP, words(row.video.name)
        _write(draw, (left, line), name, 15, _SOFT, room - used - 2 * _GAP, anchor="ls")


def _write(
    draw: ImageDraw, place: tuple[float, float], text: str, size: int, colour: Colour, width: float, anchor: str = "la"
) -> float:
    """Write a line no wider than some pixels, and say how wide it is."""
    shown, font = lettering(text, size)
    shown = shortened(shown, font, width)
    draw.text(place, shown, colour, font, anchor=anchor)
    return font.getlength(shown)


def _stamp(draw: ImageDraw, box: tuple[int, int, int, int], text: str) -> None:
    _, font = lettering(text, 14)
    width = font.getlength(text)
    draw.rounded_rectangle((box[0] + 6, box[3] - 29, box[0] + 20 + width, box[3] - 7), 5, (20, 19, 18))
    draw.text((box[0] + 13, box[3] - 18), text, (255, 255, 255), font, anchor="lm")


def _paste(sheet: Image, picture: Image, box: tuple[int, int, int, int]) -> None:
    """Whole, whatever its shape, in the middle of its place."""
    picture.thumbnail((box[2] - box[0], box[3] - box[1]))
    left = box[0] + (box[2] - box[0] - picture.width) // 2
    top = box[1] + (box[3] - box[1] - picture.height) // 2
    sheet.paste(picture, (left, top))
