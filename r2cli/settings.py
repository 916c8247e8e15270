"""What the user decided once and for all: environment variables, then a small TOML file; a flag beats both."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, get_args

from platformdirs import PlatformDirs

from r2cli import files
from r2cli.errors import CommandLineError

_DIRS = PlatformDirs("r2", appauthor=False)
_LARGEST_FILE = 1 << 16
"""Bytes; a setting is a line."""
_LONGEST_KEY = 40
"""Characters of an unknown key that are compared with those that there are."""
_MEND = 'mend it (as in: device = "cpu") or remove it'


Device = Literal["auto", "cuda", "mps", "cpu"]
Precision = Literal["auto", "fp32", "bf16", "fp16"]
Snap = Literal["none", "shot"]
SamplingWay = Literal["exact", "auto", "keyframes"]


@dataclass(frozen=True)
class Setting:
    """Something that can be set."""

    name: str
    """In the file; where there is a flag for it, the flag's name too."""
    about: str
    default: str | Callable[[], str]
    """What applies where nobody set it; empty: what r2 finds on this machine."""
    choices: tuple[str, ...] = ()
    """What it may be; empty: anything."""
    has_flag: bool = False
    """Whether it is also an option of commands."""
    is_path: bool = False
    """In the file, a path that does not begin at the root begins where the file is."""

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"R2_{self.name.upper()}"

    @property
    def default_now(self) -> str:
        """The default, as it is on this machine."""
        return self.default if isinstance(self.default, str) else self.default()


SETTINGS: dict[str, Setting] = {
    setting.name: setting
    for setting in (
        Setting("model", "the model that commands take", "qvhighlights", has_flag=True),
        Setting("device", "where to compute", "auto", choices=get_args(Device), has_flag=True),
        Setting("precision", "how finely to compute", "auto", choices=get_args(Precision), has_flag=True),
        Setting("sampling", "which pictures to look at", "auto", choices=get_args(SamplingWay), has_flag=True),
        Setting("hwaccel", "what decodes videos instead of the processor", "none", has_flag=True),
        Setting("ffmpeg", "the ffmpeg program", ""),
        Setting("player", "what plays moments", ""),
        Setting(
            "models_dir",
            "model files put there by hand",
            lambda: str(Path(value_of("data_dir")) / "models"),
            is_path=True,
        ),
        Setting("cache_dir", "what can be computed or fetched again", lambda: str(_DIRS.user_cache_path), is_path=True),
        Setting("cache_limit", "how large the cache may become, as 20 GB; 0 keeps nothing", "20 GB"),
        Setting("data_dir", "what r2 must not forget", lambda: str(_DIRS.user_data_path), is_path=True),
    )
}
"""Everything that can be set; a new row is a new variable, a new key of the file and a new line of `r2 config`."""

FLAGS = tuple(setting.name for setting in SETTINGS.values() if setting.has_flag)
"""Settings that are also options of commands."""


@dataclass(frozen=True)
class Given:
    """A value that somebody set."""

    value: str
    origin: str
    """Who: the name of a variable, or the path of the file."""


def config_dir() -> Path:
    """Where the file is: `$R2_CONFIG_DIR`, or the user's configuration folder.

    Raises:
        CommandLineError: The variable is no path.
    """
    chosen = os.environ.get("R2_CONFIG_DIR", "").strip()
    return _expanded(chosen, "R2_CONFIG_DIR") if chosen else _DIRS.user_config_path


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
        return Given(_checked(setting, value, setting.variable), setting.variable)
    path = config_file()
    return Given(in_file, str(path)) if (in_file := read_file(path).get(name)) else None


def value_of(name: str) -> str:
    """What applies: what somebody set, or else the default.

    Raises:
        CommandLineError: As for `given`.
    """
    found = given(name)
    return SETTINGS[name].default_now if found is None else found.value


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
    values = {}
    for key, value in _parse(path).items():
        if key not in SETTINGS:
            raise CommandLineError(f"{path}: there is no setting {key!r}", _suggestion(key, SETTINGS))
        if not isinstance(value, str):
            raise CommandLineError(f"{path}: {key} must be text in quotes", f'as in: {key} = "{_example(key)}"')
        values[key] = _at_home(SETTINGS[key], _checked(SETTINGS[key], value.strip(), f"{path}: {key}"), path)
    return values


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


def _checked(setting: Setting, value: str, where: str) -> str:
    """A value that a setting may have; a path without its `~`."""
    if setting.choices and value not in setting.choices:
        raise CommandLineError(f"{where} is {value!r}", f"choose one of: {', '.join(setting.choices)}")
    if "\0" in value:  # no name of anything holds it, and what asks the system for one fails
        raise CommandLineError(f"{where} is {value!r}", "no path and no name holds such a character")
    return str(_expanded(value, where)) if setting.is_path and value else value


def _expanded(value: str, where: str) -> Path:
    try:
        return Path(value).expanduser()
    except RuntimeError as error:
        raise CommandLineError(
            f"{where} is {value!r}: there is no such user's folder", "write the path in full"
        ) from error


def _suggestion(key: str, known: Iterable[str]) -> str:
    near = get_close_matches(key[:_LONGEST_KEY].lower(), list(known), n=1, cutoff=0.5)
    return (f"did you mean {near[0]!r}? " if near else "") + f"There are: {', '.join(known)}"


def _example(key: str) -> str:
    return SETTINGS[key].choices[-1] if SETTINGS[key].choices else "..."
