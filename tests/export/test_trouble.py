"""Places that take no file, and findings that somebody has edited: a line that says so, and nothing half-written."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from r2cli.__main__ import main
from r2cli.export.document import Document
from r2cli.export.formats import FORMATS, Format
from r2cli.export.json.findings import write_json
from r2cli.findings import Moment, VideoSource
from tests.export.documents import FOUND, ODD

resource = pytest.importorskip("resource", reason="limits of files are those of Unix")
EVERY = pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
SOME = pytest.mark.parametrize("form", [FORMATS[name] for name in ("json", "srt", "otio", "html", "png", "files0")])
"""Of each kind one: all are written by the same few lines."""
Run = Callable[..., tuple[int, str, list[str]]]


@pytest.fixture
def run(tmp_path, monkeypatch, capfd) -> Run:
    """Export in an empty folder: exit code, standard output, lines of standard error."""
    monkeypatch.chdir(tmp_path)

    def run(
        document: Document | bytes, *words: str | Path, on: AbstractContextManager[Any] | None = None
    ) -> tuple[int, str, list[str]]:
        Path("in.json").write_bytes(document if isinstance(document, bytes) else write_json(document))
        capfd.readouterr()
        with on or nullcontext():
            code = main(["export", "in.json", *map(str, words)])
        out, err = capfd.readouterr()
        return code, out, err.splitlines()

    return run


def many(count: int = 20) -> Document:
    """So many moments of one video, and of so many more one, that every format writes some thousand bytes."""
    moments = tuple(Moment(10.0 * n, 10.0 * n + 5, 1 - n / 100) for n in range(count))
    return Document((replace(FOUND, query="a dog jumps over it " * 4, video=_video("a" * 50), moments=moments),))


def several(count: int = 30) -> Document:
    return Document(
        tuple(replace(FOUND, video=_video(f"{n} {'a' * 50}"), moments=FOUND.moments[:1]) for n in range(count))
    )


def _video(name: str) -> VideoSource:
    return VideoSource(Path(f"{name}.mp4"), 1000.0, Fraction(25))


def left() -> dict[str, bytes]:
    """All files in the current folder and below, whole."""
    return {str(path): path.read_bytes() for path in Path().rglob("*") if path.is_file() and path.name != "in.json"}


def files_in(forms: Iterable[Format]) -> tuple[str, ...]:
    """Options for a file in each of some formats that have a suffix."""
    return tuple(word for form in forms if form.suffixes for word in ("--out", f"a{form.suffixes[0]}"))


EDITORS = ("otio", "edl", "fcpxml", "fcp7")
EVERYWHERE = files_in(FORMATS.values())
IN_TEXT = files_in(form for form in FORMATS.values() if form.is_text)
SIZE = 1500
"""Bytes."""


@SOME
def test_what_is_there_stays_as_it_was(run, form: Format):
    Path("there").write_bytes(b"mine")
    code, out, lines = run(many(2), "--format", form.name, "--out", "there")
    assert (code, out, left()) == (2, "", {"there": b"mine"})
    assert lines == ["r2: there exists already - choose another name, or --force to overwrite it"]
    code, out, _ = run(many(2), "--format", form.name, "--out", "there", "--force")
    assert (code, out) == (0, "")
    assert left()["there"] != b"mine"


@SOME
def test_a_folder_is_no_file(run, form: Format):
    Path("folder").mkdir()
    code, out, lines = run(many(2), "--format", form.name, "--out", "folder")
    if form.of_one_video:  # a file for each video goes there
        assert (code, lines[-1]) == (0, f"r2: wrote folder/{'a' * 50}{form.suffixes[0]}")
        return
    assert (code, out, left()) == (2, "", {})
    assert lines == ["r2: folder is a folder - name a file"]


@contextmanager
def files_up_to() -> Iterator[None]:
    """The system refuses every byte of a file beyond the first ones, as a quota does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SIZE, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def half_written() -> Iterator[None]:
    """A disk on which there is room for half of a file."""
    written = Path.write_bytes

    def half(path: Path, content: bytes) -> int:
        written(path, content[: len(content) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with patch.object(Path, "write_bytes", half):
        yield


@EVERY
@pytest.mark.parametrize(
    ("trouble", "words", "options"),
    [(files_up_to, "it becomes larger than a file may be here", ()), (half_written, "the disk is full", ("--force",))],
    ids=["a limit", "a full disk, over another"],
)
def test_what_does_not_fit_is_not_there_at_all(run, form: Format, trouble, words, options):
    document = several() if form.name.startswith("files") else many()
    assert len(form.write(document)) > SIZE, "else it would fit"
    mine = {"there": b"mine"} if options else {}
    for name, content in mine.items():
        Path(name).write_bytes(content)
    code, out, lines = run(document, "--format", form.name, "--out", "there", *options, on=trouble())
    assert (code, out, left()) == (2, "", mine)
    assert lines[-1] == f"r2: there: {words} - make room, or choose another folder"
    assert [line for line in lines if " - " in line] == lines[-1:], "one complaint; the rest are notes"


@pytest.mark.skipif(not Path("/sys/kernel").is_dir(), reason="a folder in which nobody may make files")
@SOME
def test_a_folder_that_takes_no_files(run, form: Format):
    code, out, lines = run(many(2), "--format", form.name, "--out", "/sys/kernel/there")
    assert (code, out, left()) == (2, "", {})
    assert lines[-1].startswith("r2: /sys/kernel cannot be written to: ")
    assert lines[-1].endswith(" - choose another folder")


def test_one_place_that_fails_keeps_no_other_from_being_written(run):
    code, _, lines = run(many(2), "--out", "a.csv", "--out", "no.json", "--out", "b.srt", on=refused("no.json"))
    assert code == 2
    assert sorted(left()) == ["a.csv", "b.srt"]
    assert [line.rpartition(" ")[2] for line in lines] == ["a.csv", "b.srt", "folder"]


@contextmanager
def refused(name: str) -> Iterator[None]:
    """Nothing can be given this name."""
    move = os.replace

    def picky(source: Any, target: Any) -> None:
        if Path(target).name == name:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        move(source, target)

    with patch.object(os, "replace", picky):
        yield


def edited(**values: Any) -> bytes:
    """Findings in which somebody has changed the first moment."""
    content = json.loads(write_json(Document((FOUND,))))
    content["results"][0]["moments"][0].update(values)
    return json.dumps(content).encode()


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"score": float("nan")}, "NaN is not a number"),
        ({"score": float("inf")}, "Infinity is not a number"),
        ({"end": float("-inf")}, "-Infinity is not a number"),
        ({"start": -0.5}, "results[0].moments[0].start is -0.5, not a time in seconds"),
        ({"start": 4.0, "end": 3.0}, "results[0].moments[0] ends before it starts"),
        ({"score": None}, "results[0].moments[0].score is missing, not a number"),
    ],
    ids=str,
)
def test_numbers_that_are_none(run, values, complaint):
    code, out, lines = run(edited(**values), *EVERYWHERE)
    assert (code, out, left()) == (3, "", {})
    (line,) = lines
    assert line.startswith(f"r2: in.json: not findings of r2: {complaint} - ")


def test_moments_without_length_and_beyond_the_end(run):
    """Each is written as far as it is in the film, and what has no length has as little as the format can say."""
    code, _, lines = run(Document((ODD,)), *EVERYWHERE)
    assert code == 0
    assert sorted(left()) == sorted(EVERYWHERE[1::2])
    assert [name for name, content in left().items() if not content] == []
    assert len([line for line in lines if line.startswith("r2: wrote ")]) == len(left())


@pytest.mark.parametrize(
    ("rate", "note"),
    [
        (Fraction(0), "no rate is known: counted at 25 pictures a second"),
        (Fraction(1), ""),
        (Fraction(7, 3), "2.333 pictures a second are counted at 23.976: times are rounded to its pictures"),
        (Fraction(1, 999_999_999), ""),
        (Fraction(999_999_999), "999999999.000 pictures a second are counted at 60.000: times are rounded"),
        (Fraction(1001), "1001.000 pictures a second are counted at 60.000: times are rounded to its pictures"),
    ],
    ids=str,
)
def test_rates_that_nobody_knows(run, rate, note):
    found = replace(FOUND, video=VideoSource(Path("gone.mp4"), 10.5, rate))
    code, _, lines = run(Document((found,)), *IN_TEXT)
    assert (code, sorted(left())) == (0, sorted(IN_TEXT[1::2]))
    notes = {line for line in lines if "counted at" in line}
    assert len(notes) == bool(note)
    assert all(line.startswith(f"r2: {note}") for line in notes)


def test_a_video_that_is_not_there(run):
    """The moments are written, and what only the video could tell is left out in a line."""
    code, _, lines = run(many(2), *EVERYWHERE)
    assert code == 0
    gone = f"r2: {'a' * 50}.mp4: there is no such file"
    expected = []
    for form in (form for form in FORMATS.values() if form.suffixes):
        expected += [f"{gone}: its timecode, size and sound are left out"] * (form.name in EDITORS)
        expected += [f"{gone}: no pictures of it"] * (form.stills is not None)
        expected.append(f"r2: wrote a{form.suffixes[0]}")
    assert lines == expected
