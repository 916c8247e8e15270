"""`r2 play`, `--play` and `:play`: which player, what it is told, and what never gets to it."""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from r2cli.cli import players

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the players here are scripts")
SPEAK = '#!/bin/sh\nprintf "%s\\0" "$0" "$@" > "{told}"\necho "I am no answer"\nexit {code}\n'


@pytest.fixture
def put(tmp_path, monkeypatch):
    """put("mpv"): make it a player on the search path, on which there is no other; what they were told is in `told`."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(players, "_ELSEWHERE", {})

    def make(name: str, code: int = 0) -> Path:
        script = folder / name
        script.write_text(SPEAK.format(told=tmp_path / "told", code=code))
        script.chmod(0o755)
        return script

    return make


@pytest.fixture
def told(tmp_path):
    """told(): the words with which a player was started; none of it may have been."""

    def read() -> list[str]:
        file = tmp_path / "told"
        return [os.fsdecode(word) for word in file.read_bytes().split(b"\0")[:-1]] if file.exists() else []

    return read


@pytest.fixture
def saved(tmp_path, films):
    """saved(path): a document about a film of that name, with moments at 1-2.5 s and at 4-6 s."""

    def write(video: str | Path, *, copy: bool = True) -> Path:
        if copy:
            shutil.copy(films / "short.mp4", video)
        moments = [{"start": 1.0, "end": 2.5, "score": 0.9}, {"start": 4.0, "end": 6.0, "score": 0.5}]
        result = {
            "query": "a dog",
            "video": {"path": str(video), "duration": 8.0, "rate": {"exact": "10/1"}},
            "model": {"name": "m", "sha256": "0", "backbone": "b"},
            "sampling": {"clips_per_second": 2, "window": 10.0},
            "moments": moments,
            "saliency": [],
        }
        file = tmp_path / "findings.json"
        file.write_text(json.dumps({"schema": 1, "results": [result], "errors": []}))
        return file

    return write


def expected(name: str, film: Path) -> list[str]:
    quiet = ["-hide_banner", "-loglevel", "error", "-nostats", "-autoexit", "-protocol_whitelist", "file"]
    alone = ["--ytdl=no", "--ordered-chapters=no", "--resume-playback=no", "--save-position-on-quit=no"]
    return {
        "mpv": ["--msg-level=all=error", *alone, "--start=4.000", "--end=6.000", "--", str(film)],
        "vlc": ["--quiet", "--play-and-exit", "--start-time=4.000", "--stop-time=6.000", film.as_uri()],
        "ffplay": [*quiet, "-ss", "4.000", "-t", "2.000", "-i", f"file:{film}"],
    }[name]


@pytest.mark.parametrize("name", ["mpv", "vlc", "ffplay"])
def test_each_player_begins_and_ends_with_the_moment(r2, put, told, saved, tmp_path, name):
    put(name)
    code, out, err = r2("play", saved(tmp_path / "a film.mp4"), "2")
    assert (code, out) == (0, "")
    assert err == f"r2: {name} plays moment 2, 0:04.0 - 0:06.0 of {tmp_path / 'a film.mp4'}\n"
    assert told()[1:] == expected(name, tmp_path / "a film.mp4")


def test_mpv_comes_before_vlc_and_vlc_before_ffplay(put):
    for name in ("ffplay", "vlc", "mpv"):
        put(name)
        assert players.find_player().name == name


@pytest.mark.parametrize(
    "name",
    ["-dash.mp4", "--script=x.lua", "http:x.mp4", "a b'$(touch x);`.mp4", "%n\n.mp4", "ü狗#1.mp4", "caf\udce9.mp4"],
)
@pytest.mark.parametrize("player", ["mpv", "vlc", "ffplay", "other"])
def test_a_name_is_a_name_whatever_it_looks_like(put, told, r2, saved, tmp_path, monkeypatch, name, player):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("R2_PLAYER", player)
    put(player)
    assert r2("play", saved(name), "2", "-q") == (0, "", "")
    *_, last = told()
    assert last in (str(tmp_path / name), f"file:{tmp_path / name}", (tmp_path / name).as_uri())
    assert len(told()) == 1 + len([str(tmp_path / name)] if player == "other" else expected(player, tmp_path / name))


@pytest.mark.parametrize("video", ["http://127.0.0.1:9/a.mp4", "edl://a.mp4", "gone.mp4", "/dev/zero"])
def test_what_is_no_film_here_never_gets_to_a_player(r2, put, told, saved, tmp_path, monkeypatch, video):
    monkeypatch.chdir(tmp_path)
    put("mpv")
    code, out, err = r2("play", saved(video, copy=False))
    assert (code, out, told()) == (3, "", [])
    assert len(err.splitlines()) == 1


def test_a_list_of_other_films_never_gets_to_a_player(r2, put, told, saved, films, tmp_path):
    put("mpv")
    for content in (f"#EXTM3U\n{films / 'short.mp4'}\n", f"ffconcat version 1.0\nfile {films / 'short.mp4'}\n"):
        (tmp_path / "list.mp4").write_text(content)
        assert r2("play", saved(tmp_path / "list.mp4", copy=False))[0] == 3
    assert told() == []


def test_no_player_is_one_line_that_says_what_to_install(r2, put, saved, films, tmp_path):
    code, out, err = r2("play", saved(tmp_path / "a.mp4"))
    assert (code, out) == (2, "")
    assert err == (
        "r2: there is nothing to play videos with - install mpv (https://mpv.io), VLC or FFmpeg's ffplay, or name "
        "another: r2 config set player NAME\n"
    )
    code, out, err = r2("find", tmp_path / "gone.mp4", "a dog", "--play", "1")
    assert (code, out) == (2, "")
    assert "nothing to play videos with" in err, "before anything is read"


def test_a_player_of_ones_own(r2, put, told, saved, tmp_path, monkeypatch):
    path = put("ffplay").rename(tmp_path / "mpv")
    put("mine"), put("vlc")
    file = saved(tmp_path / "a.mp4")
    monkeypatch.setenv("R2_PLAYER", str(path))
    assert r2("play", file, "2", "-q")[0] == 0
    assert told() == [str(path), *expected("mpv", tmp_path / "a.mp4")]
    monkeypatch.setenv("R2_PLAYER", "mine")
    code, _, err = r2("play", file, "2")
    assert (code, told()[1:]) == (0, [str(tmp_path / "a.mp4")])
    assert "mine is told the film alone: when to begin r2 can tell mpv, vlc, ffplay" in err
    settings = {one["name"]: one["value"] for one in json.loads(r2("config", "--json")[1])["settings"]}
    assert settings["player"] == "mine"
    monkeypatch.setenv("R2_PLAYER", "vlc --fullscreen")
    code, out, err = r2("play", file)
    assert (code, out) == (2, "")
    said = "R2_PLAYER is 'vlc --fullscreen', which is not a program - set it to the name or the path of one, no more"
    assert err == f"r2: {said}\n"


def test_a_player_that_fails(r2, put, saved, tmp_path):
    script = put("mpv", code=3)
    file = saved(tmp_path / "a.mp4")
    assert r2("play", file, "-q") == (
        2,
        "",
        "r2: mpv ended with exit code 3 - choose another: r2 config set player NAME\n",
    )
    script.write_text("#!/nowhere/at/all\n")
    code, _, err = r2("play", file, "-q")
    assert (code, len(err.splitlines())) == (2, 1)
    assert "cannot be started (No such file or directory)" in err


def test_a_moment_that_there_is_not(r2, put, told, saved, tmp_path):
    put("mpv")
    code, _, err = r2("play", saved(tmp_path / "a.mp4"), "3")
    assert (code, told()) == (2, [])
    assert err == "r2: there is no moment 3: there are 2 moments - find more with: r2 find --top N\n"


def test_find_plays_after_its_answer(r2, put, told, films):
    put("mpv")
    code, out, err = r2("find", films / "short.mp4", "a dog jumps", "--play", "2", "--json")
    assert code == 0
    moment = json.loads(out)["results"][0]["moments"][1]
    assert told()[6:8] == [f"--start={moment['start']:.3f}", f"--end={moment['end']:.3f}"]
    assert told()[-1] == str(films / "short.mp4")
    assert "mpv plays moment 2, " in err
    code, out, err = r2("find", films / "short.mp4", "a dog jumps", "--play", "99")
    assert (code, out.startswith("rank")) == (2, True)
    assert "there is no moment 99" in err


def test_nothing_found_is_nothing_played(r2, put, told, films):
    put("mpv")
    assert r2("find", films / "short.mp4", "a dog jumps", "--min-score", "1", "--play", "1", "-q") == (1, "", "")
    assert told() == []


def test_the_shell_plays_moments_of_its_last_answer(r2, put, told, films, monkeypatch):
    put("vlc")
    lines = b":play 1\na dog jumps\n:play one\n:play 99\n:play 1\nthe cat\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines)))
    code, out, err = r2("shell", films / "short.mp4")
    assert "nothing has been asked yet" in err
    assert "'one' is no rank of a moment - as in: :play 2" in err
    assert "there is no moment 99" in err
    assert "vlc plays moment 1, " in err
    assert out.count("rank") == 2
    assert told()[-1] == (films / "short.mp4").as_uri()
