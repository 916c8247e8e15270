"""What is seen while libraries load: on a terminal at once, and nothing of it afterwards or in a pipe."""

from __future__ import annotations

import io
import sys

import pytest

from r2cli.cli.console import Talk


class Terminal(io.StringIO):
    """Standard error that somebody watches."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def screen(monkeypatch):
    """Where it goes from now on; the stream of the test's own run, which is not the one of its preparation."""

    def watch() -> Terminal:
        monkeypatch.setenv("TERM", "xterm")
        stream = Terminal()
        monkeypatch.setattr(sys, "stderr", stream)
        return stream

    return watch


def test_it_is_there_at_once_and_gone_afterwards(screen):
    shown = screen()
    with Talk().loading():
        assert shown.getvalue() == "loading ..."
    assert shown.getvalue() == "loading ...\r\x1b[K"


def test_a_note_takes_its_line(screen):
    shown = screen()
    with Talk().loading(), Talk().loading():
        Talk().note("downloading")
    assert shown.getvalue() == "loading ...\r\x1b[Kr2: downloading\n"


def test_an_error_takes_its_line(screen):
    shown = screen()
    with pytest.raises(ValueError, match="no"), Talk().loading():
        raise ValueError("no")
    assert shown.getvalue() == "loading ...\r\x1b[K"


def test_nobody_sees_it_who_does_not_watch(screen, monkeypatch):
    shown = screen()
    with Talk(quiet=True).loading():
        pass
    monkeypatch.setenv("TERM", "dumb")
    with Talk().loading():
        pass
    assert shown.getvalue() == ""


def test_a_search_shows_it_first(films, random_model, screen):
    shown = screen()
    from r2cli.__main__ import main

    assert main(["find", str(films / "short.mp4"), "a dog", "--model", str(random_model)]) == 0
    assert shown.getvalue().startswith("loading ...\r\x1b[K")
