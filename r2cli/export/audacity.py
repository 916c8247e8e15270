"""Labels for Audacity's label track."""

from __future__ import annotations

from collections.abc import Iterator

from r2cli.export.document import Document
from r2cli.export.rows import timeline_of
from r2cli.export.text import as_text


def _lines(document: Document) -> Iterator[str]:
    for row in timeline_of(document):
        yield f"{row.start:.6f}\t{row.end:.6f}\t{row.label}"


write_audacity = as_text(_lines)
