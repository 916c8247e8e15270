"""What is recorded of downloaded files, and how often they are read to be held to it."""

from __future__ import annotations

import os
import sys

import pytest

from r2cli.hub import Found, HubFile, digests, fetch
from r2cli.hub.digests import describe, read_record, write_record
from r2cli.paths import data_dir

FILE = HubFile("someone/models", "checkpoints/model.pth", 3)


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.pth"
    path.write_bytes(b"abc")
    return path


def test_a_full_disk_leaves_the_old_record_and_nothing_else(model, monkeypatch):
    old = describe(model, "0" * 64)
    write_record(FILE, old)

    def refuse(*_):
        raise OSError(28, "No space left on device")

    for broken in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, broken, refuse)
            for _ in range(3):
                write_record(FILE, describe(model, "1" * 64))
    assert [path.name for path in (data_dir() / "digests").iterdir()] == [
        "someone--models--checkpoints--model.pth.json"
    ]
    assert read_record(FILE) == old


@pytest.mark.parametrize("content", ["", "[]", "3", "{}", "[" * 60_000, '{"sha256": "' + "0" * 70_000 + '"}'])
def test_a_record_that_makes_no_sense_is_none(content):
    place = digests._place(FILE)
    place.parent.mkdir(parents=True)
    place.write_text(content)
    assert read_record(FILE) is None


@pytest.mark.parametrize(("size", "reads"), [(64 << 20, 3), ((64 << 20) + 1, 1)])
def test_what_is_small_is_verified_at_each_use_and_what_is_large_once(model, monkeypatch, size, reads):
    os.truncate(model, size)
    read = []
    monkeypatch.setattr(sys.modules["r2cli.hub.fetch"], "find_file", lambda file: Found(model, size, "", is_own=False))
    monkeypatch.setattr(sys.modules["r2cli.hub.fetch"], "file_digest", lambda path: read.append(path) or "0" * 64)
    for _ in range(3):
        assert fetch(FILE, on_note=lambda note: None) == model
    assert len(read) == reads
    os.utime(model, (1, 1))
    fetch(FILE, on_note=lambda note: None)
    assert len(read) == reads + 1
