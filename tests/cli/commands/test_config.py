"""`r2 config`, and how settings reach the other commands."""

from __future__ import annotations

import json

import pytest

from r2cli.settings import SETTINGS, config_file


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setenv("R2_CONFIG_DIR", str(tmp_path / "settings"))
    config_file().parent.mkdir()
    return config_file()


def rows(r2) -> dict[str, tuple[str, str]]:
    code, out, err = r2("config", "--json")
    assert (code, err) == (0, "")
    return {row["name"]: (row["value"], row["origin"]) for row in json.loads(out)["settings"]}


def test_every_setting_with_its_origin(r2, file, monkeypatch):
    file.write_text('model = "charades"\n')
    monkeypatch.setenv("R2_DEVICE", "cpu")

    shown = rows(r2)

    assert list(shown) == list(SETTINGS)
    assert shown["model"] == ("charades", str(file))
    assert shown["device"] == ("cpu", "R2_DEVICE")
    assert shown["precision"] == ("auto", "default")
    assert "ffmpeg" in shown["ffmpeg"][0]
    code, out, err = r2("config")
    assert (code, err) == (0, "")
    for name, (value, origin) in shown.items():
        (line,) = [line for line in out.splitlines() if line.startswith(f"{name} ")]
        assert value in line
        assert origin in line
    assert f"Your file: {file}" in out


def test_without_a_file_it_says_where_one_would_be(r2, file):
    assert f"Your file would be: {file}" in r2("config")[1]


def test_flags_win_over_variables_and_variables_over_the_file(file, monkeypatch, films, random_model, capfd):
    from r2cli.__main__ import main

    file.write_text('model = "from-the-file"\n')
    arguments = ["find", str(films / "short.mp4"), "a dog jumps"]
    assert main(arguments) == 4
    assert "'from-the-file'" in capfd.readouterr().err
    monkeypatch.setenv("R2_MODEL", str(random_model))
    assert main(arguments) == 0
    assert main([*arguments, "--model", "from-the-flag"]) == 4
    assert "'from-the-flag'" in capfd.readouterr().err


def test_a_broken_file_stops_a_search_with_one_line(r2, file, films):
    file.write_text('device = "gpu"')

    code, out, err = r2("find", films / "short.mp4", "a dog jumps")

    assert (code, out) == (2, "")
    assert err == f"r2: {file}: device is 'gpu' - choose one of: auto, cuda, mps, cpu\n"
    assert r2("config")[0] == 2
    assert r2("--help")[0] == 0


def test_a_variable_without_sense_is_named(r2, monkeypatch, films):
    monkeypatch.setenv("R2_PRECISION", "double")

    code, _, err = r2("find", films / "short.mp4", "a dog jumps")

    assert code == 2
    assert err == "r2: R2_PRECISION is 'double' - choose one of: auto, fp32, bf16, fp16\n"


def test_the_precision_of_the_file_is_used(r2, file, films, monkeypatch):
    from r2cli.backbones.towers import Towers

    used = []
    really = Towers.set_precision
    monkeypatch.setattr(
        Towers, "set_precision", lambda self, name: used.append(name) or really(self, name), raising=True
    )
    file.write_text('precision = "bf16"')

    assert r2("find", films / "short.mp4", "a dog jumps")[0] == 0
    assert used[-1] == "bf16"
    assert r2("find", films / "short.mp4", "a dog jumps", "--precision", "fp32")[0] == 0
    assert used[-1] == "fp32"
