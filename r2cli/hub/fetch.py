"""Getting a file, holding it to its digest, and letting go of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from logging import CRITICAL
from pathlib import Path

from r2cli.errors import ModelUnavailableError, is_debugging
from r2cli.files import file_digest, readable_size
from r2cli.hub.digests import Record, describe, forget, read_record, write_record
from r2cli.hub.file import HubFile, endpoint
from r2cli.hub.find import Found, blob_of, find_cached, find_file, stated_digest
from r2cli.hub.leftovers import remove_leftovers
from r2cli.hub.reasons import by_hand, explain, way_out

SECONDS_TO_ANSWER = 5.0
"""The hub's own client would try for half a minute, or minutes, before it admits that it cannot connect."""
_ALWAYS_VERIFIED = 64 << 20
"""Bytes. Smaller files are verified at each use; larger ones once, until their size or time changes."""
_TRY_AGAIN = "the damaged download was removed: run the same command again"
_MEND_COPY = "replace that copy by the original, or remove it"


def fetch(
    file: HubFile, *, on_note: Callable[[str], None], progress: bool = True, along: Sequence[HubFile] = ()
) -> Path:
    """Where the file is on this machine, after downloading it if need be.

    A copy in the models folder comes first, then the hub's own cache (which needs no network), then the hub.

    Args:
        file: Which file.
        on_note: Told in one line what is about to be downloaded, from where and how large it is.
        progress: Whether to draw a progress bar on standard error.
        along: What is needed with it, so that an error can name all that is still to come.

    Raises:
        ModelUnavailableError: It cannot be had, or is not the file that was promised.
    """
    found = find_file(file)
    if found is not None and found.is_own:
        _require_published(found.path, file_digest(found.path) if found.sha256 else "", found.sha256, _MEND_COPY)
        return found.path
    path = found.path if found is not None else _download(file, along, on_note=on_note, progress=progress)
    known = read_record(file)
    is_as_left = known is not None and known.size > _ALWAYS_VERIFIED and describe(path, known.sha256) == known
    if not is_as_left:
        _hold_cached(path, file, known)
    return path


def verify(file: HubFile) -> tuple[Found, str]:
    """Read a file that is on this machine from end to end, and compare it with what is known of its digest.

    Returns:
        Where it is, and its sha256 in hex.

    Raises:
        ModelUnavailableError: It is not there, or is not the file that was promised. What is damaged in the hub's
            cache is removed, so that the next download starts afresh.
    """
    found = find_file(file)
    if found is None:
        raise ModelUnavailableError(f"{file.file_name} is not on this machine", way_out(file), by_hand(file))
    if not found.is_own:
        return found, _hold_cached(found.path, file, read_record(file))
    digest = file_digest(found.path)
    _require_published(found.path, digest, found.sha256, _MEND_COPY)
    return found, digest


def remove(file: HubFile) -> int:
    """Remove a file from the hub's cache, with what killed downloads left there, and what was recorded of it.

    Returns:
        Bytes that became free; 0 when it was not there. Copies in the models folder are the user's own, and stay.

    Raises:
        ModelUnavailableError: It cannot be removed.
    """
    path = find_cached(file)
    try:
        freed = (0 if path is None else _unlink(path)) + remove_leftovers(file)
        forget(file)
    except OSError as error:
        raise ModelUnavailableError(f"cannot remove {file.file_name} ({error.strerror})", str(path or "")) from error
    return freed


def _download(file: HubFile, along: Sequence[HubFile], *, on_note: Callable[[str], None], progress: bool) -> Path:
    # The hub's second protocol passes by mirrors, and cannot be tested without the hub. Who wants it, sets this to 0.
    os.environ.setdefault("HF_HUB_DISABLE_XET", "1")
    from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url

    try:
        address = hf_hub_url(file.repo, file.path, repo_type=file.kind, endpoint=endpoint())
        size = get_hf_file_metadata(address, timeout=SECONDS_TO_ANSWER).size or file.size
        on_note(f"downloading {file.file_name} ({readable_size(size)}) from {file.url}")
        with _quiet_client(progress=progress):
            kept = hf_hub_download(file.repo, file.path, repo_type=file.kind, library_name="r2", endpoint=endpoint())
            return Path(kept)
    # The client lets through whatever its HTTP library raises, and that library differs between its versions.
    except Exception as error:
        raise ModelUnavailableError(explain(error, file), way_out(file, along), by_hand(file, along)) from error
    finally:
        remove_leftovers(file)


@contextmanager
def _quiet_client(*, progress: bool) -> Iterator[None]:
    """Keep to itself what the hub's client says: it tells of each time that it takes up a broken connection again."""
    from huggingface_hub import utils
    from huggingface_hub.utils import logging

    hides_bars = not progress and not utils.are_progress_bars_disabled()  # type: ignore[attr-defined]
    loudness = logging.get_verbosity()
    if hides_bars:
        utils.disable_progress_bars()  # type: ignore[attr-defined]
    if not is_debugging():
        logging.set_verbosity(CRITICAL)
    try:
        yield
    finally:
        logging.set_verbosity(loudness)
        if hides_bars:
            utils.enable_progress_bars()  # type: ignore[attr-defined]


def _hold_cached(path: Path, file: HubFile, known: Record | None) -> str:
    """Hold a file of the hub's cache to all that is known of its digest, and record it; what fails is removed."""
    digest = file_digest(path)
    try:
        for expected in (file.sha256, stated_digest(path)):
            _require_published(path, digest, expected, _TRY_AGAIN)
        if known is not None and known.sha256 != digest:
            raise ModelUnavailableError(
                f"{file.file_name} is not the file that was here before: {file.repo} has another one now",
                f"to accept it: r2 models remove {file.name or file.file_name}, then run the same command again",
            )
    except ModelUnavailableError:
        _unlink(path)
        raise
    write_record(file, describe(path, digest))
    return digest


def _require_published(path: Path, digest: str, expected: str, hint: str) -> None:
    if not digest.startswith(expected):
        raise ModelUnavailableError(f"{path} is not the file that was published (its sha256 differs)", hint)


def _unlink(path: Path) -> int:
    size, blob = path.stat().st_size, blob_of(path)
    path.unlink()
    blob.unlink(missing_ok=True)
    return size
