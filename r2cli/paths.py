"""Where r2 keeps things between runs: the platform's usual folders, each of which a setting moves."""

from __future__ import annotations

from pathlib import Path

from r2cli.settings import value_of


def cache_dir() -> Path:
    """What can be computed or fetched again: `$R2_CACHE_DIR`, or the user's cache folder."""
    return Path(value_of("cache_dir"))


def data_dir() -> Path:
    """What r2 must not forget: `$R2_DATA_DIR`, or the user's data folder."""
    return Path(value_of("data_dir"))


def models_dir() -> Path:
    """Model files put here by hand come before any download: `$R2_MODELS_DIR`, or in the data folder."""
    return Path(value_of("models_dir"))
