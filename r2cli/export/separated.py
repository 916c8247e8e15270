"""CSV and TSV, for spreadsheets and data frames (RFC 4180, with lines that end as on Unix)."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

from r2cli.export.document import Document
from r2cli.export.rows import rows_of
from r2cli.export.text import one_line

COLUMNS = ("rank", "video", "query", "start", "end", "score", "peak", "clip")
"""Always the same; what a document does not know is empty. Times are in seconds."""
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""How cells begin that spreadsheets compute, the wide forms of East Asian keyboards among them."""


def separated(separator: str) -> Callable[[Document], bytes]:
    """The writer of such a format."""

    def write(document: Document) -> bytes:
        text = io.StringIO()
        writer = csv.writer(text, delimiter=separator, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([_cell(getattr(row, column)) for column in COLUMNS] for row in rows_of(document))
        return text.getvalue().encode("utf-8")

    return write


def _cell(value: str | Path | float | None) -> str:
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return repr(value)
    text = one_line(str(value))
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text
