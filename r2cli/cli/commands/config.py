"""`r2 config`: what is set, and by whom."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass

from r2cli.cli.console import Answer
from r2cli.cli.options import JsonOption
from r2cli.errors import FFmpegError
from r2cli.settings import SETTINGS, Given, Setting, config_file, given

DEFAULT = "default"


@dataclass(frozen=True)
class Row:
    """One setting as it is now."""

    name: str
    value: str
    origin: str
    """`default`, the name of a variable, or the path of the file."""
    about: str


def config(as_json: JsonOption = False) -> int:
    """Show every setting, and where it comes from.

    The default, an environment variable, or your file.

    \b
    r2 config
    R2_DEVICE=cpu r2 config
    """  # noqa: D301 - typer wants the control character itself: it keeps the lines apart
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


_LOOK: dict[str, Callable[[], str]] = {"ffmpeg": _ffmpeg_here}
"""Settings without a default of their own: what r2 finds on this machine applies."""
