"""How videos are read: --sampling, --hwaccel and --no-cache, by flags and by settings."""

from __future__ import annotations

import json

import pytest

from r2cli.cli.reading import reading_note
from r2cli.memory import ReadingReport


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("R2_CACHE_DIR", str(tmp_path / "cache"))


def strategy(result: tuple[int, str, str]) -> str:
    code, out, _ = result
    assert code == 0
    return json.loads(out)["results"][0]["sampling"]["strategy"]


def test_sampling_by_flag_by_setting_and_by_default(r2, films, monkeypatch):
    ask = ("find", films / "short.mp4", "a dog jumps", "--json")
    assert strategy(r2(*ask)) == "auto"
    assert strategy(r2(*ask, "--sampling", "exact")) == "exact"
    monkeypatch.setenv("R2_SAMPLING", "keyframes")
    assert strategy(r2(*ask)) == "keyframes"
    assert strategy(r2(*ask, "--sampling", "exact")) == "exact"


def test_a_way_of_sampling_that_there_is_not(r2, films, monkeypatch):
    code, out, err = r2("find", films / "short.mp4", "a dog", "--sampling", "all")
    assert (code, out) == (2, "")
    assert "--sampling" in err
    monkeypatch.setenv("R2_SAMPLING", "all")
    assert r2("find", films / "short.mp4", "a dog") == (
        2,
        "",
        "r2: R2_SAMPLING is 'all' - choose one of: exact, auto, keyframes\n",
    )


def test_without_the_cache_nothing_is_kept(r2, films):
    assert r2("find", films / "short.mp4", "a dog jumps", "--no-cache")[0] == 0
    assert json.loads(r2("cache", "--json")[1])["entries"] == 0
    assert r2("find", films / "short.mp4", "a dog jumps")[0] == 0
    assert json.loads(r2("cache", "--json")[1])["entries"] == 1


@pytest.mark.parametrize("command", ["find", "index"])
def test_a_way_of_decoding_that_ffmpeg_does_not_know(r2, films, command):
    query = ["a dog"] if command == "find" else []
    code, out, err = r2(command, films / "short.mp4", *query, "--hwaccel", "abacus")
    assert (code, out) == (2, "")
    (line,) = err.splitlines()
    assert "abacus" in line


def test_a_way_of_decoding_that_is_not_here_changes_nothing(r2, films):
    ask = ("find", films / "short.mp4", "a dog jumps", "--no-cache")
    assert r2(*ask, "--hwaccel", "auto") == r2(*ask)


def test_the_command_reads_as_the_settings_say(r2, films, monkeypatch):
    monkeypatch.setenv("R2_HWACCEL", "-x")
    code, out, err = r2("find", films / "short.mp4", "a dog")
    assert (code, out) == (2, "")
    assert "'-x' is no way of decoding" in err


@pytest.mark.parametrize(
    ("reports", "note"),
    [
        ([], ""),
        ([ReadingReport(298, 298)], ""),
        ([ReadingReport(298, 0, 0, 298)], "read from the cache"),
        ([ReadingReport(298, 178, 0, 120)], "120 of 298 clips were in the cache"),
        ([ReadingReport(298, 256, 42)], "42 of 298 pictures looked like the one before, and were not looked at again"),
        (
            [ReadingReport(100, 0, 0, 100), ReadingReport(50, 45, 5)],
            "100 of 150 clips were in the cache; "
            "5 of 150 pictures looked like the one before, and were not looked at again",
        ),
    ],
)
def test_what_is_said_about_work_that_was_spared(reports, note):
    assert reading_note(reports) == note
