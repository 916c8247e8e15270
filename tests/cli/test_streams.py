"""Standard streams that are closed or full, and text from outside that is longer than anybody reads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.marks import guarded

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that takes nothing")
CLOSED = "r2: the answer cannot be written to standard output (bad file descriptor) - send it elsewhere\n"
FULL = "r2: the answer cannot be written to standard output (no space left on device) - send it elsewhere\n"


def run(line: str, *words: str | Path) -> tuple[int, str, str]:
    """A line of the shell, in which `r2` is this program and `$@` are words."""
    script = f'r2() {{ "{sys.executable}" -m r2cli "$@"; }}; {line}'
    done = subprocess.run(["sh", "-c", script, "sh", *map(str, words)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    "command", ["--help", "config", "config --json", guarded("--version"), guarded("cache"), guarded("find --help")]
)
@pytest.mark.parametrize(("where", "said"), [(">&-", CLOSED), ("> /dev/full", FULL)])
def test_an_answer_that_cannot_be_written(command, where, said):
    assert run(f"r2 {command} {where}") == (2, "", said)


@pytest.mark.parametrize("where", ["2>&-", guarded("2> /dev/full")])
def test_what_cannot_be_said_changes_no_answer(where):
    assert run(f"r2 --version {where}") == run("r2 --version")
    assert run(f"r2 fnid {where}") == (2, "", "")
    assert run(f"r2 {where}") == (2, "", "")
    assert run(f"r2 find gone.mp4 dog {where}") == (3, "", "")


def test_an_output_without_a_buffer_that_is_full():
    for command in ("--version", "config"):
        assert run(f"PYTHONUNBUFFERED=1 r2 {command} > /dev/full") == (2, "", FULL)


def test_both_are_closed():
    assert run("r2 config >&- 2>&-") == (2, "", "")


@pytest.mark.guard
@pytest.mark.slow
def test_a_search_whose_answer_cannot_be_written(films, random_model):
    ask = ("--model", random_model, films / "short.mp4", "a dog jumps")
    assert run('r2 find "$@" >&-', *ask) == (2, "", CLOSED)
    assert run('r2 find --json "$@" > /dev/full', *ask) == (2, "", FULL)
    code, out, err = run('r2 find "$@" 2>&-', *ask)
    assert (code, err) == (0, "")
    assert out.startswith("rank")


@pytest.mark.parametrize("command", ["find film.mp4 --queries -", "cut - --clips clips"])
def test_nothing_to_read_is_an_empty_list(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(f"r2 {command} <&-")
    assert (code, out) in ((2, ""), (3, ""))
    (line,) = err.splitlines()
    assert "fault" not in line
    assert not list(tmp_path.iterdir())


def test_a_file_never_takes_the_place_of_a_closed_stream(tmp_path):
    program = (
        "from r2cli.__main__ import run; import r2cli.__main__ as room; import os, sys\n"
        "room.main = lambda: os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY)\n"
        "run()"
    )
    line = f'"{sys.executable}" -c "$1" "$2" <&- >&- 2>&-'
    done = subprocess.run(["sh", "-c", line, "sh", program, str(tmp_path / "file")], check=False)
    assert done.returncode > 2


LONG = "x" * 100_000


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("find", LONG, "a dog"), 3),
        (("find", "film.mp4", LONG), 2),
        (("find", "film.mp4", "a dog", "--device", LONG), 2),
        (("find", "film.mp4", "a dog", "--top", LONG), 2),
        (("find", "film.mp4", "a dog", "--hwaccel", LONG), 2),
        (("find", "film.mp4", "a dog", f"--{LONG}"), 2),
        (("find", "film.mp4", "a dog", "--queries", LONG), 2),
        (("find", "film.mp4", "--queries", LONG), 3),
        (("find", "film.mp4", "a dog", "--format", LONG), 2),
        (("highlight", LONG), 3),
        (("highlight", "film.mp4", "--length", LONG), 2),
        (("highlight", "film.mp4", "--domain", LONG), 2),
        (("index", LONG), 3),
        (("cut", LONG, "--clips", "clips"), 3),
        (("cut", "film.mp4", "--clips", "clips", "--ranks", LONG), 2),
        (("cache", "prune", "--to", LONG), 2),
        (("models", "path", LONG), 4),
        (("models", LONG), 2),
        (("bench", LONG), 3),
        ((LONG,), 2),
    ],
    ids=lambda value: " ".join(word[:12] for word in value) if isinstance(value, tuple) else "",
)
def test_what_is_repeated_is_shortened(r2, films, tmp_path, monkeypatch, words, code):
    monkeypatch.chdir(tmp_path)
    os.link(films / "short.mp4", "film.mp4")
    found, out, err = r2(*words)
    assert (found, out) == (code, "")
    (line,) = err.splitlines()
    assert len(line) <= 700
    assert line.startswith("r2: ")
    assert "a fault of r2" not in line


def test_a_model_that_nobody_can_name(r2, films):
    for name in (LONG, "~nosuchuser/model.safetensors", "~nosuchuser/x"):
        code, out, err = r2("find", films / "short.mp4", "a dog", "--model", name)
        assert (code, out) == (4, "")
        (line,) = err.splitlines()
        assert len(line) <= 700


@pytest.mark.parametrize("length", [10_001, 1_000_000])
def test_a_query_that_is_no_sentence(r2, films, length):
    code, out, err = r2("find", films / "short.mp4", "dog " * (length // 4) + "x")
    assert (code, out) == (2, "")
    (line,) = err.splitlines()
    assert line.startswith("r2: the query has ")
    assert len(line) < 300


def test_unknown_words_are_named_in_short(r2, films):
    code, _, err = r2("find", films / "short.mp4", f"a {'z' * 9000} dog")
    assert code == 0
    (line,) = [line for line in err.splitlines() if "has never seen: zzz" in line]
    assert len(line) < 200


def test_more_queries_than_anybody_waits_for(r2, films, tmp_path):
    (tmp_path / "list.txt").write_text("\n".join(f"a dog {number}" for number in range(3000)))
    code, out, err = r2("find", films / "short.mp4", "--queries", tmp_path / "list.txt")
    assert (code, out) == (2, "")
    assert err.endswith("list.txt: 3000 queries - 1000 at a time are the most: split it\n")


def test_a_query_of_the_list_that_is_no_sentence(r2, films, tmp_path):
    (tmp_path / "list.txt").write_text("a dog\n" + "z" * 20_000)
    code, out, err = r2("find", films / "short.mp4", "--queries", tmp_path / "list.txt")
    assert (code, out) == (2, "")
    assert "the query has 20000 characters" in err
