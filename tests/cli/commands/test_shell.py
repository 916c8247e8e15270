"""`r2 shell`: everything is loaded once, then one query after the other."""

from __future__ import annotations

import io
import json
import os
import re
import select
import signal
import subprocess
import sys
import time

import pytest

from r2cli.paths import data_dir


@pytest.fixture
def typed(r2, monkeypatch):
    """typed("a line", ..., after=[arguments]): lines through a pipe; exit code, standard output, standard error."""

    def run(*lines: str, after: list) -> tuple[int, str, str]:
        content = "".join(f"{line}\n" for line in lines).encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        return r2("shell", *after)

    return run


def test_piped_queries_are_answered_as_by_find(typed, r2, films):
    code, out, err = typed("a dog jumps", "", "# no query", "the cat", after=[films / "long.mp4"])
    assert (code, err) == (0, "")
    assert out == r2("find", films / "long.mp4", "a dog jumps")[1] + r2("find", films / "long.mp4", "the cat")[1]


def test_json_is_a_line_for_each_query(typed, r2, films):
    code, out, _ = typed("a dog jumps", "the cat", after=[films / "short.mp4", films / "long.mp4", "--json"])
    assert code == 0
    first, second = map(json.loads, out.splitlines())
    assert [result["query"] for result in first["results"] + second["results"]] == ["a dog jumps"] * 2 + ["the cat"] * 2
    assert first == json.loads(r2("find", films / "short.mp4", films / "long.mp4", "a dog jumps", "--json")[1])


def test_nothing_found(typed, films):
    code, out, err = typed("a dog jumps", after=[films / "short.mp4", "--min-score", "1"])
    assert (code, out) == (1, "")
    assert 'matches "a dog jumps"' in err


def test_unknown_words_are_noted(typed, films):
    assert "has never seen: flurb" in typed("a flurb", after=[films / "short.mp4"])[2]


def test_top_and_min_score_show_the_last_answer_again(typed, films):
    code, out, err = typed("a dog jumps", ":top 1", ":min-score 1", ":min-score 0", after=[films / "short.mp4", "-q"])
    assert (code, err) == (0, "")
    assert [len(re.findall(r"^ +\d+ +0:", part, re.MULTILINE)) for part in out.split("rank")[1:]] == [5, 1, 1]


def test_the_last_answer_becomes_files_and_overwrites_none(typed, films, tmp_path):
    (tmp_path / "reel.mp4").write_text("mine")
    code, out, err = typed(
        "a dog jumps",
        ":top 1",
        f":json {tmp_path / 'a b.json'}",
        f":clips {tmp_path / 'clips'}",
        f":json {tmp_path / 'a b.json'}",
        f":clips {tmp_path / 'clips'}",
        f":reel {tmp_path / 'reel.mp4'}",
        after=[films / "short.mp4"],
    )
    assert code == 2
    (moment,) = json.loads((tmp_path / "a b.json").read_text())["results"][0]["moments"]
    assert moment["start"] < moment["end"]
    (clip,) = (tmp_path / "clips").iterdir()
    assert str(clip) in out
    assert err.splitlines() == [
        f"r2: wrote {tmp_path / 'a b.json'}",
        f"r2: {tmp_path / 'a b.json'} exists already - choose another name",
        f"r2: {clip} exists already - choose another folder",
        f"r2: {tmp_path / 'reel.mp4'} exists already - choose another name",
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (":nonsense", "there is no :nonsense - there are: :top, "),
        (":top", ":top needs N - as in: :top 20"),
        (":top many", "'many' is no number of moments"),
        (":top 0", "'0' is no number of moments"),
        (":min-score 2", "'2' is no score"),
        (":pad 1,2,3", "'1,2,3' is no time - as in: :pad 1.5s, or before,after: :pad 1.5s,500ms"),
        (":json", ":json needs FILE"),
        (":json out.json", "nothing has been asked yet"),
        (":quit now", ":quit stands alone"),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_goes_on(typed, films, line, words):
    code, out, err = typed(line, "a dog jumps", after=[films / "short.mp4"])
    assert words in err
    assert len(err.splitlines()) == 1
    assert out.startswith("rank")
    assert code == 2


def test_padding_of_clips_and_of_handles(typed, films, tmp_path):
    lines = ("a dog jumps", ":top 1", f":clips {tmp_path / 'plain'}", ":pad 0.5,250ms", f":clips {tmp_path / 'padded'}")
    _, out, err = typed(*lines, f":export {tmp_path / 'cut.edl'}", after=[films / "short.mp4", "--json"])
    assert err == f"r2: wrote {tmp_path / 'cut.edl'}\n"
    plain, padded = (
        document["clips"][0]["asked"] for document in map(json.loads, out.splitlines()) if document.get("clips")
    )
    assert padded == {"start": max(plain["start"] - 0.5, 0), "end": min(plain["end"] + 0.25, 8.0)}
    assert "END a dog jumps" in (tmp_path / "cut.edl").read_text()


def test_quit_and_help(typed, films):
    code, out, err = typed(":help", ":quit", "a dog jumps", after=[films / "short.mp4"])
    assert (code, out) == (1, "")
    assert ":clips DIR" in err


def test_bad_videos(typed, films, tmp_path):
    code, out, err = typed("a dog jumps", after=[films / "short.mp4", tmp_path / "gone.mp4"])
    assert code == 3
    assert out
    assert "gone.mp4: there is no such file" in err
    assert typed("a dog jumps", after=[tmp_path / "gone.mp4"])[:2] == (3, "")
    assert typed(after=[]) == (2, "", "r2: no video - name one, as in: r2 shell holiday.mp4\n")


@pytest.mark.skipif(os.name == "nt", reason="POSIX terminals")
def test_at_a_terminal(films, random_model):
    """A prompt; Ctrl-C throws away the line only; the arrow brings back what was asked; Ctrl-D ends."""
    import pty

    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "r2cli", "shell", str(films / "short.mp4"), "--model", str(random_model)],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "120"},
        start_new_session=True,
    )
    os.close(slave)
    seen = ""

    def wait_for(words: str) -> str:
        nonlocal seen
        end = time.monotonic() + 60
        while words not in seen:
            assert time.monotonic() < end, seen
            if select.select([master], [], [], 0.1)[0]:
                seen += os.read(master, 65536).decode(errors="replace")
        before, _, seen = seen.partition(words)
        return before

    try:
        wait_for("r2> ")
        os.write(master, b"a dog jumps\n")
        assert "rank" in wait_for("r2> ")
        os.write(master, b"half a que")
        wait_for("half a que")
        time.sleep(0.5)  # Python's readline overlooks a signal that comes while it takes a letter
        process.send_signal(signal.SIGINT)
        wait_for("r2> ")
        os.write(master, b"\x1b[A")  # up
        wait_for("a dog jumps")
        os.write(master, b"\n")
        assert "rank" in wait_for("r2> ")
        os.write(master, b"\x04")
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
        os.close(master)
    assert (data_dir() / "shell_history").read_text().splitlines() == ["a dog jumps"] * 2 or (
        "a dog jumps" in (data_dir() / "shell_history").read_text()  # libedit writes a header
    )
