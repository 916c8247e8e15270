"""Where r2 keeps things between runs: the platform's usual folders, each of which an environment variable moves."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import PlatformDirs

_DIRS = PlatformDirs("r2", appauthor=False)


def cache_dir() -> Path:
    """What can be computed or fetched again: `$R2_CACHE_DIR`, or the user's cache folder."""
    return _folder("R2_CACHE_DIR", _DIRS.user_cache_path)


def config_dir() -> Path:
    """What the user decided: `$R2_CONFIG_DIR`, or the user's configuration folder."""
    return _folder("R2_CONFIG_DIR", _DIRS.user_config_path)


def data_dir() -> Path:
    """What r2 must not forget: `$R2_DATA_DIR`, or the user's data folder."""
    return _folder("R2_DATA_DIR", _DIRS.user_data_path)


def models_dir() -> Path:
    """Model files put here by hand come before any download: `$R2_MODELS_DIR`, or in the data folder."""
    return _folder("R2_MODELS_DIR", data_dir() / "models")


def _folder(variable: str, default: Path) -> Path:
    chosen = os.environ.get(variable, "").strip()
    return Path(chosen).expanduser() if chosen else default
