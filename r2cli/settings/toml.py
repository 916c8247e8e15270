"""Files of settings, read: each value is one that can be, or an error that names the file and the key."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from r2cli import files
from r2cli.errors import CommandLineError
from r2cli.settings.places import expanded
from r2cli.settings.table import SETTINGS, SWITCH, Setting

_LARGEST_FILE = 1 << 16
"""Bytes; a setting is a line."""
_LONGEST_KEY = 40
"""Characters of an unknown key that are compared with those that there are."""
_MEND = 'mend it (as in: device = "cpu") or remove it'
_SAID = {"1": "true", "yes": "true", "on": "true", "0": "false", "no": "false", "off": "false"}
_NAME = re.compile(r"[\w-]+", re.ASCII)


def read_file(path: Path) -> dict[str, str]:
    """The settings in the user's file; none if it does not exist.

    Raises:
        CommandLineError: It cannot be read, is no TOML, or says something that r2 does not know.
    """
    return {key: _at_home(SETTINGS[key], value, path) for key, value in _values(path)}


def read_project(path: Path) -> dict[str, str]:
    """The settings in a project's file, which anybody may have written.

    It chooses and counts; it makes r2 run nothing, and write nothing outside of its own folder.

    Raises:
        CommandLineError: As for `read_file`; or it sets what a project may not.
    """
    return {key: in_project(SETTINGS[key], value, path) for key, value in _values(path)}


def in_project(setting: Setting, value: str, path: Path) -> str:
    """What a value means in a project's file; a path is one inside the project.

    Raises:
        CommandLineError: A project may not set it, or not to this.
    """
    key, place = setting.name, path.parent / value
    if not setting.in_project:
        raise CommandLineError(f"{path}: a project cannot set {key}", f"for yourself you can: r2 config set {key} ...")
    if not setting.is_path and key != "model":
        return value
    if key == "model" and _NAME.fullmatch(value) and not place.is_file():
        return value
    inside = Path(os.path.realpath(path.parent))
    if not Path(os.path.realpath(place)).is_relative_to(inside):
        raise CommandLineError(f"{path}: {key} is {value!r}, which is not in the project", f"name one in {path.parent}")
    return str(place)


def _values(path: Path) -> Iterable[tuple[str, str]]:
    for key, value in _parse(path).items():
        if key not in SETTINGS:
            raise CommandLineError(f"{path}: there is no setting {key!r}", _suggestion(key, SETTINGS))
        setting = SETTINGS[key]
        yield key, checked(setting, _as_text(setting, value, path), f"{path}: {key}")


def _as_text(setting: Setting, value: object, path: Path) -> str:
    if isinstance(value, str):
        return value.strip()
    is_switch = isinstance(value, bool)
    if setting.is_bare and is_switch == bool(setting.choices) and isinstance(value, (bool, int, float)):
        return str(value).lower()
    form = {True: "true or false" if setting.choices else "a number, or text in quotes", False: "text in quotes"}
    hint = f"as in: {setting.name} = {setting.example}"
    raise CommandLineError(f"{path}: {setting.name} must be {form[setting.is_bare]}", hint)


def _parse(path: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:  # pragma: no cover - the same library, from before it was Python's own
        import tomli as tomllib
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise CommandLineError(f"{path} cannot be read (it is too large for settings)", _MEND)
        table: dict[str, Any] = tomllib.loads(files.read_file(path, _LARGEST_FILE).decode("utf-8"))
        return table
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise CommandLineError(f"{path} cannot be read ({(error.strerror or str(error)).lower()})") from error
    except (RecursionError, MemoryError) as error:
        raise CommandLineError(f"{path} cannot be read (it is nested too deeply)", _MEND) from error
    except ValueError as error:  # of UTF-8 and of TOML
        reason = str(error).splitlines()[0] if isinstance(error, tomllib.TOMLDecodeError) else "it is not text"
        raise CommandLineError(f"{path} is no TOML ({reason})", _MEND) from error


def _at_home(setting: Setting, value: str, path: Path) -> str:
    return str(path.parent / value) if setting.is_path and value else value


def checked(setting: Setting, value: str, where: str) -> str:
    """A value that a setting may have, as the command line reads it; a path without its `~`.

    Raises:
        CommandLineError: It may not; `where` is named.
    """
    if setting.choices == SWITCH:
        value = _SAID.get(value.lower(), value.lower())
    if setting.choices and value not in setting.choices:
        raise CommandLineError(f"{where} is {value!r}", f"choose one of: {', '.join(setting.choices)}")
    if "\0" in value:  # no name of anything holds it, and what asks the system for one fails
        raise CommandLineError(f"{where} is {value!r}", "no path and no name holds such a character")
    try:
        if setting.read is not None:
            setting.read(value)
    except ValueError as error:
        raise CommandLineError(f"{where}: {error}") from error
    return str(expanded(value, where)) if setting.is_path and value else value


def _suggestion(key: str, known: Iterable[str]) -> str:
    near = get_close_matches(key[:_LONGEST_KEY].lower(), list(known), n=1, cutoff=0.5)
    return (f"did you mean {near[0]!r}? " if near else "") + "See them with: r2 config"
