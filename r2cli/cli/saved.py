"""Findings that were saved, read for the commands that work on them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from r2cli.cli.inputs import STANDARD_INPUT, name_of, read_whole
from r2cli.errors import UnreadableInputError
from r2cli.export.json.saved import read_json

if TYPE_CHECKING:
    from r2cli.export.document import Document

_LARGEST_FILE = 256_000_000
"""Bytes; more than a year of film needs."""
_HINT = "save findings with: r2 find VIDEO QUERY --json > findings.json"


def require_video(path: Path, document: Document) -> None:
    """See that a video of a document is there; a relative path is explained.

    Raises:
        UnreadableInputError: It is not.
    """
    if path.is_absolute() or document.locate(path) is not None:
        return
    places = [Path.cwd(), *([] if document.folder is None else [document.folder.absolute()])]
    raise UnreadableInputError(
        f"{path}: there is no such file in {' or '.join(dict.fromkeys(map(str, places)))}",
        "go to the folder in which it was searched, or put the findings there",
    )


def read_document(file: Path) -> Document:
    """Read what `--json` wrote.

    Args:
        file: Which; `-` is standard input.

    Raises:
        UnreadableInputError: It cannot be read, or holds something else.
    """
    content = read_whole(file, largest=_LARGEST_FILE, what="findings", hint=_HINT)
    folder = None if file == STANDARD_INPUT else file.parent
    return read_json(content.decode("utf-8-sig", errors="replace"), name_of(file), folder)
