"""What applies: of everything that was set, what counts most."""

from __future__ import annotations

import os
from dataclasses import dataclass

from r2cli.errors import CommandLineError
from r2cli.settings.places import config_file, project_file
from r2cli.settings.table import FLAGS, SETTINGS, Setting
from r2cli.settings.toml import checked, read_file, read_project


@dataclass(frozen=True)
class Given:
    """A value that somebody set."""

    value: str
    origin: str
    """Who: the name of a variable, or the path of the file."""


def given(name: str) -> Given | None:
    """What somebody set a setting to; None when nobody did.

    Raises:
        CommandLineError: It is no possible value, or a file is broken.
    """
    return next(iter(all_given(SETTINGS[name])), None)


def all_given(setting: Setting) -> list[Given]:
    """Everything that it is set to, what counts most first: the environment, the project, the user's file.

    Raises:
        CommandLineError: As for `given`.
    """
    found = []
    if value := os.environ.get(setting.variable, "").strip():
        found.append(Given(checked(setting, value, setting.variable), setting.variable))
    # A setting that is none of a project's is read as if there were none: what r2 needs to begin does not depend on it.
    project = project_file() if setting.in_project else None
    in_project = {} if project is None else read_project(project)
    for path, values in ((project, in_project), (config_file(), read_file(config_file()))):
        if value := values.get(setting.name, ""):
            found.append(Given(value, str(path)))
    return found


def value_of(name: str) -> str:
    """What applies: what somebody set, or else the default.

    Raises:
        CommandLineError: As for `given`.
    """
    found = given(name)
    return SETTINGS[name].default_now if found is None else found.value


def flag_defaults(command: str) -> dict[str, str]:
    """What parameters of a command are when they are not on the command line, as far as somebody set them.

    Raises:
        CommandLineError: As for `given`; or two were set that say the same.
    """
    return {SETTINGS[name].option: one.value for name, one in _given_to(command).items()}


def given_to(command: str, parameter: str) -> tuple[str, Given] | None:
    """The setting that is the default of a command's parameter, and what it is set to; None: nobody set it."""
    return next(((name, one) for name, one in _given_to(command).items() if SETTINGS[name].option == parameter), None)


def _given_to(command: str) -> dict[str, Given]:
    rows = [SETTINGS[name] for name in FLAGS if command in (SETTINGS[name].commands or (command,))]
    found = {row.name: one for row in rows if (one := given(row.name)) is not None}
    for row in rows:
        if row.name in found and row.instead_of in found:
            del found[_weaker(row.name, row.instead_of, found)]
    return found


def _weaker(one: str, other: str, found: dict[str, Given]) -> str:
    """Which of two settings that say the same counts less."""
    ranks = [_rank(found[name]) for name in (one, other)]
    if ranks[0] == ranks[1]:
        raise CommandLineError(f"{found[one].origin}: both {other} and {one} are set", "remove one of them")
    return one if ranks[0] > ranks[1] else other


def _rank(one: Given) -> int:
    """How near to the command line it was set."""
    if one.origin.startswith("R2_"):
        return 0
    return 2 if one.origin == str(config_file()) else 1
