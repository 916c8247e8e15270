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
from r2cli.cli.deciding import find_setting, set_value, the_file, unset_value
from r2cli.cli.options import JsonOption, QuietOption
from r2cli.cli.players import PlayerError, find_player
from r2cli.errors import CommandLineError, ExitCode, FFmpegError
from r2cli.settings import SETTINGS, Given, Setting, all_given, config_file, given, project_file
from r2cli.writing import explained, make_folder

DEFAULT = "default"
_NOTHING = "-"
"""In the table, of what has no value that could be named."""
_EDITORS = ("sensible-editor", "nano", "vi", "notepad")
"""Where neither VISUAL nor EDITOR says which."""
Name = Annotated[str, typer.Argument(metavar="NAME", help="A setting, as `r2 config` shows it.", show_default=False)]
ProjectOption = Annotated[
    bool,
    typer.Option("--project", help="In the project's r2.toml, the nearest one from here upwards, or a new one here."),
]
Value = Annotated[str, typer.Argument(metavar="VALUE", help="What it shall be.", show_default=False)]


@dataclass(frozen=True)
class Row:
    """One setting as it is now."""

    name: str
    value: str
    origin: str
    """`default`, the name of a variable, or the path of a file."""
    about: str


def config(context: typer.Context, as_json: JsonOption = False) -> int:
    """Show every setting, and where it comes from; change them.

    The default, an environment variable, a project's r2.toml (of this folder or one above it), or your file.

    \b
    r2 config
    R2_DEVICE=cpu r2 config
    """  # noqa: D301 - typer wants the control character itself: it keeps the lines apart
    if context.invoked_subcommand is not None:
        return 0
    _show_all(as_json=as_json)
    return 0


def show(name: Name = "", as_json: JsonOption = False) -> int:
    """Show one setting, or all of them.

    Of one the value alone, for scripts.

    \b
    r2 config show
    r2 config show device
    """  # noqa: D301 - as above
    if not name:
        _show_all(as_json=as_json)
        return 0
    row = _row(find_setting(name), given(name))
    Answer().write(
        f"{json.dumps({'schema': 1, **asdict(row)}, indent=2, ensure_ascii=False) if as_json else row.value}\n"
    )
    return 0


def _show_all(*, as_json: bool) -> None:
    rows, path, project, answer = read_rows(), config_file(), project_file(), Answer()
    if as_json:
        files = {"file": str(path), "project": None if project is None else str(project)}
        document = {"schema": 1, **files, "settings": [asdict(row) for row in rows]}
        answer.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        return
    from r2cli.present.settings import settings_table

    answer.show(settings_table((row.name, row.value or _NOTHING, row.origin, row.about) for row in rows))
    is_there = "Your file" if path.is_file() else "Your file would be"
    of_project = "" if project is None else f"The project's: {project}\n"
    example = 'In it, for example: device = "cpu"   As a variable: R2_DEVICE=cpu'
    answer.write(f"\n{of_project}{is_there}: {path}\n{example}\n")


def set_(name: Name = "", value: Value = "", project: ProjectOption = False, quiet: QuietOption = False) -> int:
    """Set something once and for all, or for a project.

    \b
    r2 config set device cpu
    r2 config set top 10 --project
    """  # noqa: D301 - as above
    if not (name and value):
        raise CommandLineError("no setting, or no value", "as in: r2 config set device cpu; see: r2 config")
    file, talk = the_file(of_project=project), Talk(quiet)
    set_value(name, value, file)
    talk.note(f"wrote {name} to {file.path}")
    first = all_given(SETTINGS[name])[0].origin
    if first == SETTINGS[name].variable:
        talk.note(f"{first} is set too, and comes first")
    elif first != str(file.path):
        talk.note(f"{first} sets it too, and comes first")
    return 0


def unset(name: Name = "", project: ProjectOption = False, quiet: QuietOption = False) -> int:
    """Go back to the default.

    \b
    r2 config unset device
    """  # noqa: D301 - as above
    if not name:
        raise CommandLineError("no setting", "as in: r2 config unset device; see: r2 config")
    file = the_file(of_project=project)
    was_there = unset_value(name, file)
    Talk(quiet).note(f"removed {name} from {file.path}" if was_there else f"{name} was not in {file.path}")
    return 0


def edit(project: ProjectOption = False) -> int:
    """Open your file of settings in your editor.

    \b
    r2 config edit
    r2 config edit --project
    """  # noqa: D301 - as above
    file = the_file(of_project=project)
    path = file.path
    named = next((os.environ[name] for name in ("VISUAL", "EDITOR") if os.environ.get(name, "").strip()), "")
    words = shlex.split(named, posix=os.name != "nt") if named else [*filter(shutil.which, _EDITORS)][:1]
    if not words or shutil.which(words[0]) is None:
        raise CommandLineError(f"there is no editor {named!r}" if named else "no editor", f"set EDITOR, or open {path}")
    with explained(path):
        make_folder(path.parent)
    code = subprocess.run([*words, str(path)], check=False).returncode
    file.read(path)  # what is wrong with it now is said now
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
