"""What is said of an evaluation: a document for programs, and how far it is."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

from r2cli.evaluation.run import Result, Row


def result_json(result: Result) -> str:
    """One JSON object; figures in percent, with the two digits that papers print."""
    document = asdict(result) | {"rows": [_row(row) for row in result.rows]}
    return json.dumps(document, indent=2)


def _row(row: Row) -> dict[str, object]:
    fields: dict[str, object] = {"who": row.who, "kind": row.kind, "queries": row.queries}
    fields["metrics"] = {name: round(value, 2) for name, value in row.metrics.items()}
    if row.intervals:
        fields["intervals"] = {name: [round(low, 2), round(high, 2)] for name, (low, high) in row.intervals.items()}
    return fields


def say_progress(videos: int, queries: int) -> None:
    """How far it is, on one line of standard error."""
    sys.stderr.write(f"\rvideo {videos}, {queries} queries so far")
    sys.stderr.flush()
