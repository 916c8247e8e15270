"""Where the cache is, and how large it may become."""

from __future__ import annotations

import re
from pathlib import Path

from r2cli.errors import CommandLineError
from r2cli.paths import cache_dir
from r2cli.settings import SETTINGS, given
from r2cli.writing import make_folder

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BINARY_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_SIZE = re.compile(r"(\d{1,15}(?:\.\d{0,15})?)\s*(?:([KMGT]?)(i?)B?)", re.ASCII | re.IGNORECASE)


def root() -> Path:
    """The folder that holds everything that is kept of videos."""
    return cache_dir() / "videos"


def entries_dir() -> Path:
    """One folder for each video and model."""
    return root() / "entries"


def files_dir() -> Path:
    """What is known of files that were seen before."""
    return root() / "files"


def locks_dir() -> Path:
    """One file for each entry that was ever written."""
    return root() / "locks"


def make_folders() -> None:
    """Make the folders, for nobody but this user: they say which videos were watched.

    Raises:
        OSError: They cannot be made.
    """
    for folder in (root(), entries_dir(), files_dir(), locks_dir()):
        make_folder(folder, mode=0o700)


def limit() -> int:
    """How many bytes the cache may take: `$R2_CACHE_LIMIT`, or what the settings say; 0: nothing is kept.

    Raises:
        CommandLineError: The setting is no size.
    """
    chosen = given("cache_limit")
    if chosen is None:
        return parse_size(SETTINGS["cache_limit"].default_now)
    try:
        return parse_size(chosen.value)
    except CommandLineError as error:
        raise CommandLineError(f"{chosen.origin}: cache_limit: {error.message}", error.hint) from error


def parse_size(text: str) -> int:
    """Bytes in a size as people write it: `20 GB`, `1.5GB`, `500M`, `4 GiB`, `0`.

    Raises:
        CommandLineError: It is none.
    """
    found = _SIZE.fullmatch(text.strip())
    number, unit, binary = found.groups() if found else ("", "", "")
    if not found or (binary and not unit):
        raise CommandLineError(f"{text!r} is no size", "as in: 20 GB, 500 MB or 0")
    return round(float(number) * (_BINARY_UNITS if binary else _UNITS)[unit.upper()])
