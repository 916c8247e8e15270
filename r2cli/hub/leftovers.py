"""What a download leaves in the hub's cache when it is killed: nothing takes it up again, so it only takes room."""

from __future__ import annotations

import time
from pathlib import Path

from r2cli.hub.file import HubFile

_UNTOUCHED = 3600.0
"""Seconds. A download that lives writes far more often, so what was not written for so long is nobody's."""


def remove_leftovers(file: HubFile) -> int:
    """Remove the beginnings of downloads from a file's repository that nobody finishes any more.

    The hub's client gives each download a name of its own, `DIGEST.RANDOM.incomplete`, beside the finished files.

    Returns:
        Bytes that became free.
    """
    from huggingface_hub.constants import HF_HUB_CACHE
    from huggingface_hub.file_download import repo_folder_name

    blobs = Path(HF_HUB_CACHE) / repo_folder_name(repo_id=file.repo, repo_type=file.kind) / "blobs"
    return sum(_remove_if_old(path) for path in blobs.glob("*.????????.incomplete"))


def _remove_if_old(path: Path) -> int:
    try:
        state = path.stat()
        if time.time() - state.st_mtime < _UNTOUCHED:
            return 0
        path.unlink()
    except OSError:  # another process was faster, or the cache cannot be written: nothing depends on it
        return 0
    return state.st_size
