"""Videos that are listed by another program."""

from __future__ import annotations

import io
import os
import shutil
from pathlib import Path

import pytest

from r2cli.cli.listed import listed_videos
from r2cli.errors import CommandLineError, UnreadableInputError

NAMES = ["a.mp4", " b .mp4", "c\rd.mp4", "é\u2028\x85.mp4", os.fsdecode(b"\xff.mp4"), "#e.mp4", "=f.mp4"]


def given(content: bytes, folder: Path) -> Path:
    path = folder / "list"
    path.write_bytes(content)
    return path


def test_a_name_in_each_line(tmp_path):
    content = (
        b"\xef\xbb\xbf" + b"".join(os.fsencode(name) + b"\n" for name in [*NAMES, "", "a.mp4"]) + b"g.mp4\r\nh.mp4"
    )
    wanted = [Path(name) for name in [*NAMES, "g.mp4", "h.mp4"]]
    assert listed_videos(given(content, tmp_path)) == wanted


def test_names_that_end_with_a_zero(tmp_path):
    names = [*NAMES, "line\nbreak.mp4"]
    content = b"\0".join(map(os.fsencode, names))
    assert listed_videos(given(content, tmp_path), ended_by_zero=True) == list(map(Path, names))


def test_from_a_pipe(monkeypatch):
    for file, content, zero in ((Path("-"), b"a\nb\n", False), (Path("-"), b"a\0b", True), (None, b"a\0b\0", True)):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
        assert listed_videos(file, ended_by_zero=zero) == [Path("a"), Path("b")]
    assert listed_videos(None) == []


@pytest.mark.parametrize(
    ("content", "zero", "complaint"),
    [
        (b"", False, "there is no video in it - one name in each line, or -0"),
        (b"\n\r\n", False, "there is no video in it"),
        (b"\0\0", True, "there is no video in it"),
        (b"a\0b", False, "names in it end with a zero byte - add -0"),
    ],
)
def test_what_names_no_video(tmp_path, content, zero, complaint):
    with pytest.raises(CommandLineError) as caught:
        listed_videos(given(content, tmp_path), ended_by_zero=zero)
    assert complaint in str(caught.value)


def test_what_cannot_be_read(tmp_path):
    with pytest.raises(UnreadableInputError, match="gone: there is no such file"):
        listed_videos(Path("gone"))
    with pytest.raises(UnreadableInputError, match="it cannot be read"):
        listed_videos(tmp_path)


def test_commands_take_videos_from_a_pipe(r2, films, tmp_path, monkeypatch, random_model):
    monkeypatch.chdir(tmp_path)
    names = ["a b.mp4", "line\nbreak.mp4"]
    for name in (*names, "c.mp4"):
        shutil.copy(films / "short.mp4", name)

    def pipe(content: bytes) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))

    zeros = b"".join(os.fsencode(name) + b"\0" for name in names)
    pipe(zeros)
    code, out, err = r2("find", "-0", "c.mp4", "a dog jumps", "--files", "--print0")
    assert (code, err) == (0, "")
    assert sorted(out.split("\0")) == ["", "a b.mp4", "c.mp4", "line\nbreak.mp4"]
    pipe(zeros)
    assert r2("find", "-0", "a dog jumps", "--files", "--print0")[1].count("\0") == 2
    pipe(b"a b.mp4\nc.mp4\n")
    code, out, _ = r2("find", "--from-file", "-", "a dog jumps", "--files")
    assert (code, sorted(out.splitlines())) == (0, ["a b.mp4", "c.mp4"])
    given(b"a b.mp4\nc.mp4\n", tmp_path)
    (tmp_path / "queries").write_text("a dog jumps\n")
    code, out, _ = r2("find", "--from-file", "list", "--queries", "queries", "--files")
    assert (code, sorted(out.splitlines())) == (0, ["a b.mp4", "c.mp4"])
    code, out, _ = r2("highlight", "--from-file", "list", "--about", "a dog", "--model", random_model, "--files")
    assert (code, sorted(out.splitlines())) == (0, ["a b.mp4", "c.mp4"])
    assert len(r2("index", "--from-file", "list")[1].splitlines()) == 2


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("find", "--from-file", "-", "--queries", "-"), "standard input cannot name both videos and queries"),
        (("find", "-0", "--queries", "-"), "standard input cannot name both videos and queries"),
        (("find", "--from-file", "list"), "the query is empty"),
        (("find", "a.mp4", "a dog jumps", "--print0"), "--print0 has nothing to act on - add --files"),
        (("find", "a.mp4", "a dog jumps", "--json", "--files"), "standard output cannot be both json and files"),
        (
            ("find", "a.mp4", "a dog jumps", "--jsonl", "--format", "csv"),
            "standard output cannot be both csv and JSON",
        ),
    ],
)
def test_what_makes_no_sense(r2, tmp_path, monkeypatch, words, complaint):
    monkeypatch.chdir(tmp_path)
    given(b"a.mp4\n", tmp_path)
    code, out, err = r2(*words)
    assert (code, out) == (2, "")
    assert complaint in err
