"""A Markdown table, for notes and issues (GitHub Flavored Markdown)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from r2cli.export.document import Document
from r2cli.export.rows import Row, rows_of
from r2cli.export.text import as_text, one_line
from r2cli.timecode import format_time

_MARKUP = re.compile(r"[\\`*_\[\]<>&|~:@#$^{}]")
_COLUMNS: dict[str, Callable[[Row], str]] = {
    "rank": lambda row: str(row.rank or ""),
    "start": lambda row: format_time(row.start),
    "end": lambda row: format_time(row.end),
    "score": lambda row: "" if row.score is None else f"{row.score:.2f}",
    "peak": lambda row: "" if row.peak is None else format_time(row.peak),
    "query": lambda row: _escaped(row.query),
    "video": lambda row: _escaped(str(row.video)),
    "clip": lambda row: "" if row.clip is None else _escaped(str(row.clip)),
}


def _lines(document: Document) -> Iterator[str]:
    cells = {name: [cell(row) for row in rows_of(document)] for name, cell in _COLUMNS.items()}
    shown = {name: column for name, column in cells.items() if any(column)} or cells
    yield _line(shown)
    yield _line("--:" if name in ("rank", "start", "end", "score", "peak") else "---" for name in shown)
    for row in zip(*shown.values(), strict=True):
        yield _line(row)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\g<0>", one_line(text))


write_markdown = as_text(_lines)
