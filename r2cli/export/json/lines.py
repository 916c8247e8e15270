"""JSON Lines: a whole document in each line, so that every video is told of as soon as it is done."""

from __future__ import annotations

import json
from dataclasses import replace

from r2cli.export.document import Document
from r2cli.export.json.findings import fields_of


def write_lines(document: Document) -> bytes:
    """A line for each query and video; what was cut and what failed is in the last one."""
    each = [Document((found,), kind=document.kind) for found in document.findings]
    is_more = document.errors or document.clips or document.reel or document.planned
    rest = [replace(document, findings=())] if is_more else []
    return b"".join(map(write_line, [*each, *rest]))


def write_line(document: Document) -> bytes:
    """What `write_json` writes, in one line."""
    return (json.dumps(fields_of(document), allow_nan=False) + "\n").encode("ascii")
