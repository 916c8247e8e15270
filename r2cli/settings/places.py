"""Where files of settings are: the user's, and the one of the project that somebody works in."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import PlatformDirs

from r2cli.errors import CommandLineError

DIRS = PlatformDirs("r2", appauthor=False)
_PROJECT = "r2.toml"


def config_dir() -> Path:
    """Where the user's file is: `$R2_CONFIG_DIR`, or the user's configuration folder.

    Raises:
        CommandLineError: The variable is no path.
    """
    chosen = os.environ.get("R2_CONFIG_DIR", "").strip()
    return expanded(chosen, "R2_CONFIG_DIR") if chosen else DIRS.user_config_path


def config_file() -> Path:
    """The user's file, whether there is one or not."""
    return config_dir() / "config.toml"


def project_file() -> Path | None:
    """The nearest `r2.toml`, from the current folder upwards; the home folder and the root are the last ones searched.

    Returns:
        None: there is none.
    """
    try:
        here = Path.cwd()
    except OSError:  # the folder was removed
        return None
    for folder in (here, *here.parents):
        if os.path.lexists(folder / _PROJECT):
            return folder / _PROJECT
        if _is_home(folder):
            return None
    return None


def new_project_file() -> Path:
    """The project's file; where there is none, the one that would begin it here."""
    return project_file() or Path.cwd() / _PROJECT


def _is_home(folder: Path) -> bool:
    try:
        return folder == Path.home() or folder.samefile(Path.home())
    except (OSError, RuntimeError):  # there is none
        return False


def expanded(value: str, where: str) -> Path:
    """A path without its `~`.

    Raises:
        CommandLineError: It is the folder of nobody.
    """
    try:
        return Path(value).expanduser()
    except RuntimeError as error:
        raise CommandLineError(
            f"{where} is {value!r}: there is no such user's folder", "write the path in full"
        ) from error
