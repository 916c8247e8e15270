"""Writing the user's file of settings: one line of it at a time, so that comments and order stay."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from tempfile import TemporaryDirectory

from r2cli.errors import CommandLineError
from r2cli.settings import SETTINGS, Setting, config_file, read_file
from r2cli.writing import explained, make_folder, replace_text

_BY_HAND = "do it by hand: r2 config edit"


def set_value(name: str, value: str) -> Path:
    """Write a setting into the user's file.

    Returns:
        The file.

    Raises:
        CommandLineError: There is no such setting, it cannot have this value, or the file is broken.
    """
    setting, value = find_setting(name), value.strip()
    if setting.choices and value not in setting.choices:
        raise CommandLineError(f"{name} cannot be {value!r}", f"choose one of: {', '.join(setting.choices)}")
    if not value or not value.isprintable():
        raise CommandLineError(f"{name} cannot be {value!r}", f"to go back to the default: r2 config unset {name}")
    if setting.is_path:  # in the file it would begin at the file
        value = os.path.abspath(os.path.expanduser(value))
    return _rewrite(setting, f"{name} = {json.dumps(value, ensure_ascii=False)}\n")


def unset_value(name: str) -> bool:
    """Remove a setting from the user's file.

    Returns:
        Whether it was there.

    Raises:
        CommandLineError: There is no such setting, or the file is broken.
    """
    setting = find_setting(name)
    if name not in read_file(config_file()):
        return False
    _rewrite(setting, "")
    return True


def find_setting(name: str) -> Setting:
    """A setting by its name.

    Raises:
        CommandLineError: There is none.
    """
    if name not in SETTINGS:
        raise CommandLineError(f"there is no setting {name[:40]!r}", f"there are: {', '.join(SETTINGS)}")
    return SETTINGS[name]


def _rewrite(setting: Setting, line: str) -> Path:
    path = config_file()
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
    _require_only_this(setting, changed, known, path, is_set=bool(line))
    with explained(path):
        make_folder(path.parent)
        replace_text(path, changed, is_durable=True)
    return path


def _require_only_this(setting: Setting, text: str, known: dict[str, str], path: Path, *, is_set: bool) -> None:
    """See that nothing else changes: what a line says may depend on those around it."""
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
