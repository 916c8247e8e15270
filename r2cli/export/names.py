"""Names of videos in which something matched, or of clips that were cut, for other programs."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from r2cli.export.document import Document, Kind
from r2cli.export.rows import rows_of, videos_of


def names(end: bytes) -> Callable[[Document], bytes]:
    r"""The writer of names as the file system knows them, which need be no text; `end` follows each.

    In a name it would make two of one, and the second may be a file that nobody means: it is spelled out, as ``\n``.
    """
    spelled = repr(end)[2:-1].encode("ascii")

    def write(document: Document) -> bytes:
        return b"".join(_as_bytes(path).replace(end, spelled) + end for path in _paths(document))

    return write


def _paths(document: Document) -> tuple[Path, ...]:
    if document.kind is not Kind.CUTS:
        return videos_of(document)
    return tuple(dict.fromkeys(row.clip or row.video for row in rows_of(document)))


def _as_bytes(path: Path) -> bytes:
    try:
        return os.fsencode(path)
    except UnicodeEncodeError:  # from a document that names what can be no file here
        return str(path).encode("utf-8", errors="backslashreplace")
