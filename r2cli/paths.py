"""Where r2 keeps things between runs: the platform's usual folders, each of which a setting moves."""

from __future__ import annotations

from pathlib import Path

from platformdirs import PlatformDirs

from r2cli.settings import given

_DIRS = PlatformDirs("r2", appauthor=False)


def cache_dir() -> Path:
    """What can be computed or fetched again: `$R2_CACHE_DIR`, or the user's cache folder."""
    return _folder("cache_dir", _DIRS.user_cache_path)


def data_dir() -> Path:
    """What r2 must not forget: `$R2_DATA_DIR`, or the user's data folder."""
    return _folder("data_dir", _DIRS.user_data_path)


def models_dir() -> Path:
    """Model files put here by hand come before any download: `$R2_MODELS_DIR`, or in the data folder."""
    return _folder("models_dir", data_dir() / "models")


def _folder(setting: str, default: Path) -> Path:
    chosen = given(setting)
    return default if chosen is None else Path(chosen.value).expanduser()
