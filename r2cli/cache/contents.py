"""What is in the cache, and what has to go."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from r2cli.cache import folders
from r2cli.cache.entry import JOURNAL
from r2cli.cache.files import last_paths
from r2cli.cache.journal import read_records
from r2cli.cache.locks import held
from r2cli.files import open_file
from r2cli.scratch import SCRATCH

_LEFTOVER = 24 * 3600.0
"""Seconds after which an entry that nobody completed is not waited for any more."""
_GONE = ".gone"


@dataclass(frozen=True)
class CacheInfo:
    """The cache as a whole."""

    path: Path
    entries: int
    bytes: int
    limit: int
    """Bytes; 0: nothing is kept."""


@dataclass(frozen=True)
class CachedVideo:
    """One entry."""

    key: str
    video: Path | None
    """Where the video was seen last; None: unknown."""
    model: str
    sampling: str
    clips: int
    bytes: int
    used: float
    """When it was used last, in seconds since the epoch."""
    is_complete: bool


@dataclass(frozen=True)
class Freed:
    """What was removed."""

    entries: int = 0
    bytes: int = 0


def info() -> CacheInfo:
    """How large the cache is, and how large it may become.

    Raises:
        CommandLineError: The limit is no size.
    """
    sizes = [_size(folder) for folder in _folders()]
    return CacheInfo(folders.root(), len(sizes), sum(sizes), folders.limit())


def entries() -> list[CachedVideo]:
    """Everything in the cache, what was used last first; what cannot be read has no model."""
    paths = last_paths()
    return sorted((_describe(folder, paths) for folder in _folders()), key=lambda entry: -entry.used)


def clear() -> Freed:
    """Remove everything but what another process is writing, and forget all files."""
    freed = _remove(list(_folders()))
    shutil.rmtree(folders.files_dir(), ignore_errors=True)
    return freed


def prune(limit: int | None = None, *, spare: str = "") -> Freed:
    """Remove what was used longest ago until the rest fits the limit, and what interrupted runs left a day ago.

    Args:
        limit: Bytes; None: the limit that is set.
        spare: The key of an entry that stays in any case.

    Raises:
        CommandLineError: The limit that is set is no size.
    """
    _sweep()
    limit = folders.limit() if limit is None else limit
    sizes = {folder: _size(folder) for folder in sorted(_folders(), key=_used)}
    total, victims = sum(sizes.values()), []
    for folder, size in sizes.items():
        is_stale = _used(folder) < time.time() - _LEFTOVER and not _is_complete(folder)
        if folder.name != spare and (total > limit or is_stale):
            victims.append(folder)
            total -= size
    return _remove(victims)


def size_of(key: str) -> int:
    """Bytes of one entry."""
    return _size(folders.entries_dir() / key)


def size_without(key: str) -> int:
    """Bytes of all entries but one."""
    return sum(_size(folder) for folder in _folders() if folder.name != key)


def discard(folder: Path) -> None:
    """Take an entry out of the cache at once; who has it open can go on reading."""
    if not os.path.lexists(folder):
        return
    try:
        # Two steps: no other process ever sees half an entry.
        grave = Path(mkdtemp(suffix=_GONE, dir=folder.parent))
    except OSError:
        return  # nothing can be removed from this folder either
    try:
        folder.replace(grave / folder.name)
    except OSError:  # Windows moves nothing that is open
        shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(grave, ignore_errors=True)


def _remove(folders: list[Path]) -> Freed:
    freed = Freed()
    for folder in folders:
        with held(folder.name) as is_mine:
            if is_mine:
                size = _size(folder)
                discard(folder)
                freed = Freed(freed.entries + 1, freed.bytes + size)
    return freed


def _sweep() -> None:
    """Remove what a killed process was about to remove or to rename."""
    for folder in (folders.entries_dir(), folders.files_dir()):
        for leftover in _children(folder):
            is_ours = leftover.name.endswith(_GONE) or leftover.name.startswith(("tmp", SCRATCH))
            if is_ours and _age(leftover) > _LEFTOVER:
                shutil.rmtree(leftover, ignore_errors=True)
                _unlink(leftover)


def _folders() -> Iterator[Path]:
    yield from (
        child for child in _children(folders.entries_dir()) if not child.name.endswith(_GONE) and child.is_dir()
    )


def _children(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _size(folder: Path) -> int:
    total = 0
    for child in _children(folder):
        try:
            total += child.stat().st_size
        except OSError:
            continue
    return total


def _used(folder: Path) -> float:
    return time.time() - _age(folder / JOURNAL)


def _age(path: Path) -> float:
    """Seconds since a file changed; endless when it is not there."""
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return float("inf")


def _unlink(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return


def _is_complete(folder: Path) -> bool:
    return any(facts == {"complete": True} for facts in _facts(folder))


def _describe(folder: Path, paths: dict[str, Path]) -> CachedVideo:
    begin: dict[str, Any] = {}
    clips, is_complete = 0, False
    for facts in _facts(folder):
        begin = begin or facts
        clips = facts.get("clips", clips)
        is_complete = is_complete or facts == {"complete": True}
    about, label = begin.get("facts", {}), begin.get("label", {})
    return CachedVideo(
        key=folder.name,
        video=paths.get(about.get("video", "")),
        model=label.get("model", ""),
        sampling=about.get("sampling", ""),
        clips=clips,
        bytes=_size(folder),
        used=_used(folder),
        is_complete=is_complete,
    )


def _facts(folder: Path) -> list[dict[str, Any]]:
    try:
        with open_file(folder / JOURNAL) as stream:
            return [dict(record.facts) for record in read_records(stream)]
    except OSError:
        return []
