"""What the user decided once and for all: environment variables, then a small TOML file; a flag beats both."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from platformdirs import PlatformDirs

from r2cli import files
from r2cli.errors import CommandLineError

if sys.version_info >= (3, 11):
    import tomllib
else:  # pragma: no cover - the same library, from before it was Python's own
    import tomli as tomllib

_DIRS = PlatformDirs("r2", appauthor=False)
_LARGEST_FILE = 1 << 20


@dataclass(frozen=True)
class Setting:
    """Something that can be set."""

    name: str
    """In the file; where there is a flag for it, the flag's name too."""
    about: str
    choices: tuple[str, ...] = ()
    """What it may be; empty: anything."""
    is_path: bool = False
    """In the file, a path that does not begin at the root begins where the file is."""

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"R2_{self.name.upper()}"


SETTINGS: dict[str, Setting] = {
    setting.name: setting
    for setting in (
        Setting("model", "the model that commands take"),
        Setting("device", "where to compute", choices=("auto", "cuda", "mps", "cpu")),
        Setting("precision", "how finely to compute", choices=("auto", "fp32", "bf16", "fp16")),
        Setting("sampling", "which pictures to look at", choices=("exact", "auto", "keyframes")),
        Setting("hwaccel", "what decodes videos instead of the processor"),
        Setting("ffmpeg", "the ffmpeg program"),
        Setting("models_dir", "model files put there by hand", is_path=True),
        Setting("cache_dir", "what can be computed or fetched again", is_path=True),
        Setting("cache_limit", "how large the cache may become, as 20 GB; 0 keeps nothing"),
        Setting("data_dir", "what r2 must not forget", is_path=True),
    )
}
"""Everything that can be set; a new row is a new variable, a new key of the file and a new line of `r2 config`."""

FLAGS = ("model", "device", "precision", "sampling", "hwaccel")
"""Settings that are also options of commands."""


@dataclass(frozen=True)
class Given:
    """A value that somebody set."""

    value: str
    origin: str
    """Who: the name of a variable, or the path of the file."""


def config_dir() -> Path:
    """Where the file is: `$R2_CONFIG_DIR`, or the user's configuration folder."""
    chosen = os.environ.get("R2_CONFIG_DIR", "").strip()
    return Path(chosen).expanduser() if chosen else _DIRS.user_config_path


def config_file() -> Path:
    """The file, whether there is one or not."""
    return config_dir() / "config.toml"


def given(name: str) -> Given | None:
    """What somebody set a setting to; None when nobody did.

    Raises:
        CommandLineError: It is no possible value, or the file is broken.
    """
    setting = SETTINGS[name]
    if value := os.environ.get(setting.variable, "").strip():
        _require_choice(setting, value, setting.variable)
        return Given(value, setting.variable)
    path = config_file()
    return Given(in_file, str(path)) if (in_file := read_file(path).get(name)) else None


def flag_defaults() -> dict[str, str]:
    """What options are when they are not on the command line, as far as somebody set them.

    Raises:
        CommandLineError: As for `given`.
    """
    return {name: found.value for name in FLAGS if (found := given(name)) is not None}


def read_file(path: Path) -> dict[str, str]:
    """The settings in a file; none if it does not exist.

    Raises:
        CommandLineError: It cannot be read, is no TOML, or says something that r2 does not know.
    """
    table = _parse(path)
    for key, value in table.items():
        if key not in SETTINGS:
            raise CommandLineError(f"{path}: there is no setting {key!r}", _suggestion(key, SETTINGS))
        if not isinstance(value, str):
            raise CommandLineError(f"{path}: {key} must be text in quotes", f'as in: {key} = "{_example(key)}"')
        _require_choice(SETTINGS[key], value, f"{path}: {key}")
    return {key: _at_home(SETTINGS[key], value.strip(), path) for key, value in table.items()}


def _parse(path: Path) -> dict[str, Any]:
    try:
        table: dict[str, Any] = tomllib.loads(files.read_file(path, _LARGEST_FILE).decode("utf-8"))
        return table
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise CommandLineError(f"{path} cannot be read ({(error.strerror or str(error)).lower()})") from error
    except ValueError as error:  # of UTF-8 and of TOML
        reason = str(error).splitlines()[0] if isinstance(error, tomllib.TOMLDecodeError) else "it is not text"
        raise CommandLineError(
            f"{path} is no TOML ({reason})", 'mend it (as in: device = "cpu") or remove it'
        ) from error


def _at_home(setting: Setting, value: str, path: Path) -> str:
    return str(path.parent / Path(value).expanduser()) if setting.is_path and value else value


def _require_choice(setting: Setting, value: str, where: str) -> None:
    if setting.choices and value not in setting.choices:
        raise CommandLineError(f"{where} is {value!r}", f"choose one of: {', '.join(setting.choices)}")


def _suggestion(key: str, known: Iterable[str]) -> str:
    near = get_close_matches(key.lower(), list(known), n=1, cutoff=0.5)
    return (f"did you mean {near[0]!r}? " if near else "") + f"There are: {', '.join(known)}"


def _example(key: str) -> str:
    return SETTINGS[key].choices[-1] if SETTINGS[key].choices else "..."
