"""Why a file cannot be had, in words for people who run no hub themselves."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence

from r2cli.errors import option
from r2cli.files import readable_size
from r2cli.hub.file import HubFile, endpoint
from r2cli.hub.find import find_file
from r2cli.paths import models_dir

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FORBIDDEN = (errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOTDIR)


def explain(error: Exception, file: HubFile) -> str:
    """What went wrong with a download, in one sentence."""
    from huggingface_hub import constants
    from huggingface_hub.errors import EntryNotFoundError, FileMetadataError, HfHubHTTPError, OfflineModeIsEnabled

    cause = error.__cause__ if isinstance(error, EntryNotFoundError) and error.__cause__ else error
    name, hub = file.file_name, endpoint().split("://")[-1]
    if isinstance(error, OfflineModeIsEnabled):
        return f"{name} is not on this machine, and HF_HUB_OFFLINE forbids downloading it"
    if isinstance(error, HfHubHTTPError) and error.response is not None:
        return _explain_status(error.response.status_code, file, hub, is_missing=isinstance(error, EntryNotFoundError))
    if isinstance(cause, FileMetadataError):
        return f"{hub} does not answer as a Hugging Face hub does, so {name} cannot be had from it"
    if isinstance(error, OSError) and error.errno in _FULL:
        return f"no room on the disk for {name} ({readable_size(file.size)}) in {constants.HF_HUB_CACHE}"
    if isinstance(error, OSError) and error.errno in _FORBIDDEN:
        return f"{name} cannot be written to {constants.HF_HUB_CACHE} ({os.strerror(error.errno).lower()})"
    return f"{name} is not on this machine and could not be downloaded from {hub} (no connection, or it broke off)"


def _explain_status(status: int, file: HubFile, hub: str, *, is_missing: bool) -> str:
    name = file.file_name
    if status in (401, 403):
        return f"{hub} refuses {name} of {file.repo} (HTTP {status}: no such repository, or a login is needed)"
    if is_missing or status == 404:
        return f"{hub} has no file {file.path} in {file.repo} (HTTP 404)"
    if status == 429:
        return f"{hub} asks to wait before the next download (HTTP 429)"
    return f"{hub} cannot deliver {name} at the moment (HTTP {status})"


def way_out(file: HubFile, along: Sequence[HubFile] = ()) -> str:
    """What to do next, where there is a connection, or no time to find one.

    Args:
        file: What is missing.
        along: What is needed with it; what of that is missing too, is counted as well.
    """
    size = readable_size(sum(one.size for one in _missing(file, along)))
    return (
        f"with a connection: r2 models pull {file.name or file.file_name} ({size}); "
        f"{option('model', 'sprites')} is built in"
    )


def by_hand(file: HubFile, along: Sequence[HubFile] = ()) -> tuple[str, ...]:
    """How to bring the same files from another machine, a step in each line.

    Args:
        file: What is missing.
        along: As for `way_out`.
    """
    steps = [
        (f"download {one.address} ({one.file_name}, {readable_size(one.size)})", f"save it as {place}")
        for one in _missing(file, along)
        for place in [models_dir() / one.copies[0].name]
    ]
    numbered = enumerate((step for pair in steps for step in pair), start=1)
    return ("without one, fetch it elsewhere:", *(f"{number}. {step}" for number, step in numbered))


def _missing(file: HubFile, along: Sequence[HubFile]) -> list[HubFile]:
    return [file, *(other for other in along if other != file and find_file(other) is None)]
