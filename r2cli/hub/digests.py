"""Digests of downloaded files: recorded when a file first arrives, and held to from then on.

The hub can replace a file at any time. What a user's results were made with must not change under their hands.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from r2cli.files import read_json
from r2cli.hub.file import HubFile
from r2cli.paths import data_dir
from r2cli.writing import make_folder, replace_text

_LARGEST = 1 << 16
"""Bytes of a record; a path is shorter."""


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
        content = read_json(_place(file), _LARGEST)
        return Record(**content) if isinstance(content, dict) else None
    except (OSError, ValueError, TypeError):
        return None


def write_record(file: HubFile, record: Record) -> None:
    """Remember a file. Where nothing can be written, it is only verified again the next time."""
    place = _place(file)
    try:
        make_folder(place.parent)
        # Lost in a power cut, it would let pass a file that the hub has replaced meanwhile; and it is written rarely.
        replace_text(place, json.dumps(asdict(record), indent=2), is_durable=True, mode=0o600)
    except OSError:
        return


def forget(file: HubFile) -> None:
    """Accept whatever the hub has the next time."""
    _place(file).unlink(missing_ok=True)


def _place(file: HubFile) -> Path:
    return data_dir() / "digests" / f"{file.repo}/{file.path}.json".replace("/", "--")
