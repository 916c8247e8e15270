"""JSON Lines: a whole document in each line."""

from __future__ import annotations

import json

from r2cli.export.document import Document
from r2cli.export.json.findings import fields_of


def write_line(document: Document) -> bytes:
    """What `write_json` writes, in one line."""
    return (json.dumps(fields_of(document), allow_nan=False) + "\n").encode("ascii")
