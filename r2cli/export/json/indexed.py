"""What `r2 index` did, for programs. `schema/indexed.json` is its schema."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from r2cli.export.document import FailedInput
from r2cli.findings import IndexedVideo

SCHEMA = 1
"""Raised when a field changes its meaning or goes; a new field does not raise it."""


def write_indexed(videos: Sequence[IndexedVideo], errors: Sequence[FailedInput]) -> str:
    """One JSON document, in ASCII."""
    content = {
        "schema": SCHEMA,
        "videos": [_fields(video) for video in videos],
        "errors": [{"path": str(one.path), "message": one.message, "exit_code": one.exit_code} for one in errors],
    }
    return json.dumps(content, indent=2, allow_nan=False) + "\n"


def _fields(video: IndexedVideo) -> dict[str, Any]:
    return {**asdict(video), "path": str(video.path), "was_there": video.was_there}
