"""What is kept of videos, for programs. `schema/cache.json` is its schema."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from r2cli.cache import CachedVideo, CacheInfo, Freed

SCHEMA = 1
"""Raised when a field changes its meaning or goes; a new field does not raise it."""


def write_info(info: CacheInfo) -> str:
    """The cache as a whole: one JSON document, in ASCII."""
    return _write(_info(info))


def write_entries(entries: Sequence[CachedVideo]) -> str:
    """What is in it."""
    return _write({"entries": [_entry(entry) for entry in entries]})


def write_freed(freed: Freed, left: CacheInfo) -> str:
    """What was removed, and what is left."""
    return _write({"removed": {"entries": freed.entries, "bytes": freed.bytes}, **_info(left)})


def _write(content: dict[str, Any]) -> str:
    return json.dumps({"schema": SCHEMA, **content}, indent=2, allow_nan=False) + "\n"


def _info(info: CacheInfo) -> dict[str, Any]:
    return {"path": str(info.path), "entries": info.entries, "bytes": info.bytes, "limit": info.limit}


def _entry(entry: CachedVideo) -> dict[str, Any]:
    return {
        "video": None if entry.video is None else str(entry.video),
        "model": entry.model,
        "sampling": entry.sampling,
        "clips": entry.clips,
        "bytes": entry.bytes,
        "used": entry.used,
        "complete": entry.is_complete,
        "key": entry.key,
    }
