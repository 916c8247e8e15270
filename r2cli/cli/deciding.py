"""Writing files of settings: one line of it at a time, so that comments and order stay."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from r2cli.cli.amounts import read_naming
from r2cli.errors import CommandLineError
from r2cli.settings import (
    SETTINGS,
    Setting,
    checked,
    config_file,
    in_project,
    new_project_file,
    read_file,
    read_project,
)
from r2cli.writing import explained, make_folder, replace_text

_BARE = re.compile(r"true|false|(?:0|[1-9]\d{0,8})(?:\.\d{1,9})?", re.ASCII)
_BY_HAND = "do it by hand: r2 config edit"


@dataclass(frozen=True)
class File:
    """A file of settings that is written: the user's, or a project's."""

    path: Path
    read: Callable[[Path], dict[str, str]]


def the_file(*, of_project: bool) -> File:
    """The user's file, or the one of the project that somebody works in; it need not be there."""
    return File(new_project_file(), read_project) if of_project else File(config_file(), read_file)


def set_value(name: str, value: str, file: File) -> None:
    """Write a setting into a file.

    Raises:
        CommandLineError: There is no such setting, it cannot have this value there, or the file is broken.
    """
    setting, value = find_setting(name), value.strip()
    if setting.choices and value not in setting.choices:
        raise CommandLineError(f"{name} cannot be {value!r}", f"choose one of: {', '.join(setting.choices)}")
    if not value or not value.isprintable():
        raise CommandLineError(f"{name} cannot be {value!r}", f"to go back to the default: r2 config unset {name}")
    checked(setting, value, name)
    if name == "clip_name":
        _require_naming(value)
    if setting.is_path:
        value = _from(file, value)
    if file.read is read_project:
        in_project(setting, value, file.path)
    _rewrite(setting, f"{name} = {_written(setting, value)}\n", file)


def _require_naming(template: str) -> None:
    try:
        read_naming(template)
    except ValueError as error:
        raise CommandLineError(f"clip_name: {error}") from error


def _from(file: File, value: str) -> str:
    """A path of here, as it is written into a file; that of a project, so that both can be moved together."""
    place = os.path.abspath(os.path.expanduser(value))
    if file.read is not read_project:
        return place
    try:
        return os.path.relpath(place, file.path.parent)
    except ValueError:  # on another drive
        return place


def _written(setting: Setting, value: str) -> str:
    """A value in TOML: bare, where it is a number or a switch."""
    return value if setting.is_bare and _BARE.fullmatch(value) else json.dumps(value, ensure_ascii=False)


def unset_value(name: str, file: File) -> bool:
    """Remove a setting from a file.

    Returns:
        Whether it was there.

    Raises:
        CommandLineError: There is no such setting, or the file is broken.
    """
    setting = find_setting(name)
    if name not in file.read(file.path):
        return False
    _rewrite(setting, "", file)
    return True


def find_setting(name: str) -> Setting:
    """A setting by its name.

    Raises:
        CommandLineError: There is none.
    """
    if name not in SETTINGS:
        raise CommandLineError(f"there is no setting {name[:40]!r}", "see them with: r2 config")
    return SETTINGS[name]


def _rewrite(setting: Setting, line: str, file: File) -> None:
    path = file.path
    file.read(path)
    known = read_file(path)
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    lines = text.splitlines(keepends=True)
    own = re.compile(rf"\s*[\"']?{re.escape(setting.name)}[\"']?\s*=")
    places = [place for place, one in enumerate(lines) if own.match(one)]
    if places:
        lines[places[0]] = line
    elif line:
        if lines and not lines[-1].endswith("\n"):
            lines[-1] += "\n"
        lines.append(line)
    changed = "".join(lines)
    _require_only_this(setting, changed, known, file, is_set=bool(line))
    with explained(path):
        make_folder(path.parent)
        replace_text(path, changed, is_durable=True)


def _require_only_this(setting: Setting, text: str, known: dict[str, str], file: File, *, is_set: bool) -> None:
    """See that nothing else changes: what a line says may depend on those around it."""
    path = file.path
    with TemporaryDirectory(prefix="r2-") as folder:
        trial = Path(folder, path.name)
        trial.write_text(text, encoding="utf-8")
        try:
            after = read_file(trial)
        except CommandLineError as error:
            raise CommandLineError(f"{path} is written in a way that r2 cannot change", _BY_HAND) from error
    others = [_others(values, setting) for values in (known, after)]
    if others[0] != others[1] or (setting.name in after) != is_set:
        raise CommandLineError(f"{path} is written in a way that r2 cannot change", _BY_HAND)


def _others(values: dict[str, str], setting: Setting) -> dict[str, str]:
    """All other settings; a path's value depends on where the file is."""
    return {key: "" if SETTINGS[key].is_path else value for key, value in values.items() if key != setting.name}
