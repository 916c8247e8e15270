"""A contact sheet: of each moment its first picture, its best and its last, with its time, score and query."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from r2cli.export.document import Document
from r2cli.export.report.page import peak_of
from r2cli.export.rows import Row, rows_of
from r2cli.export.text import words
from r2cli.findings import Findings, ranked
from r2cli.timecode import format_time

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

THUMB = (320, 180)
"""Pixels of each picture's place."""
_MARGIN, _GAP, _TEXT, _HEAD = 32, 12, 46, 64
_PAPER, _INK, _SOFT, _PLACE = (251, 250, 248), (29, 28, 26), (107, 104, 98), (227, 224, 218)
_LAST = 0.04
"""Seconds before its end at which a moment's last picture is looked for."""
MOST = 100
"""Moments on one sheet, the best ones; more would be a picture that few programs open."""


def sheet_writer(kind: str) -> Callable[[Document], bytes]:
    """The writer of sheets as ``PNG`` or ``JPEG``."""

    def write(document: Document) -> bytes:
        content = io.BytesIO()
        draw_sheet(document).save(content, kind, **({"quality": 88} if kind == "JPEG" else {"optimize": True}))
        return content.getvalue()

    return write


def stills_of_sheet(document: Document) -> Iterator[tuple[Path, float]]:
    """Which pictures it shows."""
    for row, findings in _shown(document):
        for time in _times(row, findings):
            yield row.video, time


def draw_sheet(document: Document) -> Image:
    """The sheet; a row for each moment, best first."""
    from PIL import Image, ImageDraw, ImageFont

    shown = _shown(document)
    row_height = _TEXT + THUMB[1] + _GAP
    size = 2 * _MARGIN + 3 * THUMB[0] + 2 * _GAP, 2 * _MARGIN + _HEAD + max(len(shown), 1) * row_height
    sheet = Image.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(sheet)
    large, small = ImageFont.load_default(26), ImageFont.load_default(16)
    draw.text((_MARGIN, _MARGIN), _title(document), _INK, large)
    for number, (row, findings) in enumerate(shown):
        top = _MARGIN + _HEAD + number * row_height
        _caption(draw, row, top, large=ImageFont.load_default(18), small=small)
        for place, time in enumerate(_times(row, findings)):
            left = _MARGIN + place * (THUMB[0] + _GAP)
            box = (left, top + _TEXT - 8, left + THUMB[0], top + _TEXT - 8 + THUMB[1])
            draw.rectangle(box, _PLACE)
            if (content := document.stills.get((row.video, time))) is not None:
                _paste(sheet, Image.open(io.BytesIO(content)), box)
            _stamp(draw, box, format_time(time), small)
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


def _title(document: Document) -> str:
    videos = list(dict.fromkeys(words(found.video.path.name) for found in document.findings))
    return _plain(videos[0] if len(videos) == 1 else f"{len(videos)} videos")


def _caption(draw: ImageDraw, row: Row, top: int, **fonts: object) -> None:
    name = _plain(f"{row.rank}. {row.label}")
    score = "" if row.score is None else f"   {row.score:.2f}"
    span = f"{format_time(row.start)} - {format_time(row.end)}{score}   {_plain(words(row.video.name))}"
    draw.text((_MARGIN, top), name[:90], _INK, fonts["large"])  # type: ignore[arg-type]
    draw.text((_MARGIN + 3 * THUMB[0] + 2 * _GAP, top + 2), span[:70], _SOFT, fonts["small"], anchor="ra")  # type: ignore[arg-type]


def _stamp(draw: ImageDraw, box: tuple[int, int, int, int], text: str, font: object) -> None:
    left, top, right, bottom = draw.textbbox((box[0] + 8, box[3] - 26), text, font)  # type: ignore[arg-type]
    draw.rectangle((left - 5, top - 4, right + 5, bottom + 4), (0, 0, 0))
    draw.text((box[0] + 8, box[3] - 26), text, (255, 255, 255), font)  # type: ignore[arg-type]


def _paste(sheet: Image, picture: Image, box: tuple[int, int, int, int]) -> None:
    """Whole, whatever its shape, in the middle of its place."""
    picture.thumbnail((box[2] - box[0], box[3] - box[1]))
    left = box[0] + (box[2] - box[0] - picture.width) // 2
    top = box[1] + (box[3] - box[1] - picture.height) // 2
    sheet.paste(picture, (left, top))


def _plain(text: str) -> str:
    """Text that the font at hand can draw; of other letters it would draw boxes."""
    return "".join(char if char.isprintable() and ord(char) < 0x250 else "?" for char in text)
