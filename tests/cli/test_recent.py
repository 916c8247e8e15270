import json
import os
from pathlib import Path

import pytest

from r2cli.cli.console import Talk
from r2cli.cli.recent import Recent, default_videos, recent, remember, videos_here
from r2cli.errors import CommandLineError
from r2cli.paths import data_dir


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.setenv("R2_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


def test_the_last_video_is_taken_and_named(tmp_path, capsys):
    for name in ("first.mp4", "second film.mp4"):
        (tmp_path / name).write_bytes(b"x")
        remember(tmp_path / name)
    assert default_videos(Talk()) == ([tmp_path / "second film.mp4"], None)
    assert "second film.mp4" in capsys.readouterr().err


def test_a_relative_path_is_found_from_another_folder(tmp_path, monkeypatch):
    (tmp_path / "here" / "film.mp4").write_bytes(b"x")
    remember(Path("film.mp4"))
    monkeypatch.chdir(tmp_path)
    assert recent() == Recent(tmp_path / "here" / "film.mp4", None)


def test_a_video_that_is_gone_is_not_taken_but_those_of_the_folder(tmp_path, capsys):
    gone = tmp_path / "gone.mp4"
    gone.write_bytes(b"x")
    remember(gone)
    gone.unlink()
    for name in ("b 10.MKV", "b 9.3gp", "a.mp4", "program.ts", ".hidden.mp4", "notes.txt"):
        (tmp_path / "here" / name).write_bytes(b"x")
    (tmp_path / "here" / "folder.mp4").mkdir()
    assert [path.name for path in default_videos(Talk())[0]] == ["a.mp4", "b 9.3gp", "b 10.MKV"]
    assert "3 videos in this folder" in capsys.readouterr().err


def test_without_any_video_there_is_a_line_of_help():
    with pytest.raises(CommandLineError, match="no video named, and none in this folder - name one"):
        default_videos(Talk())
    assert videos_here() == []


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"video": 3}', '{"video": "\\u0000"}', "[" * 60_000, '{"video": "' + "x" * 70_000]
)
def test_a_spoilt_memory_is_no_memory(content):
    data_dir().mkdir()
    (data_dir() / "recent.json").write_text(content)
    assert recent() is None


def test_no_room_to_remember_is_no_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("R2_DATA_DIR", str(tmp_path / "file" / "data"))
    remember(tmp_path / "film.mp4")
    assert recent() is None


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
def test_a_name_that_is_no_unicode_is_kept(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.mp4")
    path.write_bytes(b"x")
    remember(path)
    assert recent().video == path
    assert json.loads((data_dir() / "recent.json").read_text(encoding="ascii"))
