"""Findings as JSON, for programs. `schema/` holds their schema, and this room's README explains it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from r2cli.export.document import Document, FailedInput, Kind
from r2cli.export.json.cuts import clip_fields, planned_fields, reel_fields
from r2cli.export.json.excerpts import excerpt_fields, moment_fields
from r2cli.export.json.explanation import explanation_fields
from r2cli.export.json.trees import combined_fields
from r2cli.findings import Findings

SCHEMA = 1
"""Raised when a field changes its meaning or goes; a new field does not raise it."""


def write_json(document: Document) -> bytes:
    """One JSON document, in ASCII: so it passes through any pipe, and any file name can be written down."""
    return (json.dumps(fields_of(document), indent=2, allow_nan=False) + "\n").encode("ascii")


def fields_of(document: Document) -> dict[str, Any]:
    """The document as objects and lists. Commands that cut and do not search have no results."""
    results = {} if document.kind is Kind.CUTS else {"results": [_result(found) for found in document.findings]}
    clips = {} if document.clips is None else {"clips": clip_fields(document.clips)}
    reel = {} if document.reel is None else {"reel": reel_fields(document.reel)}
    planned = {} if document.planned is None else {"planned": planned_fields(document.planned)}
    told = {} if document.explanation is None else {"explanation": explanation_fields(document.explanation)}
    errors = [_error(failed) for failed in document.errors]
    return {"schema": SCHEMA, **results, **clips, **reel, **planned, **told, "errors": errors}


def _result(found: Findings) -> dict[str, Any]:
    rate = found.video.rate
    return {
        "query": found.query,
        "video": {
            "path": str(found.video.path),
            "duration": found.video.duration,
            "rate": {"exact": f"{rate.numerator}/{rate.denominator}", "fps": float(rate)},
        },
        "model": {"name": found.model.name, "sha256": found.model.sha256, "backbone": found.model.backbone},
        "sampling": asdict(found.sampling),
        "moments": [moment_fields(one) for one in found.moments],
        "saliency": [{"time": one.time, "score": one.score} for one in found.saliency],
        **excerpt_fields(found),
        **combined_fields(found),
    }


def _error(failed: FailedInput) -> dict[str, Any]:
    return {"path": str(failed.path), "message": failed.message, "exit_code": failed.exit_code}
