"""`r2 config`: what is set, and by whom."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Annotated

import typer

from r2cli.cli.console import Answer, Talk
from r2cli.cli.options import JsonOption, QuietOption
from r2cli.cli.players import PlayerError, find_player
from r2cli.errors import CommandLineError, ExitCode, FFmpegError
from r2cli.settings import SETTINGS, Given, Setting, config_file, given, read_file
from r2cli.writing import explained, make_folder

DEFAULT = "default"
_EDITORS = ("sensible-editor", "nano", "vi", "notepad")
"""Where neither VISUAL nor EDITOR says which."""
Name = Annotated[str, typer.Argument(metavar="NAME", help="A setting, as `r2 config` shows it.", show_default=False)]
Value = Annotated[str, typer.Argument(metavar="VALUE", help="What it shall be.", show_default=False)]


@dataclass(frozen=True)
class Row:
    """One setting as it is now."""

    name: str
    value: str
    origin: str
    """`default`, the name of a variable, or the path of the file."""
    about: str


def config(context: typer.Context, as_json: JsonOption = False) -> int:
    """Show every setting, and where it comes from; change them.

    The default, an environment variable, or your file.

    \b
    r2 config
    R2_DEVICE=cpu r2 config
    """  # noqa: D301 - typer wants the control character itself: it keeps the lines apart
    if context.invoked_subcommand is not None:
        return 0
    rows, path, answer = read_rows(), config_file(), Answer()
    if as_json:
        document = {"schema": 1, "file": str(path), "settings": [asdict(row) for row in rows]}
        answer.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        return 0
    from r2cli.present.settings import settings_table

    answer.show(settings_table((row.name, row.value, row.origin, row.about) for row in rows))
    is_there = "Your file" if path.is_file() else "Your file would be"
    answer.write(f'\n{is_there}: {path}\nIn it, for example: device = "cpu"   As a variable: R2_DEVICE=cpu\n')
    return 0


def set_(name: Name = "", value: Value = "", quiet: QuietOption = False) -> int:
    """Set something once and for all.

    \b
    r2 config set device cpu
    """  # noqa: D301 - as above
    if not (name and value):
        raise CommandLineError("no setting, or no value", "as in: r2 config set device cpu; see: r2 config")
    from r2cli.cli.deciding import set_value

    path, talk = set_value(name, value), Talk(quiet)
    talk.note(f"wrote {name} to {path}")
    if os.environ.get(variable := SETTINGS[name].variable, "").strip():
        talk.note(f"{variable} is set too, and comes first")
    return 0


def unset(name: Name = "", quiet: QuietOption = False) -> int:
    """Go back to the default.

    \b
    r2 config unset device
    """  # noqa: D301 - as above
    if not name:
        raise CommandLineError("no setting", "as in: r2 config unset device; see: r2 config")
    from r2cli.cli.deciding import unset_value

    was_there = unset_value(name)
    Talk(quiet).note(f"removed {name} from {config_file()}" if was_there else f"{name} was not in {config_file()}")
    return 0


def edit() -> int:
    """Open your file of settings in your editor.

    \b
    r2 config edit
    """  # noqa: D301 - as above
    path = config_file()
    named = next((os.environ[name] for name in ("VISUAL", "EDITOR") if os.environ.get(name, "").strip()), "")
    words = shlex.split(named, posix=os.name != "nt") if named else [*filter(shutil.which, _EDITORS)][:1]
    if not words or shutil.which(words[0]) is None:
        raise CommandLineError(f"there is no editor {named!r}" if named else "no editor", f"set EDITOR, or open {path}")
    with explained(path):
        make_folder(path.parent)
    code = subprocess.run([*words, str(path)], check=False).returncode
    read_file(path)  # what is wrong with it now is said now
    return ExitCode.FOUND if code == 0 else ExitCode.COMMAND_LINE


def read_rows() -> tuple[Row, ...]:
    """Every setting, with what applies where nobody set it.

    Raises:
        CommandLineError: The file is broken, or a variable has no possible value.
    """
    return tuple(_row(setting, given(setting.name)) for setting in SETTINGS.values())


def _row(setting: Setting, found: Given | None) -> Row:
    if found is not None:
        return Row(setting.name, found.value, found.origin, setting.about)
    look = _LOOK.get(setting.name)
    return Row(setting.name, look() if look else setting.default_now, DEFAULT, setting.about)


def _ffmpeg_here() -> str:
    from r2cli.video.program import ffmpeg_path

    try:
        return ffmpeg_path()
    except FFmpegError:
        return "none"


def _player_here() -> str:
    try:
        return find_player().program
    except PlayerError:
        return "none"


_LOOK: dict[str, Callable[[], str]] = {"ffmpeg": _ffmpeg_here, "player": _player_here}
"""Settings without a default of their own: what r2 finds on this machine applies."""
