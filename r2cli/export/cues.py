"""Moments as subtitles: SubRip (SRT) and WebVTT."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from r2cli.export.document import Document
from r2cli.export.rows import Row, timeline_of
from r2cli.export.text import as_text

_PLAIN = str.maketrans("<>{}\\", "\uff1c\uff1e\uff5b\uff5d\uff3c")
"""SubRip knows no way to write what players take for markup; its wide forms look the same."""


def _srt(document: Document) -> Iterator[str]:
    for number, row in enumerate(timeline_of(document), start=1):
        yield from (str(number), _times(row, ","), _words(row).translate(_PLAIN), "")


def _vtt(document: Document) -> Iterator[str]:
    yield from ("WEBVTT", "")
    for row in timeline_of(document):
        yield from (_times(row, "."), escape(_words(row), quote=False), "")


def _words(row: Row) -> str:
    return row.label if row.score is None else f"{row.label} ({row.score:.2f})"


def _times(row: Row, point: str) -> str:
    start = round(row.start * 1000)
    end = max(round(row.end * 1000), start + 1)  # a cue that ends where it begins is none
    return f"{_clock(start, point)} --> {_clock(end, point)}"


def _clock(milliseconds: int, point: str) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{point}{rest:03d}"


write_srt = as_text(_srt)
write_vtt = as_text(_vtt)
