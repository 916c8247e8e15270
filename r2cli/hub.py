"""One file from the Hugging Face hub: found on disk or downloaded, and verified before its first use."""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from r2cli.errors import ModelUnavailableError
from r2cli.paths import cache_dir, models_dir

_SECONDS_TO_ANSWER = 5.0
"""The hub's own client would try for half a minute, or minutes, before it admits that it cannot connect."""
_ALWAYS_VERIFIED = 64 << 20
"""Bytes. Smaller files are verified at each use; larger ones once, until their size or time changes."""


@dataclass(frozen=True)
class HubFile:
    """A file in a repository of the hub."""

    repo: str
    path: str
    size: int
    """Bytes, roughly: for telling the user before the hub can be asked."""
    sha256: str = ""
    """The digest or its first digits, in hex; empty: the digest that the hub itself states is held to."""
    alias: str = ""
    """A second name under which a copy in the models folder is recognised."""

    @property
    def url(self) -> str:
        """Where a person can look at it."""
        return f"https://huggingface.co/{self.repo}"

    @property
    def local_names(self) -> tuple[str, ...]:
        """What a copy in the models folder may be called."""
        return (self.alias or Path(self.path).name, f"{self.repo}/{self.path}")


def fetch(file: HubFile, *, on_note: Callable[[str], None], progress: bool = True) -> Path:
    """Where the file is on this machine, after downloading it if need be.

    A copy in the models folder comes first, then the hub's own cache (which needs no network), then the hub.

    Args:
        file: Which file.
        on_note: Told in one line what is about to be downloaded, from where and how large it is.
        progress: Whether to draw a progress bar on standard error.

    Raises:
        ModelUnavailableError: It cannot be had, or is not the file that was promised.
    """
    for name in file.local_names:
        copy = models_dir() / name
        if copy.is_file():
            _require_digest(copy, file.sha256, "replace that copy by the original, or remove it")
            return copy
    path = find_cached(file)
    if path is None:
        path = _download(file, on_note=on_note, progress=progress)
    _verify_cached(path, file)
    return path


def find_cached(file: HubFile) -> Path | None:
    """The file in the hub's cache; None when it was never downloaded."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(file.repo, file.path)
    return Path(found) if isinstance(found, str) else None


def file_digest(path: Path) -> str:
    """The sha256 of a file, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _download(file: HubFile, *, on_note: Callable[[str], None], progress: bool) -> Path:
    from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url

    try:
        size = get_hf_file_metadata(hf_hub_url(file.repo, file.path), timeout=_SECONDS_TO_ANSWER).size or file.size
        on_note(f"downloading {Path(file.path).name} ({readable_size(size)}) from {file.url}")
        with _progress_bars(shown=progress):
            return Path(hf_hub_download(file.repo, file.path, library_name="r2"))
    # The client lets through whatever its HTTP library raises, and that library differs between its versions.
    except Exception as error:
        raise ModelUnavailableError(_reason(error, file), _way_out(file)) from error


@contextmanager
def _progress_bars(*, shown: bool) -> Iterator[None]:
    from huggingface_hub import utils

    was_silent = utils.are_progress_bars_disabled()  # type: ignore[attr-defined]
    if not shown:
        utils.disable_progress_bars()  # type: ignore[attr-defined]
    try:
        yield
    finally:
        if not shown and not was_silent:
            utils.enable_progress_bars()  # type: ignore[attr-defined]


def _reason(error: Exception, file: HubFile) -> str:
    from huggingface_hub import constants
    from huggingface_hub.errors import EntryNotFoundError, FileMetadataError, HfHubHTTPError, OfflineModeIsEnabled

    cause = error.__cause__ if isinstance(error, EntryNotFoundError) and error.__cause__ else error
    name = Path(file.path).name
    hub = constants.ENDPOINT.split("://")[-1]
    if isinstance(error, OfflineModeIsEnabled):
        return f"{name} is not on this machine, and HF_HUB_OFFLINE forbids downloading it"
    if isinstance(error, HfHubHTTPError) and error.response is not None:
        code = error.response.status_code
        if code in (401, 403):
            return f"{hub} refuses {name} of {file.repo} (HTTP {code}: no such repository, or a login is needed)"
        if isinstance(error, EntryNotFoundError) or code == 404:
            return f"{hub} has no file {file.path} in {file.repo} (HTTP 404)"
        if code == 429:
            return f"{hub} asks to wait before the next download (HTTP 429)"
        return f"{hub} cannot deliver {name} at the moment (HTTP {code})"
    if isinstance(cause, FileMetadataError):
        return f"{hub} does not answer as a Hugging Face hub does, so {name} cannot be had from it"
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"no room on the disk for {name} ({readable_size(file.size)}) in {constants.HF_HUB_CACHE}"
    if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
        return f"{name} cannot be written to {constants.HF_HUB_CACHE} ({os.strerror(error.errno).lower()})"
    return f"{name} is not on this machine and could not be downloaded from {hub} (no connection, or it broke off)"


def _way_out(file: HubFile) -> str:
    return (
        f"it comes from {file.url} ({readable_size(file.size)}): run this command once with a connection, "
        f"or put the file into {models_dir()} as {file.local_names[0]}; --model sprites is built in"
    )


def _verify_cached(path: Path, file: HubFile) -> None:
    """Hold a file of the hub's cache to its digest; one that fails is removed, so that the next run starts afresh."""
    blob = path.resolve()
    # the hub's cache names the content of large files after their sha256
    expected = file.sha256 or (blob.name if re.fullmatch("[0-9a-f]{64}", blob.name) else "")
    state = blob.stat()
    stamp, seen = (
        cache_dir() / "verified" / f"{file.alias or blob.name}.txt",
        f"{blob} {state.st_size} {state.st_mtime_ns}",
    )
    if state.st_size > _ALWAYS_VERIFIED and stamp.is_file() and stamp.read_text(encoding="utf-8") == seen:
        return
    try:
        _require_digest(path, expected, "the damaged download was removed: run the same command again")
    except ModelUnavailableError:
        path.unlink(missing_ok=True)
        blob.unlink(missing_ok=True)
        raise
    if state.st_size > _ALWAYS_VERIFIED:
        _remember(stamp, seen)


def _require_digest(path: Path, expected: str, hint: str) -> None:
    if expected and not file_digest(path).startswith(expected):
        raise ModelUnavailableError(f"{path} is not the file that was published (its sha256 differs)", hint)


def _remember(stamp: Path, seen: str) -> None:
    try:
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(seen, encoding="utf-8")
    except OSError:
        return  # a read-only cache only costs the time of verifying again


def readable_size(count: float) -> str:
    """Bytes in the unit that people use: `605 MB`."""
    for unit in ("bytes", "kB", "MB"):
        if count < 999.5:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
