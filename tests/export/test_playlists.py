"""Playlists, read by the rules that players have published."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

import pytest

from r2cli.export.document import Document
from r2cli.export.playlists import write_m3u, write_mpv
from tests.export.documents import DOCUMENTS, ODD, SEVERAL


def path_of(address: str) -> bytes:
    """What a player opens."""
    return unquote_to_bytes(urlsplit(address).path) if address.startswith("file://") else address.encode("utf-8")


@pytest.mark.parametrize("document", [Document(SEVERAL), DOCUMENTS["one"]])
def test_m3u_names_files_that_are_true_in_every_folder(document):
    lines = write_m3u(document).decode().splitlines()
    assert lines[0] == "#EXTM3U"
    assert [line[:8] for line in lines[1::4]] == ["#EXTINF:"] * (len(lines) // 4)
    read = [path_of(line) for line in lines[4::4]]
    wanted = [found.video.path for found in document.findings for _ in found.moments]
    assert read == [bytes(Path.cwd() / path) for path in wanted]


def test_m3u_plays_moments_and_clips():
    assert write_m3u(Document((ODD,))).decode().splitlines()[5:8] == [
        "#EXTINF:2.500,odd",
        "#EXTVLCOPT:start-time=10.000",
        "#EXTVLCOPT:stop-time=12.500",
    ]
    assert write_m3u(DOCUMENTS["cuts"]).decode().splitlines()[:3] == [
        "#EXTM3U",
        "#EXTINF:1.633,0",
        str(Path.cwd() / "clips" / "0.mp4"),
    ]


def test_videos_beside_saved_findings_are_found(tmp_path, monkeypatch):
    (tmp_path / "odd.mp4").touch()
    document = Document((ODD,), folder=tmp_path)
    assert str(tmp_path / "odd.mp4") in write_m3u(document).decode().splitlines()
    assert str(tmp_path / "odd.mp4") in write_mpv(document).decode()


ENTRY = re.compile(rb"%(\d+)%")


def entries(content: bytes) -> list[tuple[bytes, float, float]]:
    """The entries of an mpv EDL: names are counted in bytes, so that nothing in them means anything."""
    header, rest = content.split(b"\n", 1)
    assert header == b"# mpv EDL v0"
    found = []
    while rest:
        match = ENTRY.match(rest)
        assert match
        begin, length = match.end(), int(match[1])
        times, _, after = rest[begin + length :].partition(b"\n")
        empty, start, seconds = times.split(b",")
        assert empty == b""
        found.append((rest[begin : begin + length], float(start), float(seconds)))
        rest = after
    return found


def test_mpv_plays_what_there_is():
    assert [entry[1:] for entry in entries(write_mpv(Document((ODD,))))] == [(10.0, 0.5), (0.0, 10.5)]
    read = entries(write_mpv(Document(SEVERAL)))
    assert [path_of(name.decode()) for name, _, _ in read] == [bytes(Path.cwd() / one.video.path) for one in SEVERAL]
