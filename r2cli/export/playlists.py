"""Moments to play one after the other, best first: M3U (VLC and others), and mpv's own edit lists."""

from __future__ import annotations

from collections.abc import Iterator

from r2cli.export.document import Document, Kind
from r2cli.export.rows import Row, rows_of
from r2cli.export.text import address, as_text


def _m3u(document: Document) -> Iterator[str]:
    yield "#EXTM3U"
    for row in rows_of(document):
        yield f"#EXTINF:{row.end - row.start:.3f},{row.label}"
        if row.clip is not None and document.kind is Kind.CUTS:
            yield address(row.clip)
            continue
        yield f"#EXTVLCOPT:start-time={row.start:.3f}"
        yield f"#EXTVLCOPT:stop-time={row.end:.3f}"
        yield _place(document, row)


def _mpv(document: Document) -> Iterator[str]:
    yield "# mpv EDL v0"
    for row in rows_of(document):
        length = min(row.end, row.duration or row.end) - row.start
        if length > 0:  # what has no length mpv takes for all there is
            place = _place(document, row)
            yield f"%{len(place.encode())}%{place},{row.start:.6f},{length:.6f}"


def _place(document: Document, row: Row) -> str:
    return address(document.locate(row.video) or row.video)


write_m3u = as_text(_m3u)
write_mpv = as_text(_mpv)
