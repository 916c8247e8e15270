"""What was decided once and for all: variables, a project's `r2.toml`, the user's file; options beat all."""

from __future__ import annotations

from r2cli.settings.given import Given, all_given, flag_defaults, given, given_to, value_of
from r2cli.settings.places import config_dir, config_file, new_project_file, project_file
from r2cli.settings.table import FLAGS, SETTINGS, Device, Precision, SamplingWay, Setting, Snap
from r2cli.settings.toml import checked, in_project, read_file, read_project

__all__ = [
    "FLAGS",
    "SETTINGS",
    "Device",
    "Given",
    "Precision",
    "SamplingWay",
    "Setting",
    "Snap",
    "all_given",
    "checked",
    "config_dir",
    "config_file",
    "flag_defaults",
    "given",
    "given_to",
    "in_project",
    "new_project_file",
    "project_file",
    "read_file",
    "read_project",
    "value_of",
]
