"""Whether a file is on this machine already: nothing here touches the network or reads the file."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from r2cli.hub.file import HubFile
from r2cli.paths import models_dir


@dataclass(frozen=True)
class Found:
    """A file on this machine."""

    path: Path
    size: int
    """Bytes."""
    sha256: str
    """What was published of its digest: all digits, the first, or none."""
    is_own: bool
    """The user put it into the models folder; otherwise it lies in the hub's cache."""


def find_file(file: HubFile) -> Found | None:
    """The file in the models folder, else in the hub's cache; None when it must be downloaded."""
    for copy in file.copies:
        path = models_dir() / copy.name
        if path.is_file():
            return Found(path, path.stat().st_size, copy.sha256, is_own=True)
    cached = find_cached(file)
    return None if cached is None else Found(cached, cached.stat().st_size, file.sha256, is_own=False)


def find_cached(file: HubFile) -> Path | None:
    """The file in the hub's cache; None when it was never downloaded."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(file.repo, file.path, repo_type=file.kind)
    path = Path(found) if isinstance(found, str) else None
    return path if path is not None and path.is_file() else None


def blob_of(path: Path) -> Path:
    """Where the cache keeps a file's content: what its name is a link to, or, without links, the file itself.

    Only one link is followed. The content may be shared with other caches in turn, under a name of another kind.
    """
    return path.parent / os.readlink(path) if path.is_symlink() else path


def stated_digest(path: Path) -> str:
    """The sha256 that the hub stated when a file was downloaded; empty if it stated none.

    The cache names the content of large files after it.
    """
    name = blob_of(path).name
    return name if re.fullmatch("[0-9a-f]{64}", name) else ""
