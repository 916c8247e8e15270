"""`r2 config set`, `unset` and `edit`: one line of the file changes, and nothing else."""

from __future__ import annotations

import os
import sys

import pytest

from r2cli.settings import config_file, value_of


def text() -> str:
    return config_file().read_text(encoding="utf-8")


def write(content: str) -> None:
    config_file().parent.mkdir(parents=True, exist_ok=True)
    config_file().write_text(content, encoding="utf-8")


def test_a_setting_is_kept(r2):
    code, out, err = r2("config", "set", "device", "cpu")
    assert (code, out, err) == (0, "", f"r2: wrote device to {config_file()}\n")
    assert text() == 'device = "cpu"\n'
    assert r2("config", "unset", "device") == (0, "", f"r2: removed device from {config_file()}\n")
    assert text() == ""
    assert r2("config", "unset", "device", "-q") == (0, "", "")


def test_everything_else_stays_as_it_is(r2):
    write('# mine\nmodel = "sprites"  # for now\n\ndevice="cuda"')
    assert r2("config", "set", "model", 'a "b" \\c ü', "-q") == (0, "", "")
    assert text() == '# mine\nmodel = "a \\"b\\" \\\\c ü"\n\ndevice="cuda"'
    assert value_of("model") == 'a "b" \\c ü'
    assert r2("config", "set", "precision", "fp32", "-q")[0] == 0
    assert text().endswith('device="cuda"\nprecision = "fp32"\n')


def test_a_path_is_one_of_here(r2, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert r2("config", "set", "models_dir", "models", "-q")[0] == 0
    assert value_of("models_dir") == str(tmp_path / "models")


def test_a_variable_that_comes_first_is_said(r2, monkeypatch):
    monkeypatch.setenv("R2_DEVICE", "cpu")
    assert "R2_DEVICE is set too, and comes first" in r2("config", "set", "device", "auto")[2]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("set", "device", "gpu"), "choose one of: auto, cuda, mps, cpu"),
        (("set", "devise", "cpu"), "there is no setting 'devise'"),
        (("set", "model", " "), "r2 config unset model"),
        (("set", "model", "a\nb"), "cannot be"),
        (("set", "model"), "r2 config set device cpu"),
        (("unset",), "r2 config unset device"),
    ],
)
def test_what_makes_no_sense(r2, words, said):
    code, out, err = r2("config", *words)
    assert (code, out) == (2, "")
    (line,) = err.splitlines()
    assert said in line
    assert not config_file().exists()


def test_a_file_that_is_broken_or_too_clever_is_left_alone(r2):
    for content in ("device = [", 'model = """\ndevice = "x"\n"""\ndevice = "cpu"\n'):
        write(content)
        code, _, err = r2("config", "set", "device", "cuda")
        assert code == 2
        assert str(config_file()) in err
        assert text() == content


@pytest.mark.skipif(os.name == "nt", reason="a script of a shell")
def test_an_editor(r2, monkeypatch, tmp_path):
    program = "import sys; open(sys.argv[1], 'w').write(sys.argv[1] and 'device = \"cpu\"')"
    (tmp_path / "edit it.py").write_text(program, encoding="utf-8")
    monkeypatch.setenv("EDITOR", f"{sys.executable} '{tmp_path / 'edit it.py'}'")
    assert r2("config", "edit") == (0, "", "")
    assert value_of("device") == "cpu"
    monkeypatch.setenv("EDITOR", "no-such-editor")
    assert "there is no editor 'no-such-editor'" in r2("config", "edit")[2]
