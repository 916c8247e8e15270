"""The list of models, for programs. `schema/models.json` is its schema."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from r2cli.checkpoints.checkpoint import Checkpoint
from r2cli.checkpoints.inventory import Item

SCHEMA = 1
"""Raised when a field changes its meaning or goes; a new field does not raise it."""


def write_models(items: Sequence[Item]) -> str:
    """One JSON document, in ASCII."""
    return json.dumps({"schema": SCHEMA, "models": [_model(item) for item in items]}, indent=2) + "\n"


def _model(item: Item) -> dict[str, Any]:
    file = item.file
    return {
        "name": item.name,
        "task": item.task,
        "default": item.is_default,
        "summary": item.model.summary,
        "licence": item.model.licence,
        "size": item.size,
        "downloaded": item.path is not None,
        "path": None if item.path is None else str(item.path),
        "source": None if file is None else {"url": file.url, "file": file.path, "sha256": file.sha256 or None},
        **(_settings(item.model) if isinstance(item.model, Checkpoint) else {}),
    }


def _settings(row: Checkpoint) -> dict[str, Any]:
    return {
        "backbone": row.backbone.name,
        "clips_per_second": row.clips_per_second,
        "window": row.window,
        "unit": row.unit,
        "suppression": row.suppression,
        "min_score": row.min_score,
    }
