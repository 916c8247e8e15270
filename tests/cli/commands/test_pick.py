"""`r2 pick`: what it needs, what it reviews, and what becomes of it; the screen itself: `tests/picking`."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from r2cli.cli.commands import pick
from r2cli.export.document import Document
from r2cli.export.json.findings import write_json
from tests.export.documents import DOCUMENTS, FOUND


@pytest.fixture
def terminal(monkeypatch):
    """A terminal, as far as the command can tell."""
    monkeypatch.setattr(pick, "_has_terminal", lambda: True)


@pytest.fixture
def screens(monkeypatch):
    """What comes on the screen, instead of one: reviews, and what each wish would be called."""
    from r2cli.picking.screen import PickScreen

    seen: list[PickScreen] = []

    def run(self: PickScreen) -> None:
        seen.append(self)
        self.told.append("wrote x.json")

    monkeypatch.setattr(PickScreen, "run", run)
    return seen


def test_without_a_terminal_it_says_what_to_do_instead(r2, films, monkeypatch):
    code, out, err = r2("pick", films / "short.mp4", "a dog jumps")
    assert (code, out) == (2, "")
    assert err == (
        "r2: r2 pick needs a terminal: standard input, output and error are its keys and its screen - elsewhere, "
        "review on a page: r2 find VIDEO QUERY --out review.html\n"
    )


@pytest.mark.parametrize(
    ("term", "missing", "has"), [("xterm", None, True), ("dumb", None, False), ("xterm", 1, False)]
)
def test_all_three_streams_must_be_the_terminal(monkeypatch, term, missing, has):
    class Stream:
        def __init__(self, is_terminal: bool) -> None:
            self.isatty = lambda: is_terminal

    monkeypatch.setenv("TERM", term)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        monkeypatch.setattr(sys, name, Stream(number != missing))
    assert pick._has_terminal() is has


def test_without_textual_it_says_what_to_install(r2, terminal, monkeypatch):
    monkeypatch.setattr(pick, "find_spec", lambda name: None)
    assert r2("pick", "x.json") == (
        2,
        "",
        "r2: r2 pick needs textual, which is not installed - type: pip install 'r2cli[pick]'\n",
    )


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["gone.json"], 3, "gone.json: there is no such file"),
        (["-"], 2, "standard input is for keys, findings cannot come from there"),
        (["holiday.mp4"], 2, "no query after 'holiday.mp4'"),
        ([], 2, "no video and no query"),
        (["holiday.mp4", "a", "dog"], 2, "the query is 2 arguments"),
        (["cuts.json"], 2, "cuts.json tells of clips and holds no moments"),
        (["empty.json"], 1, ""),
    ],
)
def test_what_cannot_be_reviewed(r2, terminal, screens, tmp_path, monkeypatch, words, code, said):
    monkeypatch.chdir(tmp_path)
    Path("cuts.json").write_bytes(write_json(DOCUMENTS["cuts"]))
    Path("empty.json").write_bytes(write_json(DOCUMENTS["nothing"]))
    ended, out, err = r2("pick", *words)
    assert (ended, out, screens) == (code, "", [])
    assert said in err
    assert len(err.splitlines()) == bool(said)


def test_saved_findings_come_with_paths_that_are_true_here(r2, terminal, screens, films, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("sub").mkdir()
    Path("sub", "film.mp4").symlink_to(films / "short.mp4")
    found = replace(FOUND, video=replace(FOUND.video, path=Path("film.mp4")))
    Path("sub", "dogs.json").write_bytes(write_json(Document((found,))))
    assert r2("pick", "sub/dogs.json") == (0, "", "r2: wrote x.json\n")
    (screen,) = screens
    assert screen.review.candidate.found.video.path == Path("sub/film.mp4")
    assert [screen.names[wish] for wish in screen.names] == [
        "dogs-picked.json",
        "clips",
        "dogs-picked.mp4",
        "dogs-picked.csv",
    ]
    assert screen.writer.force is False
    assert r2("pick", "sub/dogs.json", "--force", "-q") == (0, "", "")
    assert screens[1].writer.force is True


def test_videos_are_searched_as_by_find(r2, terminal, screens, films, random_model, tmp_path):
    ask = (films / "short.mp4", films / "long.mp4", tmp_path / "gone.mp4", "a dog jumps", "--top", "3")
    model = ("--model", random_model)
    code, _, err = r2("pick", *ask, *model)
    assert code == 3
    assert "gone.mp4: there is no such file" in err
    results = json.loads(r2("find", *ask, *model, "--json")[1])["results"]
    found = screens[0].review.document.findings
    assert [[(one.start, one.end, one.score) for one in each.moments] for each in found] == [
        [(one["start"], one["end"], one["score"]) for one in each["moments"]] for each in results
    ]
    nothing = r2("pick", *ask[:2], "a dog jumps", "--min-score", "1", *model)
    assert nothing[0] == 1
    assert "match" in nothing[2]
    assert len(screens) == 1


def test_no_screen_is_loaded_before_it_is_known_that_there_is_one():
    program = (
        "import sys; from r2cli.__main__ import main; main(['pick', 'x.json']);"
        "sys.exit(' '.join({'textual', 'textual_image', 'av', 'torch'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    assert (done.returncode, "needs a terminal" in done.stderr) == (0, True), done.stderr
