"""Something else lies where a file of r2's own should be: a command says so or goes without, and never waits for it."""

from __future__ import annotations

import sys

import pytest

from r2cli.cli.recent import recent, remember
from r2cli.hub import HubFile
from r2cli.hub.digests import describe, read_record, write_record
from r2cli.hub.find import find_file
from r2cli.paths import data_dir, models_dir
from r2cli.settings import config_file
from tests.foreign import KINDS, each_kind, little_memory, needs_posix

__all__ = ["little_memory"]

pytestmark = [
    needs_posix,
    pytest.mark.skipif(sys.platform != "linux", reason="limits of memory, and devices, as Linux has them"),
    pytest.mark.timeout(60),
    pytest.mark.usefixtures("little_memory"),
]
FILE = HubFile("someone/models", "model.pth", 3)


@each_kind
def test_settings(r2, put):
    config_file().parent.mkdir(parents=True)
    put(config_file())
    code, out, err = r2("config")
    if put is KINDS["nowhere"]:
        assert code == 0
    else:
        assert (code, out) == (2, "")
        assert f"{config_file()} cannot be read" in err


@each_kind
def test_the_last_video(tmp_path, put):
    data_dir().mkdir(parents=True)
    put(data_dir() / "recent.json")
    assert recent() is None
    (tmp_path / "film.mp4").touch()
    remember(tmp_path / "film.mp4")
    assert recent() is None if put is KINDS["folder"] else recent().video == tmp_path / "film.mp4"
    assert [path.name for path in data_dir().iterdir()] == ["recent.json"]


@each_kind
def test_a_digest(tmp_path, put):
    (tmp_path / "model.pth").write_bytes(b"abc")
    record = describe(tmp_path / "model.pth", "0" * 64)
    write_record(FILE, record)
    assert read_record(FILE) == record
    (place,) = (data_dir() / "digests").iterdir()
    place.unlink()
    put(place)
    assert read_record(FILE) is None
    write_record(FILE, record)
    assert read_record(FILE) == (None if put is KINDS["folder"] else record)


@each_kind
def test_a_copy_of_a_model(put):
    models_dir().mkdir(parents=True)
    put(models_dir() / "model.pth")
    found = find_file(FILE)
    assert found is None or (put is KINDS["sparse"] and found.size == 50 << 30)


@each_kind
def test_a_models_description(r2, films, tmp_path, put):
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"never looked at")
    put(weights.with_suffix(".json"))
    code, out, err = r2("find", films / "short.mp4", "a dog jumps", "--model", weights)
    assert (code, out) == (4, "")
    assert "description" in err


@each_kind
def test_the_history_of_the_shell(put):
    from r2cli.cli.prompt import _history

    data_dir().mkdir(parents=True)
    put(data_dir() / "shell_history")
    with _history() as lines:
        assert lines == []
        lines.append("a dog jumps")
    with _history() as lines:
        kept = list(lines)
    assert kept == ([] if put is KINDS["folder"] else ["a dog jumps"])
    assert [path.name for path in data_dir().iterdir()] == ["shell_history"]
