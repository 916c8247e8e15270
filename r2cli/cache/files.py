"""Files that were seen before: what is in them, for as long as nothing about them has changed.

A file is known by the digest of its whole content. To read it again for every query would take longer than the answer,
so the digest is remembered together with everything that the system says of the file; whatever changes its content
changes one of these.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xxhash
from blake3 import blake3

from r2cli.cache import folders
from r2cli.files import file_digest, read_json
from r2cli.writing import replace_text

if TYPE_CHECKING:
    from r2cli.video.probe import VideoInfo

VERSION = 4
"""Raised when `probe` finds something else in the same file, and when files are digested otherwise."""
_SETTLED = 3.0
"""Seconds. A file that changed more recently may change again without its time showing it, as clocks of file systems
tick slowly: FAT's every two seconds."""
_LARGEST = 1 << 16
"""Bytes of a record."""


@dataclass(frozen=True)
class KnownFile:
    """What is remembered of a file."""

    path: Path
    """Where it was seen last."""
    state: Mapping[str, int]
    """What the system said of it then."""
    digest: str = ""
    """BLAKE3 of its content, in hex; empty: it has only been probed."""
    video: Mapping[str, Any] | None = None
    """The fields of its `VideoInfo`; None: it has only been read."""
    warnings: tuple[str, ...] = ()
    """What `probe` warned of."""


def digest_of(path: Path) -> str:
    """The digest of a file's content, in hex; read only when it is new or has changed.

    Raises:
        OSError: It cannot be read.
    """
    known = _recall(path) or KnownFile(_real(path), _state(path))
    if known.digest:
        return known.digest
    digest = file_digest(path, blake3)  # of tens of gigabytes; three times as fast as sha256 here
    if _state(path) == known.state:
        _remember(replace(known, digest=digest))
    return digest


def known_probe(path: Path) -> tuple[VideoInfo, tuple[str, ...]] | None:
    """What `probe` found in a file that has not changed since, and what it warned of; None: probe it."""
    from r2cli.video.probe import VideoInfo

    known = _recall(path)
    if known is None or known.video is None:
        return None
    try:
        rate = Fraction(*map(int, known.video["rate"].split("/")))  # from text, it would take 1e999999999 for a rate
        return VideoInfo(**{**known.video, "path": path, "rate": rate}), known.warnings
    except (KeyError, TypeError, ValueError, AttributeError, ZeroDivisionError):
        return None


def remember_probe(video: VideoInfo, warnings: tuple[str, ...] = ()) -> None:
    """Remember what `probe` has just found in a file."""
    try:
        known = _recall(video.path) or KnownFile(_real(video.path), _state(video.path))
    except OSError:
        return
    fields = {**asdict(video), "rate": str(video.rate)}
    del fields["path"]
    _remember(replace(known, video=fields, warnings=warnings))


def last_paths() -> dict[str, Path]:
    """Where each content was seen last, by its digest."""
    return {known.digest: known.path for _, known in sorted(_all(), key=lambda pair: pair[0]) if known.digest}


def _all() -> Iterator[tuple[float, KnownFile]]:
    try:
        records = list(folders.files_dir().glob("[!.]*.json"))
    except OSError:
        return
    for record in records:
        known = _read(record)
        if known is not None:
            try:
                yield record.stat().st_mtime, known
            except OSError:
                continue


def _recall(path: Path) -> KnownFile | None:
    try:
        record = _record_of(path)
        known, state = _read(record), _state(path)
    except (OSError, ValueError):
        return None
    return known if known is not None and known.state == state and known.path == _real(path) else None


def _remember(known: KnownFile) -> None:
    """Where nothing can be written, a file is read again the next time."""
    changed = max(known.state["mtime"], known.state["ctime"]) / 1e9
    if not changed < time.time() - _SETTLED:
        return
    content = {**asdict(known), "path": str(known.path), "version": VERSION}
    try:
        folders.make_folders()
        # What a power cut makes of it fails its checksum, and the file is read again.
        text = json.dumps({**content, "checksum": _checksum(content)})
        replace_text(_record_of(known.path), text, is_durable=False, mode=0o600)
    except OSError:
        return


def _read(record: Path) -> KnownFile | None:
    try:
        content = read_json(record, _LARGEST)
        if not isinstance(content, dict) or content.pop("checksum") != _checksum(content):
            return None
        if content.pop("version") != VERSION:
            return None
        content = {**content, "path": Path(content["path"]), "warnings": tuple(map(str, content["warnings"]))}
        known = KnownFile(**content)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return known if isinstance(known.digest, str) and isinstance(known.video, dict | None) else None


def _checksum(content: Mapping[str, Any]) -> str:
    return xxhash.xxh3_64_hexdigest(json.dumps(content, sort_keys=True).encode("ascii"))


def _state(path: Path) -> dict[str, int]:
    state = path.stat()
    return {
        "device": state.st_dev,
        "inode": state.st_ino,
        "size": state.st_size,
        "mtime": state.st_mtime_ns,
        "ctime": state.st_ctime_ns,
    }


def _record_of(path: Path) -> Path:
    name = hashlib.blake2b(os.fsencode(_real(path)), digest_size=16).hexdigest()
    return folders.files_dir() / f"{name}.json"


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))
