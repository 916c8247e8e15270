"""Files that grow lie in a folder of their own, of which nothing stays: not even when the process is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from r2cli.errors import NameTakenError
from r2cli.scratch import sweep
from r2cli.writing import beside, require_folder

WRITER = """
import sys
from pathlib import Path
from r2cli.writing import beside
from r2cli.process import EndedError, end_by, end_tidily

end_tidily()
try:
    with beside(Path(sys.argv[1]), force=False) as unfinished:
        unfinished.write_text("half")
        print("writing", flush=True)
        sys.stdin.read()
except EndedError as ended:
    end_by(ended.number)
"""
A_WEEK = 7 * 86_400


def writer(target: Path) -> subprocess.Popen:
    """Another process, in the middle of writing a file."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(target)], **pipes)
    assert process.stdout.readline() == b"writing\n"
    return process


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)])
def test_nothing_stays_of_a_process_that_is_asked_to_end(tmp_path, number):
    with writer(tmp_path / "clip.mp4") as process:
        process.send_signal(number)
        assert process.wait(30) == -number  # whoever waits for it can tell
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("again", [sweep, require_folder, lambda folder: beside(folder / "b.mp4", force=True)])
def test_what_a_killed_process_left_goes_the_next_time(tmp_path, again):
    with writer(tmp_path / "clip.mp4") as process:
        process.kill()
    assert [path.name[:4] for path in tmp_path.iterdir()] == [".r2-"]
    done = again(tmp_path)
    if done is not None:
        with done as unfinished:
            unfinished.write_text("whole")
    assert [path.name for path in tmp_path.iterdir()] == (["b.mp4"] if done is not None else [])


def test_what_another_process_still_writes_stays(tmp_path):
    with writer(tmp_path / "clip.mp4") as process:
        sweep(tmp_path)
        process.stdin.close()
        assert process.wait(30) == 0
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("clip.mp4", "half")]


def left(folder: Path, *names: str, age: float = A_WEEK) -> Path:
    """A folder as somebody may have left it."""
    folder.mkdir()
    past = time.time() - age
    for name in names:
        (folder / name).write_text("x")
        os.utime(folder / name, (past, past))
    os.utime(folder, (past, past))
    return folder


@pytest.mark.parametrize("files", [(), ("unfinished.mp4",), ("unfinished.mkv", "head.mp4", "fresh")])
def test_old_folders_without_a_lock_go(tmp_path, files):
    left(tmp_path / ".r2-ab12_z9q", *files)
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "files", "age"),
    [
        (".r2-ab12_z9q", ("unfinished.mp4",), 60),  # perhaps of an older r2 that is still at work
        (".r2-ab12_z9q", ("My film.mp4",), A_WEEK),
        (".r2-notes", ("unfinished.mp4",), A_WEEK),
        (".r2-ab12_z9q.bak", ("unfinished.mp4",), A_WEEK),
        ("r2-ab12_z9q", ("unfinished.mp4",), A_WEEK),
    ],
)
def test_what_is_not_certainly_abandoned_stays(tmp_path, name, files, age):
    folder = left(tmp_path / name, *files, age=age)
    sweep(tmp_path)
    assert [path.name for path in folder.iterdir()] == list(files)


def test_folders_inside_and_links_are_not_followed(tmp_path):
    outside = left(tmp_path / "outside", "unfinished.mp4")
    folder = left(tmp_path / ".r2-ab12_z9q")
    left(folder / "inside", "unfinished.mp4")
    os.utime(folder, (0, 0))
    (tmp_path / ".r2-aaaaaaaa").symlink_to(outside, target_is_directory=True)
    sweep(tmp_path)
    assert (outside / "unfinished.mp4").exists()
    assert (folder / "inside" / "unfinished.mp4").exists()


def test_a_file_that_appears_meanwhile_is_not_overwritten(tmp_path):
    target = tmp_path / "clip.mp4"
    with pytest.raises(NameTakenError, match="exists already"), beside(target, force=False) as unfinished:
        unfinished.write_text("ours")
        target.write_text("theirs")
    assert target.read_text() == "theirs"
    assert list(tmp_path.iterdir()) == [target]


def test_with_force_it_is(tmp_path):
    target = tmp_path / "clip.mp4"
    with beside(target, force=True) as unfinished:
        unfinished.write_text("ours")
        target.write_text("theirs")
    assert target.read_text() == "ours"
