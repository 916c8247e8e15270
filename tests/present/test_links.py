"""Links: where they lead, what cannot break out of them, and where there are none."""

from __future__ import annotations

import io
import os
import re
import socket
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest
from rich.console import Console

from r2cli.cli.console import Answer
from r2cli.cuts import Clip, CutMode
from r2cli.present.clips import clip_table
from r2cli.present.links import file_url, linked

LINK = re.compile(r"\x1b\]8;id=[\d-]+;([^\x1b\x07]*)\x1b\\")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="names that Windows does not have")


def clips(*paths: str):
    return clip_table([Clip(Path(path), Path("v"), CutMode.EXACT, 3.4, 6.2, 3.3, 6.3, rank=1) for path in paths])


def drawn(*renderables: object, width: int = 120, **options: object) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=True, color_system="standard", _environ={}, **options)
    for one in renderables:
        console.print(one)
    return stream.getvalue()


@pytest.mark.parametrize(
    "name",
    [
        "plain.mp4",
        "with space;semi#hash?100%.mp4",
        "\x1b]8;;http://evil/\x1b\\.mp4",
        "\x07\x1b\\\x9c\n\r.mp4",
        "ü狗\u202e.mp4",
        "caf\udce9.mp4",
        "[link=http://evil]x[/link].mp4",
        "a/../b.mp4",
    ],
)
def test_a_link_leads_to_the_file_and_nothing_breaks_out_of_it(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (address,) = LINK.findall(drawn(linked(Path(name))))
    assert re.fullmatch(r"file://[A-Za-z0-9.-]*/[A-Za-z0-9._~/%-]*", address)
    host, _, path = address.removeprefix("file://").partition("/")
    assert host == socket.gethostname()
    assert unquote_to_bytes(f"/{path}") == os.fsencode(tmp_path / name)
    left = LINK.sub("", drawn(linked(Path(name)))).replace("\x1b]8;;\x1b\\", "")
    assert left.strip("\n").isprintable(), "and what is shown is spelled out as before"


def test_a_host_that_is_no_name_is_left_out(monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "a\x1b\\b c")
    assert file_url(Path("/a b.mp4")) == "file:///a%20b.mp4"


def test_a_name_that_no_file_can_have_leads_nowhere():
    assert file_url(Path("\ud800.mp4")) == ""
    assert not LINK.search(drawn(linked(Path("\ud800.mp4"))))


@pytest.mark.parametrize("width", [30, 60, 120])
def test_a_name_on_several_lines_is_one_link_and_the_table_stays_as_it_is(width):
    path = "clips/a-rather-long-name-of-a-film-of-dogs.mp4"
    text = drawn(clips(path), width=width)
    assert set(LINK.findall(text)) == {file_url(Path(path))}
    assert len({found[0] for found in re.findall(r"\x1b\]8;(id=[\d-]+);", text)}) == 1
    without = re.sub(r"\x1b\[[\d;]*m|\x1b\]8;[^\x1b]*\x1b\\", "", text)
    assert max(map(len, without.splitlines())) <= width
    assert path in "".join(without.split())


@pytest.mark.parametrize(
    ("is_watched", "color", "environment", "has_links"),
    [
        (True, "auto", {"TERM": "xterm-256color"}, True),
        (True, "auto", {"TERM": "xterm-256color", "NO_COLOR": "1"}, True),
        (True, "never", {"TERM": "xterm-256color"}, False),
        (True, "auto", {"TERM": "dumb"}, False),
        (False, "always", {"TERM": "xterm-256color"}, False),
        (False, "auto", {"TERM": "xterm-256color", "FORCE_COLOR": "1"}, False),
        (False, "auto", {"TERM": "xterm-256color"}, False),
    ],
)
def test_links_are_for_terminals(monkeypatch, is_watched, color, environment, has_links):
    from r2cli.cli import console

    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return is_watched

    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout", screen := Screen())
    token = console._color.set(color)
    try:
        Answer().show(clips("a.mp4"))
    finally:
        console._color.reset(token)
    assert "a.mp4" in screen.getvalue()
    assert bool(LINK.search(screen.getvalue())) == has_links
    assert ("\x1b" in screen.getvalue()) == (has_links or color == "always" or "FORCE_COLOR" in environment)
