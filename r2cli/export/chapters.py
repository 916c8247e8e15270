"""Moments as chapters of their video: for FFmpeg, and for the description of a YouTube video."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from r2cli.export.document import Document
from r2cli.export.rows import rows_of, timeline_of
from r2cli.export.text import as_text
from r2cli.timecode import format_time

_SPECIAL = re.compile(r"[=;#\\\n]")
_SHORTEST = 10
"""Seconds; YouTube takes a list with a shorter chapter for none at all."""


def _ffmetadata(document: Document) -> Iterator[str]:
    yield ";FFMETADATA1"
    rows = timeline_of(document)
    following = [*(row.start for row in rows[1:]), math.inf]
    for row, limit in zip(rows, following, strict=False):
        end = min(row.end, limit)  # players take chapters one after the other
        yield from ("", "[CHAPTER]", "TIMEBASE=1/1000")
        yield from (f"START={round(row.start * 1000)}", f"END={round(end * 1000)}")
        yield "title=" + _SPECIAL.sub(r"\\\g<0>", row.label)


def _youtube(document: Document) -> Iterator[str]:
    kept: dict[int, str] = {}
    for row in rows_of(document):
        start = 0 if row.start < _SHORTEST else math.floor(row.start)
        is_long = row.duration is None or start + _SHORTEST <= row.duration
        if is_long and all(abs(start - other) >= _SHORTEST for other in kept):
            kept[start] = row.label
    if kept:
        kept.setdefault(0, "Start")  # without a chapter at 0:00 there are none
    for start, title in sorted(kept.items()):
        yield f"{format_time(start, 0)} {title}"


write_ffmetadata = as_text(_ffmetadata)
write_youtube = as_text(_youtube)
