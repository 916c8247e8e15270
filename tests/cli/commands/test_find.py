"""`r2 find` as a user meets it: arguments in, exit code, answer and talk out."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

ROW = re.compile(r"^ *(\d+) +(\d+:\d\d\.\d) +(\d+:\d\d\.\d) +(\d\.\d\d) +[▁-█│·]{14}(?: +(\S.*?))? *$", re.MULTILINE)


def one_line(err: str) -> str:
    """The only line on standard error."""
    (line,) = err.splitlines()
    assert line.startswith("r2: ")
    return line


def test_a_table_and_a_curve(r2, films):
    code, out, err = r2("find", films / "short.mp4", "a dog jumps")
    assert code == 0
    assert err == ""
    rows = ROW.findall(out)
    assert [row[0] for row in rows] == [str(rank) for rank in range(1, len(rows) + 1)]
    assert 1 <= len(rows) <= 5
    scores = [float(row[3]) for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert re.fullmatch(r"0:00\.0 [▁▂▃▄▅▆▇█]{16} 0:08\.0  peak -?\d\.\d\d", out.splitlines()[-1])


def test_json_is_one_document_of_the_documented_schema(r2, films):
    code, out, err = r2("find", films / "short.mp4", "a dog jumps", "--json")
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert document["schema"] == 1
    assert document["errors"] == []
    (result,) = document["results"]
    assert result["query"] == "a dog jumps"
    assert result["video"] == {
        "path": str(films / "short.mp4"),
        "duration": pytest.approx(8.0),
        "rate": {"exact": "10/1", "fps": 10.0},
    }
    assert result["model"]["name"] == "random"
    assert re.fullmatch(r"[0-9a-f]{64}", result["model"]["sha256"])
    assert result["model"]["backbone"]
    assert result["sampling"] == {"clips_per_second": 2, "window": 10.0, "strategy": "auto"}
    assert [clip["time"] for clip in result["saliency"]] == [0.25 + 0.5 * clip for clip in range(16)]
    for moment in result["moments"]:
        assert 0 <= moment["start"] < moment["end"] <= 8.0
        assert 0 < moment["score"] <= 1


@pytest.mark.parametrize("film", ["short.mp4", "long.mp4"])
def test_top_and_min_score_only_cut(r2, films, film):
    def moments(*options):
        return json.loads(r2("find", films / film, "a dog jumps", "--json", *options)[1])["results"][0]["moments"]

    everything = moments("--top", "1000", "--min-score", "0")
    assert len(everything) > 5
    for top in (1, 2, 5):
        assert moments("--top", str(top), "--min-score", "0") == everything[:top]
    threshold = everything[3]["score"]
    assert moments("--min-score", str(threshold), "--top", "99") == [m for m in everything if m["score"] >= threshold]


@pytest.mark.parametrize("film", ["short.mp4", "long.mp4"])
def test_the_same_twice_and_in_another_container(r2, films, film, tmp_path):
    from tests.films import run_ffmpeg

    copy = tmp_path / "copy.mkv"
    run_ffmpeg("-i", films / film, "-c", "copy", copy)
    first, again, other = (
        json.loads(r2("find", path, "a dog jumps", "--json")[1])["results"][0]
        for path in (films / film, films / film, copy)
    )
    assert again == first
    assert other["moments"] == first["moments"]
    assert other["saliency"] == first["saliency"]


def test_several_videos_are_ranked_together(r2, films):
    code, out, err = r2("find", films / "short.mp4", films / "long.mp4", "a dog jumps", "--top", "2")
    assert (code, err) == (0, "")
    rows = ROW.findall(out)
    assert sorted(row[4] for row in rows) == sorted([str(films / "short.mp4")] * 2 + [str(films / "long.mp4")] * 2)
    scores = [float(row[3]) for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert [line.endswith(("short.mp4", "long.mp4")) for line in out.splitlines()[-2:]] == [True, True]


def test_one_bad_file_does_not_stop_the_others(r2, films, tmp_path):
    (tmp_path / "bad.mp4").write_text("no film")
    arguments = ("find", tmp_path / "bad.mp4", films / "short.mp4", tmp_path / "gone.mp4", "a dog jumps")
    code, out, err = r2(*arguments)
    assert code == 3
    assert ROW.findall(out)
    assert [line.split(": ")[:2] for line in err.splitlines()] == [
        ["r2", str(tmp_path / "bad.mp4")],
        ["r2", str(tmp_path / "gone.mp4")],
    ]
    code, out, _ = r2(*arguments, "--json")
    document = json.loads(out)
    assert code == 3
    assert [result["video"]["path"] for result in document["results"]] == [str(films / "short.mp4")]
    assert [(error["path"], error["exit_code"]) for error in document["errors"]] == [
        (str(tmp_path / "bad.mp4"), 3),
        (str(tmp_path / "gone.mp4"), 3),
    ]
    assert all(error["message"] in err for error in document["errors"])


def test_nothing_matches(r2, films):
    code, out, err = r2("find", films / "short.mp4", "a dog jumps", "--min-score", "1")
    assert (code, out) == (1, "")
    assert re.fullmatch(
        r'r2: nothing in \S+short\.mp4 matches "a dog jumps" '
        r"\(best score 0\.\d\d at 0:0\d\.\d, threshold 1\.00: see --min-score\)",
        one_line(err),
    )


def test_nothing_matches_in_json(r2, films):
    code, out, _ = r2("find", films / "short.mp4", "a dog jumps", "--min-score", "1", "--json")
    (result,) = json.loads(out)["results"]
    assert code == 1
    assert result["moments"] == []
    assert len(result["saliency"]) == 16


def test_quiet_leaves_only_the_answer(r2, films):
    code, out, err = r2("find", films / "short.mp4", "a dog jumps", "--min-score", "1", "--quiet")
    assert (code, out, err) == (1, "", "")
    code, out, err = r2("find", films / "short.mp4", "a zebra", "-q")
    assert (code, err) == (0, "")
    assert ROW.findall(out)


@pytest.mark.parametrize(
    "name", ["a b.mp4", "it's.mp4", 'say "x".mp4', "-dash.mp4", "100%d.mp4", "[bold]x[red].mp4", "ü狗.mp4"]
)
def test_odd_file_names(r2, films, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    shutil.copy(films / "short.mp4", name)
    code, out, err = r2("find", "--json", "--", name, "a dog jumps")
    assert (code, err) == (0, "")
    assert json.loads(out)["results"][0]["video"]["path"] == name
    code, out, _ = r2("find", "--", name, name, "a dog jumps")
    assert code == 0
    assert {row[4] for row in ROW.findall(out)} == {name}


def test_names_that_a_terminal_would_obey_are_spelled_out(r2, films, tmp_path):
    name = "a\x1b[31m\nb\u202e.mp4"
    shutil.copy(films / "short.mp4", tmp_path / name)
    code, out, err = r2("find", tmp_path / name, tmp_path / "x\x1b[2J.mp4", "a dog jumps")
    assert code == 3
    assert "\x1b" not in out + err
    assert r"x\x1b[2J.mp4: there is no such file" in one_line(err)
    assert r"a\x1b[31m\nb\u202e.mp4" in r2("find", tmp_path / name, tmp_path / name, "a dog jumps")[1]


def test_a_name_that_is_no_text(r2, films, tmp_path):
    import os

    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.mp4"))
    shutil.copy(films / "short.mp4", path)
    code, out, err = r2("find", path, path, "a dog jumps")
    assert (code, err) == (0, "")
    assert r"caf\udce9.mp4" in out
    assert json.loads(r2("find", path, "a dog jumps", "--json")[1])["results"][0]["video"]["path"] == str(path)


def test_a_query_is_never_markup(r2, films):
    _, _, err = r2("find", films / "short.mp4", "[bold]dog[/bold] [link=x]", "--min-score", "1")
    assert '"[bold]dog[/bold] [link=x]"' in err


@pytest.mark.parametrize(("encoding", "bars"), [("utf-8", "▁▂▃▄▅▆▇█"), ("ascii", "_.:-=+*#"), ("latin-1", "_.:-=+*#")])
def test_the_curve_suits_the_output(films, random_model, monkeypatch, encoding, bars):
    import io
    import sys

    from r2cli.__main__ import main

    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict")
    monkeypatch.setattr(sys, "stdout", stream)
    assert main(["find", "--model", str(random_model), str(films / "short.mp4"), "a dog jumps"]) == 0
    curve = stream.buffer.getvalue().decode(encoding).splitlines()[-1].split()[1]
    assert set(curve) <= set(bars)
    assert bars[-1] in curve
