"""Which videos are meant by folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from r2cli.cli.folders import find_videos


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\0")


def names_in(folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in find_videos([folder]).videos]


def test_videos_however_deep_in_natural_order(tmp_path):
    touch(
        tmp_path, "take 10.MP4", "take 9.mp4", "a/b/2.mkv", "a/b/10.mkv", "a/1.mov", "notes.txt", "song.mp3", "Z.webm"
    )
    assert names_in(tmp_path) == ["a/1.mov", "a/b/2.mkv", "a/b/10.mkv", "take 9.mp4", "take 10.MP4", "Z.webm"]


def test_what_is_hidden_stays_so(tmp_path):
    touch(tmp_path, ".hidden.mp4", ".trash/old.mp4", "._resource.mov", "seen.mp4")
    assert names_in(tmp_path) == ["seen.mp4"]


def test_a_folder_that_is_named_may_be_hidden(tmp_path):
    touch(tmp_path, ".trash/old.mp4")
    assert names_in(tmp_path / ".trash") == ["old.mp4"]


@pytest.mark.skipif(os.name == "nt", reason="links need a right there")
def test_links_are_followed_and_loops_end(tmp_path):
    touch(tmp_path, "library/in/one.mp4", "elsewhere/two.mp4")
    library = tmp_path / "library"
    (library / "in" / "back").symlink_to(library, target_is_directory=True)
    (library / "more").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (library / "gone.mp4").symlink_to(tmp_path / "nowhere.mp4")
    assert names_in(library) == ["in/one.mp4", "more/two.mp4"]


def test_programs_are_no_transport_streams(tmp_path):
    (tmp_path / "main.ts").write_text("Global.start();\n" * 100)
    (tmp_path / "tv.ts").write_bytes((b"\x47" + bytes(187)) * 2)
    (tmp_path / "camera.mts").write_bytes((bytes(4) + b"\x47" + bytes(187)) * 2)
    assert names_in(tmp_path) == ["camera.mts", "tv.ts"]


def test_each_video_once_in_the_order_of_the_paths(tmp_path):
    touch(tmp_path, "b/1.mp4", "a.mp4")
    found = find_videos([tmp_path / "b" / "1.mp4", tmp_path / "b", tmp_path, tmp_path / "gone.mp4"])
    names = [path.name for path in found.videos]
    assert names == ["1.mp4", "a.mp4", "gone.mp4"]  # what is missing is said when it is read
    assert found.failed == ()


def test_a_folder_without_videos(tmp_path):
    touch(tmp_path, "notes.txt")
    found = find_videos([tmp_path])
    assert found.videos == ()
    ((path, error),) = found.failed
    assert path == tmp_path
    assert "no video in this folder" in str(error)
