"""Files appear under their name when they are whole; a refusal leaves nothing behind."""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path

import pytest

from r2cli import writing
from r2cli.errors import CommandLineError, NameTakenError, R2Error

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="devices and limits of memory as Linux has them")


@pytest.fixture
def target(tmp_path) -> Path:
    path = tmp_path / "record.json"
    path.write_text("old")
    return path


@pytest.fixture
def calls(monkeypatch) -> list[tuple[str, str]]:
    """What is asked of the disk, in order: `sync` of a name, and `move` to a name."""
    seen: list[tuple[str, str]] = []
    fsync, replace = os.fsync, os.replace

    def sync(number: int) -> None:
        seen.append(("sync", "folder" if stat.S_ISDIR(os.fstat(number).st_mode) else f"{os.fstat(number).st_size}"))
        fsync(number)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(
        os, "replace", lambda one, other: seen.append(("move", Path(other).name)) or replace(one, other)
    )
    return seen


def alone(folder: Path, *names: str) -> bool:
    return sorted(path.name for path in folder.iterdir()) == sorted(names)


def test_a_durable_file_is_on_the_disk_before_its_name_and_its_name_before_anybody_is_told(target, calls):
    writing.replace_text(target, "new text", is_durable=True)
    assert target.read_text() == "new text"
    assert calls == [("sync", "8"), ("move", "record.json"), ("sync", "folder")]
    assert alone(target.parent, "record.json")


def test_what_need_not_last_waits_for_no_disk(target, calls):
    writing.replace_text(target, "ü", is_durable=False)
    assert target.read_bytes() == "ü".encode()
    assert calls == [("move", "record.json")]


def test_what_a_user_asked_for_lasts(tmp_path, calls):
    with writing.beside(tmp_path / "clip.mp4", force=False) as unfinished:
        unfinished.write_bytes(b"clip")
        unfinished.with_name("sound").write_bytes(b"beep")
    assert calls == [("sync", "4"), ("move", "clip.mp4"), ("sync", "folder")]
    assert alone(tmp_path, "clip.mp4")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
@pytest.mark.parametrize("fails", ["write", "fsync", "replace"])
def test_a_full_disk_leaves_the_old_file_and_no_other(target, monkeypatch, number, fails):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    if fails != "write":
        monkeypatch.setattr(os, fails, refuse)
    for _ in range(3):
        with pytest.raises(OSError), writing.replaced(target, is_durable=True) as fresh:
            fresh.write_text("new")
            if fails == "write":
                refuse()
    assert target.read_text() == "old"
    assert alone(target.parent, "record.json")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="limits of processes")
@pytest.mark.parametrize("is_durable", [True, False])
def test_a_file_that_may_not_become_so_large(target, is_durable):
    import resource
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OSError) as refusal:
            writing.replace_text(target, "x" * 100_000, is_durable=is_durable)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert refusal.value.errno == errno.EFBIG
    assert target.read_text() == "old"
    assert alone(target.parent, "record.json")


def test_an_interruption_leaves_the_old_file_and_no_other(target):
    with pytest.raises(KeyboardInterrupt), writing.replaced(target, is_durable=True) as fresh:
        fresh.write_text("half")
        raise KeyboardInterrupt
    assert target.read_text() == "old"
    assert alone(target.parent, "record.json")


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP, errno.EACCES])
def test_a_system_that_knows_no_syncing_of_folders(target, monkeypatch, number):
    fsync = os.fsync

    def sync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", sync)
    writing.replace_text(target, "new", is_durable=True)
    assert target.read_text() == "new"


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_who_may_read_it(target):
    old = os.umask(0o027)
    try:
        writing.replace_text(target, "new", is_durable=False)
        assert stat.S_IMODE(target.stat().st_mode) == 0o640
        with writing.replaced(target, is_durable=False, mode=0o600) as fresh:
            assert stat.S_IMODE(fresh.stat().st_mode) == 0o600  # never open to others, not even for a moment
            fresh.unlink()
            fresh.write_text("made anew by who writes it")
        assert stat.S_IMODE(target.stat().st_mode) == 0o600
    finally:
        os.umask(old)


def test_a_name_that_is_taken_meanwhile_stays_whose_it_is(tmp_path):
    target = tmp_path / "clip.mp4"
    with pytest.raises(NameTakenError), writing.beside(target, force=False) as unfinished:
        unfinished.write_bytes(b"clip")
        target.write_text("somebody else's")
    assert target.read_text() == "somebody else's"
    assert alone(tmp_path, "clip.mp4")
    with writing.beside(target, force=True) as unfinished:
        unfinished.write_bytes(b"clip")
    assert target.read_bytes() == b"clip"


def test_errors_call_an_unfinished_file_by_its_name(tmp_path):
    target = tmp_path / "clip.mp4"
    with pytest.raises(R2Error) as raised, writing.beside(target, force=False) as unfinished:
        raise R2Error(f"file:{unfinished} is odd, as {unfinished.with_name('sound')} is")
    assert raised.value.message == f"{target} is odd, as {target} is"
    assert alone(tmp_path)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_said_to_be_full(tmp_path, monkeypatch, number):
    def refuse(*_):
        raise OSError(number, "words of the system")

    monkeypatch.setattr(os, "fsync", refuse)
    with (
        pytest.raises(CommandLineError, match="make room, or choose another folder"),
        writing.beside(tmp_path / "clip.mp4", force=False) as unfinished,
    ):
        unfinished.write_bytes(b"clip")
    assert alone(tmp_path)
