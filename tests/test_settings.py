"""What the user set: a variable beats the file, the file beats the default, and nonsense is explained."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from r2cli.backbones.devices import DEVICES
from r2cli.backbones.precision import PRECISIONS
from r2cli.checkpoints.registry import DEFAULT
from r2cli.cli.commands import COMMANDS
from r2cli.errors import CommandLineError, FFmpegError
from r2cli.paths import cache_dir, data_dir, models_dir
from r2cli.settings import FLAGS, SETTINGS, Given, config_dir, config_file, flag_defaults, given, read_file, value_of
from r2cli.video import SAMPLINGS
from r2cli.video.program import ffmpeg_path, find_ffmpeg


@pytest.fixture
def file(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("R2_CONFIG_DIR", str(tmp_path / "settings"))
    monkeypatch.delenv("R2_CACHE_DIR")
    monkeypatch.delenv("R2_DATA_DIR")
    config_file().parent.mkdir()
    return config_file()


def test_nobody_set_anything(file):
    assert [given(name) for name in SETTINGS] == [None] * len(SETTINGS)
    assert [flag_defaults(row.name) for row in COMMANDS] == [{}] * len(COMMANDS)


def test_a_variable_beats_the_file(file, monkeypatch):
    file.write_text('device = "cpu"\nprecision = "fp32"\n')
    monkeypatch.setenv("R2_DEVICE", "mps")

    assert given("device") == Given("mps", "R2_DEVICE")
    assert given("precision") == Given("fp32", str(file))
    assert flag_defaults("find") == {"device": "mps", "precision": "fp32"}


def test_an_empty_variable_sets_nothing(file, monkeypatch):
    file.write_text('device = "cpu"')
    monkeypatch.setenv("R2_DEVICE", " ")

    assert given("device") == Given("cpu", str(file))


def test_folders_of_the_file_begin_where_it_is(file, tmp_path):
    file.write_text(f'models_dir = "models"\ncache_dir = "{tmp_path / "big"}"\ndata_dir = "~/r2"\n')

    assert models_dir() == file.parent / "models"
    assert cache_dir() == tmp_path / "big"
    assert data_dir() == Path.home() / "r2"


def test_the_ffmpeg_of_the_file_is_used_and_named_when_it_is_none(file, tmp_path):
    program = tmp_path / "my ffmpeg"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    file.write_text(f'ffmpeg = "{program}"')
    assert find_ffmpeg().origin == str(file)
    assert ffmpeg_path() == str(program)

    file.write_text('ffmpeg = "/nowhere/ffmpeg"')
    with pytest.raises(FFmpegError, match=r"ffmpeg in .*config\.toml is '/nowhere/ffmpeg', which is not a program"):
        ffmpeg_path()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'device = "cpu', "is no TOML"),
        (b"\xff\xfe", "it is not text"),
        (b'modle = "x"', "there is no setting 'modle' - did you mean 'model'"),
        (b"device = 3", 'device must be text in quotes - as in: device = "cpu"'),
        (b"[find]\nmodel = 'x'", "there is no setting 'find' - "),
        (b'device = "gpu"', "device is 'gpu' - choose one of: auto, cuda, mps, cpu"),
        (b'precision = "int8"', "precision is 'int8' - choose one of: auto, fp32, bf16, fp16"),
    ],
)
def test_a_broken_file_is_explained_in_one_line(file, content, said):
    file.write_bytes(content)

    with pytest.raises(CommandLineError) as caught:
        given("model")
    assert said in str(caught.value)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_folder_in_place_of_the_file_is_explained(file):
    file.mkdir()

    with pytest.raises(CommandLineError, match="cannot be read"):
        read_file(file)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nobody is refused")
def test_a_file_that_may_not_be_read_is_explained(file):
    file.touch(mode=0)

    with pytest.raises(CommandLineError, match="cannot be read"):
        read_file(file)


@pytest.mark.parametrize(
    "content", ["a = " + "[" * 5000, "a = " + "{b = " * 5000, "[" + "a." * 3000 + "a]", "#" * 70_000]
)
def test_a_file_that_no_parser_gets_through_is_explained(file, content):
    file.write_text(content)

    with pytest.raises(CommandLineError) as caught:
        given("model")
    assert str(file) in str(caught.value)
    assert len(str(caught.value)) < len(str(file)) + 200


@pytest.mark.parametrize("name", [name for name, setting in SETTINGS.items() if setting.is_path])
def test_the_folder_of_nobody_is_explained(file, monkeypatch, name):
    file.write_text(f'{name} = "~nosuchuser/x"')
    with pytest.raises(CommandLineError, match=rf"config\.toml: {name} is '~nosuchuser/x': there is no such user"):
        given(name)

    monkeypatch.setenv(SETTINGS[name].variable, "~nosuchuser/x")
    with pytest.raises(CommandLineError, match=rf"^{SETTINGS[name].variable} is '~nosuchuser/x'"):
        given(name)


def test_the_folder_of_settings_itself_may_be_nobodys(monkeypatch):
    monkeypatch.setenv("R2_CONFIG_DIR", "~nosuchuser/x")
    with pytest.raises(CommandLineError, match="R2_CONFIG_DIR is '~nosuchuser/x'"):
        config_dir()


@pytest.mark.parametrize("name", [name for name, setting in SETTINGS.items() if not setting.choices])
def test_no_setting_holds_a_character_that_no_name_can(file, name):
    file.write_text(f'{name} = "a\\u0000b"')
    with pytest.raises(CommandLineError, match=rf"{name} is 'a\\x00b'"):
        given(name)


def test_choices_and_defaults_are_those_of_what_they_choose():
    assert SETTINGS["device"].choices == DEVICES
    assert SETTINGS["precision"].choices == PRECISIONS
    assert SETTINGS["sampling"].choices == SAMPLINGS
    assert SETTINGS["model"].default == DEFAULT
    for setting in SETTINGS.values():
        assert not setting.choices or setting.default in setting.choices


def test_what_nobody_set_is_the_default(file, monkeypatch):
    assert value_of("device") == "auto"
    assert value_of("models_dir") == str(data_dir() / "models")
    monkeypatch.setenv("R2_DATA_DIR", str(file.parent))
    assert value_of("models_dir") == str(file.parent / "models")


def test_flags_are_the_settings_that_say_so():
    assert set(SETTINGS) - set(FLAGS) == {"ffmpeg", "player", "models_dir", "cache_dir", "cache_limit", "data_dir"}
