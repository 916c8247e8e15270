"""Playing a moment, with a program that writes down what it was told."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from r2cli.errors import CommandLineError, UnreadableInputError
from r2cli.picking import play as playing
from r2cli.picking.play import Stretch, play


@pytest.fixture
def started(monkeypatch):
    """The commands that were started, instead of starting them."""
    commands: list[list[str]] = []
    monkeypatch.setattr(subprocess, "Popen", lambda command, **streams: commands.append(command))
    return commands


@pytest.mark.parametrize("name", ["mpv", "ffplay"])
def test_the_player_is_told_when_to_begin_and_to_end(started, films, monkeypatch, name):
    monkeypatch.setattr(playing.shutil, "which", lambda one: f"/bin/{one}" if one == name else None)
    monkeypatch.chdir(films)
    play(Stretch(Path("short.mp4"), 1.5, 2.25))
    (command,) = started
    assert command[0] == f"/bin/{name}"
    assert os.path.isabs(command[-1].removeprefix("file:"))
    assert {"--start=1.500000", "--end=2.250000"} <= set(command) or command[-8:-2].count("0.750000") == 1


def test_what_is_no_film_gets_to_no_player(started, tmp_path):
    (tmp_path / "list.m3u8").write_text("#EXTM3U\nhttp://127.0.0.1:9/x.ts\n")
    for name in ("list.m3u8", "gone.mp4"):
        with pytest.raises(UnreadableInputError):
            play(Stretch(tmp_path / name, 0.0, 1.0))
    assert started == []


def test_without_a_player(started, films, monkeypatch):
    monkeypatch.setattr(playing.shutil, "which", lambda one: None)
    with pytest.raises(CommandLineError, match="there is no player - install mpv or ffplay"):
        play(Stretch(films / "short.mp4", 0.0, 1.0))
