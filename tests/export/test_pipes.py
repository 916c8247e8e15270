"""Answers for other programs: a line as soon as a film is done, and names that `xargs -0` opens to the byte."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import Any

import pytest

from r2cli.__main__ import main
from r2cli.cli import exports
from r2cli.tasks import find
from r2cli.video import VideoInfo

NAMES = [f"{number:02d}.mp4" for number in range(20)]


@pytest.fixture
def events(films, tmp_path, monkeypatch, capfd) -> list[str]:
    """What happens, in order: a film is read, or so many lines have come out."""
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        os.link(films / "short.mp4", name)
    answer, encode, happened = exports._answer, find.encode, []

    def answered(content: bytes) -> None:
        answer(content)
        happened.append(capfd.readouterr().out)

    def read(video: VideoInfo, *arguments: Any, **options: Any) -> Any:
        happened.append(video.path.name)
        return encode(video, *arguments, **options)

    monkeypatch.setattr(exports, "_answer", answered)
    monkeypatch.setattr(find, "encode", read)
    return happened


def test_the_first_line_is_out_before_the_second_film_is_read(events, r2):
    code, rest, err = r2("find", *NAMES, "a dog jumps", "--jsonl")
    assert (code, rest, err) == (0, "", "")
    assert events.pop() == "", "in the end nothing is left to be told"
    assert events[::2] == NAMES
    assert [line.count("\n") for line in events[1::2]] == [1] * len(NAMES)
    results = [json.loads(line)["results"] for line in events[1::2]]
    assert [[one["video"]["path"] for one in result] for result in results] == [[name] for name in NAMES]


def test_what_is_one_document_comes_at_the_end(events, r2):
    """So what the test above looks at does tell the one from the other."""
    assert r2("find", *NAMES, "a dog jumps", "--json")[0] == 0
    assert events[:-1] == NAMES
    assert len(json.loads(events[-1])["results"]) == len(NAMES)


@pytest.mark.skipif(shutil.which("xargs") is None, reason="there is no xargs")
def test_names_go_through_xargs(films, tmp_path, random_model, monkeypatch, capfdbinary):
    monkeypatch.chdir(tmp_path)
    names = [b"plain.mp4", b" a \"b\" 'c'.mp4", b"two\nlines.mp4", b"caf\xe9 $HOME `id` *.mp4", b"--help.mp4"]
    for name in names:
        shutil.copy(films / "short.mp4", os.fsdecode(name))
    words = ["find", "--model", str(random_model), "--files", "--print0", "--", *map(os.fsdecode, names), "a dog jumps"]
    assert main(words) == 0
    out = capfdbinary.readouterr().out
    assert sorted(out.split(b"\0")) == sorted([*names, b""])
    listed = subprocess.run(["xargs", "-0", "ls", "-1", "--"], input=out, capture_output=True, check=True)
    assert (listed.stderr, len(listed.stdout.splitlines())) == (b"", len(names) + 1), "one name has two lines"
    opened = subprocess.run(["xargs", "-0", "stat", "-c", "%i", "--"], input=out, capture_output=True, check=True)
    assert {int(line) for line in opened.stdout.split()} == {os.stat(name).st_ino for name in names}
