"""A project's `r2.toml`: found from below, trusted with choices and numbers, and with nothing outside of its folder."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from r2cli.errors import CommandLineError
from r2cli.settings import SETTINGS, Given, config_file, flag_defaults, given, project_file, value_of


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """A home folder with a project in it, where somebody works."""
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    (tmp_path / "home" / "project" / "shots" / "day 1").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "home" / "project" / "shots" / "day 1")
    return tmp_path / "home"


@pytest.fixture
def file(home) -> Path:
    return home / "project" / "r2.toml"


def test_the_nearest_file_from_here_upwards_and_none_above_home(home, file):
    assert project_file() is None
    (home.parent / "r2.toml").write_text("top = 1\n")
    assert project_file() is None
    for folder in (home, home / "project", home / "project" / "shots", Path.cwd()):
        (folder / "r2.toml").write_text("top = 2\n")
        assert project_file() == folder / "r2.toml"
    os.chdir(home.parent)
    assert project_file() == home.parent / "r2.toml", "outside of home, up to the root"


def test_the_environment_then_the_project_then_the_user_then_what_is_built_in(file, monkeypatch):
    assert value_of("top") == "5"
    config_file().parent.mkdir(parents=True)
    config_file().write_text('top = 4\ncut = "smart"\n')
    assert given("top") == Given("4", str(config_file()))
    file.write_text("top = 3\npad = 1.5\ndistinct = true\n")
    assert given("top") == Given("3", str(file))
    monkeypatch.setenv("R2_TOP", "2")
    assert given("top") == Given("2", "R2_TOP")
    assert flag_defaults("find") == {"top": "2", "mode": "smart", "pad": "1.5", "distinct": "true"}
    assert flag_defaults("shell")["top"] == "2"


def test_what_a_project_may_not_set_is_refused_in_one_line(file):
    for name in ("ffmpeg", "player", "models_dir", "cache_dir", "data_dir", "cache_limit"):
        file.write_text(f'top = 3\n{name} = "x"\n')
        with pytest.raises(CommandLineError) as caught:
            flag_defaults("find")
        assert (
            str(caught.value) == f"{file}: a project cannot set {name} - for yourself you can: r2 config set {name} ..."
        )
        assert given(name) is None or given(name).origin != str(file), "nor is it heeded by what does not read the file"


def test_no_setting_is_left_out_of_that_choice():
    """Who adds a setting says whether a project may make it: paths, programs and what is removed it may not."""
    assert {name for name, setting in SETTINGS.items() if setting.is_path and setting.in_project} == {"clips"}
    assert not SETTINGS["ffmpeg"].in_project
    assert not SETTINGS["player"].in_project


@pytest.mark.parametrize("name", ["clips", "model"])
def test_a_path_stays_inside_the_project(file, name):
    outside = file.parent.parent / "outside"
    outside.mkdir()
    (file.parent / "link").symlink_to(outside)
    (file.parent / "own").mkdir()
    for value in ("own/x", "./own", str(file.parent / "own" / "y.pth")):
        file.write_text(f"{name} = {json.dumps(value)}\n")
        assert Path(value_of(name)) == file.parent / value
    for value in (
        "link/../own",
        "../outside",
        "/etc/passwd",
        "link/x",
        "own/../../outside",
        str(outside),
        "own/../link/x.pth",
    ):
        file.write_text(f"{name} = {json.dumps(value)}\n")
        with pytest.raises(
            CommandLineError, match=rf"r2\.toml: {name} is .*, which is not in the project - name one in"
        ):
            given(name)


def test_a_model_may_be_a_name(file):
    file.write_text('model = "sprites"\n')
    assert given("model") == Given("sprites", str(file))
    (file.parent / "own").write_bytes(b"")
    file.write_text('model = "own"\n')
    assert value_of("model") == str(file.parent / "own")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"top = ", "is no TOML"),
        (b"\xff", "it is not text"),
        (b"[find]\ntop = 3", "there is no setting 'find' - "),
        (b"#" * 70_000, "it is too large for settings"),
        (b"device = 'gpu'", "device is 'gpu' - choose one of: auto"),
        (b"clips = '~nosuchuser/x'", "there is no such user's folder"),
    ],
)
def test_a_broken_file_is_explained(file, content, said):
    file.write_bytes(content)
    with pytest.raises(CommandLineError) as caught:
        flag_defaults("find")
    assert said in str(caught.value)
    assert str(caught.value).startswith(str(file))
    assert value_of("cache_limit") == "20 GB", "what r2 begins with is read without it"


@pytest.mark.skipif(os.name == "nt", reason="there are no pipes with names")
def test_what_is_no_file_holds_nothing_up(file):
    os.mkfifo(file)
    with pytest.raises(CommandLineError, match=r"r2\.toml cannot be read"):
        flag_defaults("find")


def test_a_folder_that_is_gone_has_no_project(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert project_file() is None


def test_config_shows_where_each_value_is_from(r2, file, monkeypatch):
    file.write_text("top = 3\n")
    monkeypatch.setenv("R2_PAD", "1,2")
    code, out, err = r2("config", "--json")
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert document["project"] == str(file)
    origins = {row["name"]: (row["value"], row["origin"]) for row in document["settings"]}
    assert (origins["top"], origins["pad"]) == (("3", str(file)), ("1,2", "R2_PAD"))
    assert origins["min_score"] == ("", "default")
    assert f"The project's: {file}\n" in r2("config")[1]
    assert r2("config", "show")[1] == r2("config")[1]
    assert r2("config", "show", "top") == (0, "3\n", "")
    assert json.loads(r2("config", "show", "top", "--json")[1])["origin"] == str(file)
    code, out, err = r2("config", "show", "tpo")
    assert (code, out, err) == (2, "", "r2: there is no setting 'tpo' - see them with: r2 config\n")


def test_config_writes_it(r2, file):
    there = Path.cwd() / "r2.toml"
    assert r2("config", "set", "top", "10", "--project") == (0, "", f"r2: wrote top to {there}\n")
    for name, value in (
        ("quiet", "true"),
        ("pad", "1s,500ms"),
        ("min_score", "0.25"),
        ("clips", "out"),
        ("cut", "copy"),
    ):
        assert r2("config", "set", name, value, "--project", "-q") == (0, "", "")
    assert there.read_text().splitlines() == [
        "top = 10",
        "quiet = true",
        'pad = "1s,500ms"',
        "min_score = 0.25",
        'clips = "out"',
        'cut = "copy"',
    ]
    assert value_of("clips") == str(there.parent / "out")
    assert r2("config", "set", "top", "7")[2].splitlines() == [
        f"r2: wrote top to {config_file()}",
        f"r2: {there} sets it too, and comes first",
    ]
    assert r2("config", "unset", "top", "--project")[2] == f"r2: removed top from {there}\n"
    assert value_of("top") == "7"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ffmpeg", "x", "--project"), "a project cannot set ffmpeg"),
        (("clips", "../..", "--project"), "which is not in the project"),
        (("clips", "/etc", "--project"), "which is not in the project"),
        (("top", "0"), "top: '0' is no whole number from 1"),
        (("pad", "1,2,3"), "pad: '1,2,3' is more than two times"),
        (("clip_name", "x"), "clip_name: 'x' names no clips"),
        (("quiet", "very"), "quiet cannot be 'very' - choose one of: true, false"),
    ],
)
def test_config_writes_nothing_that_makes_no_sense(r2, file, words, said):
    code, out, err = r2("config", "set", *words)
    assert (code, out) == (2, "")
    (line,) = err.splitlines()
    assert said in line
    assert not (Path.cwd() / "r2.toml").exists()
    assert not config_file().exists()
