"""The table of formats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from r2cli.export.document import EVERY_KIND, Document, Kind
from r2cli.export.json.findings import write_json


@dataclass(frozen=True)
class Format:
    """One row of the table: a way to write a document."""

    name: str
    """What `--format` calls it."""
    suffixes: tuple[str, ...]
    """Of the files that are taken to be of this format, in lower case with their dots; none: it has to be named."""
    about: str
    """In a few words, for `--help` and the list in this room's README."""
    write: Callable[[Document], bytes]
    """The whole file. Text is UTF-8 and ends with a newline, if there is any."""
    takes: frozenset[Kind] = EVERY_KIND
    """Which documents it can hold."""


FORMATS: dict[str, Format] = {
    row.name: row
    for row in (Format("json", (".json",), "everything, for programs; a versioned schema, read by r2 cut", write_json),)
}
"""Every format by name; a new one is a file in this room and a row here."""

DEFAULT = FORMATS["json"]
"""What `--json` means."""

BY_SUFFIX: dict[str, Format] = {suffix: row for row in FORMATS.values() for suffix in row.suffixes}
