"""Files of r2's own: what is no file is refused at once, and so is what is too large."""

from __future__ import annotations

import json
import os
import sys

import pytest

from r2cli import files
from tests.foreign import KINDS, each_kind, little_memory, needs_posix

__all__ = ["little_memory"]

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="devices and limits of memory as Linux has them")


@on_linux
@needs_posix
@each_kind
@pytest.mark.timeout(20)
@pytest.mark.usefixtures("little_memory")
def test_what_is_no_file_of_ours_is_refused_at_once(tmp_path, put):
    path = tmp_path / "own"
    put(path)
    for to_write in (False, True):
        if put is not KINDS["sparse"]:
            with pytest.raises(OSError):
                files.open_file(path, to_write=to_write)
    with pytest.raises(OSError):
        files.read_file(path, 1000)
    with pytest.raises(OSError):
        files.read_json(path, 1000)
    assert len(os.listdir("/proc/self/fd")) < 200


@needs_posix
def test_a_link_is_followed_by_who_reads_and_never_by_who_writes(tmp_path):
    (tmp_path / "real").write_bytes(b"[1]")
    (tmp_path / "link").symlink_to("real")
    assert files.read_json(tmp_path / "link", 3) == [1]
    with pytest.raises(OSError, match=r"\blink\b"):
        files.open_file(tmp_path / "link", to_write=True)


def test_the_largest_file_and_one_that_is_larger(tmp_path):
    (tmp_path / "own").write_bytes(b"12345")
    assert files.read_file(tmp_path / "own", 5) == b"12345"
    with pytest.raises(OSError, match="too large"):
        files.read_file(tmp_path / "own", 4)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\udcff", "1" * 5000])
def test_what_is_no_json(tmp_path, text):
    (tmp_path / "own").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ValueError):
        files.read_json(tmp_path / "own", 1 << 20)
    (tmp_path / "own").write_text(json.dumps({"a": [1]}))
    assert files.read_json(tmp_path / "own", 1 << 20) == {"a": [1]}
