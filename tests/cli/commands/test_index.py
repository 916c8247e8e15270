"""`r2 index`: what searches need, ahead of time."""

from __future__ import annotations

import json
import shutil

import pytest


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("R2_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def folder(films, tmp_path):
    """A folder with two videos, one that is none, and what is no video."""
    path = tmp_path / "videos"
    (path / "inside").mkdir(parents=True)
    shutil.copy(films / "short.mp4", path / "inside" / "2.mp4")
    shutil.copy(films / "long.mp4", path / "inside" / "10.mp4")
    (path / "bad.mov").write_text("no film")
    (path / "notes.txt").write_text("no video")
    return path


def test_a_line_for_each_video_and_what_cannot_be_read_at_the_end(r2, folder):
    code, out, err = r2("index", folder)
    assert code == 3
    first, second = out.splitlines()
    assert first.startswith(f"{folder / 'inside' / '2.mp4'}  indexed, 0:08.0 in ")
    assert second.startswith(f"{folder / 'inside' / '10.mp4'}  indexed, 0:34.0 in ")
    assert first.endswith("x real time)")
    summary, failure = err.splitlines()
    assert summary.startswith("r2: 2 videos are indexed, 0:42.0 in ")
    assert failure.startswith(f"r2: {folder / 'bad.mov'}: this is not a video")


def test_the_second_time_there_is_nothing_to_do(r2, films):
    assert r2("index", films / "short.mp4")[0] == 0
    assert r2("index", films / "short.mp4") == (0, f"{films / 'short.mp4'}  indexed before\n", "")


def test_a_search_afterwards_decodes_nothing_and_says_the_same(r2, films, monkeypatch):
    _, uncached, _ = r2("find", films / "long.mp4", "a dog jumps", "--json", "--no-cache")
    assert r2("index", films / "long.mp4")[0] == 0
    from r2cli.video.sampling import sample

    def refuse(*arguments, **options):
        raise AssertionError("it is decoded again")

    monkeypatch.setattr(sample, "sample_frames", refuse)
    assert r2("find", films / "long.mp4", "a dog jumps", "--json") == (0, uncached, "")
    assert r2("find", films / "long.mp4", "a dog jumps", "--json", "--no-cache")[0] == 70  # the trap works


def test_json(r2, folder, films):
    r2("index", films / "short.mp4")
    code, out, err = r2("index", folder, "--json", "--quiet")
    assert code == 3
    assert err.splitlines() == [error["message"] and f"r2: {error['message']}" for error in json.loads(out)["errors"]]
    document = json.loads(out)
    assert document["schema"] == 1
    assert [video["path"] for video in document["videos"]] == [
        str(folder / "inside" / "2.mp4"),
        str(folder / "inside" / "10.mp4"),
    ]
    same, new = document["videos"]
    assert (same["was_there"], same["clips"], same["cached"], same["encoded"]) == (True, 16, 16, 0)
    assert (new["was_there"], new["clips"], new["cached"]) == (False, 68, 0)
    assert new["encoded"] + new["reused"] == 68
    assert [error["exit_code"] for error in document["errors"]] == [3]


def test_sampling_is_part_of_what_is_kept(r2, films):
    assert "indexed, " in r2("index", films / "short.mp4", "--sampling", "exact")[1]
    assert "indexed, " in r2("index", films / "short.mp4", "--sampling", "keyframes")[1]
    assert "indexed before" in r2("index", films / "short.mp4", "--sampling", "exact")[1]


def test_nothing_named(r2):
    code, out, err = r2("index")
    assert (code, out) == (2, "")
    assert err == "r2: nothing to index - name videos or folders, as in: r2 index holiday.mp4 ~/Videos\n"


def test_a_folder_without_videos(r2, tmp_path):
    (tmp_path / "empty").mkdir()
    code, out, err = r2("index", tmp_path / "empty")
    assert (code, out) == (3, "")
    assert f"{tmp_path / 'empty'}: there is no video in this folder" in err
    assert len(err.splitlines()) == 1


def test_a_missing_path_stops_none_of_the_others(r2, films, tmp_path):
    code, out, err = r2("index", tmp_path / "gone", films / "short.mp4")
    assert code == 3
    assert "short.mp4  indexed, " in out
    assert f"{tmp_path / 'gone'}: there is no such file" in err


def test_ctrl_c_keeps_what_is_finished(r2, folder, monkeypatch):
    from r2cli.tasks import find as room

    really = room.search

    def interrupted(video, *arguments):
        if video.path.name == "10.mp4":
            raise KeyboardInterrupt
        return really(video, *arguments)

    monkeypatch.setattr(room, "search", interrupted)
    code, out, err = r2("index", folder)
    assert code == 130
    assert "2.mp4  indexed, " in out
    assert "r2: 1 of 2 videos are indexed; the same command goes on from here\n" in err
    monkeypatch.undo()


def test_a_way_of_decoding_that_can_be_none(r2, films):
    code, out, err = r2("index", films / "short.mp4", "--hwaccel", "-x; rm")
    assert (code, out) == (2, "")
    assert "--hwaccel '-x; rm' is no way of decoding" in err


def test_a_name_of_any_length_is_a_name(r2):
    code, out, err = r2("index", "x" * 5000)
    assert (code, out) == (3, "")
    assert err.startswith("r2: xxx")
    assert "fault" not in err


def test_later_commands_know_the_video(r2, films):
    from r2cli.cli.recent import recent

    r2("index", films / "short.mp4", films / "long.mp4")
    assert recent().video == films / "long.mp4"
    r2("find", films / "short.mp4", "a dog jumps")
    assert recent().video == films / "short.mp4"
