"""Digests of downloaded files: recorded when a file first arrives, and held to from then on.

The hub can replace a file at any time. What a user's results were made with must not change under their hands.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from r2cli.hub.file import HubFile
from r2cli.paths import data_dir


@dataclass(frozen=True)
class Record:
    """What a file was when it was last verified."""

    sha256: str
    path: str
    size: int
    """Bytes."""
    changed: int
    """Nanoseconds since the epoch."""


def describe(path: Path, sha256: str) -> Record:
    """The record of a file as it is now."""
    state = path.stat()
    return Record(sha256, str(path.resolve()), state.st_size, state.st_mtime_ns)


def read_record(file: HubFile) -> Record | None:
    """What was recorded of a file; None when it never arrived, or when the record makes no sense."""
    try:
        return Record(**json.loads(_place(file).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, RecursionError):
        return None


def write_record(file: HubFile, record: Record) -> None:
    """Remember a file. Where nothing can be written, it is only verified again the next time."""
    place = _place(file)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=place.parent, delete=False) as beside:
            json.dump(asdict(record), beside, indent=2)
        os.replace(beside.name, place)
    except OSError:
        return


def forget(file: HubFile) -> None:
    """Accept whatever the hub has the next time."""
    _place(file).unlink(missing_ok=True)


def _place(file: HubFile) -> Path:
    return data_dir() / "digests" / f"{file.repo}/{file.path}.json".replace("/", "--")
