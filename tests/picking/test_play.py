"""Playing a moment from the screen: in the player that was set, and nothing that is no film."""

from __future__ import annotations

import subprocess

import pytest

from r2cli.cli.picked import play
from r2cli.cli.players import PlayerError, find_player
from r2cli.errors import UnreadableInputError
from r2cli.picking.wishes import Stretch


@pytest.fixture
def started(monkeypatch, tmp_path):
    """The commands that were started, instead of starting them; the player is one that is called mpv."""
    program = tmp_path / "mpv"
    program.write_text("")
    program.chmod(0o755)
    monkeypatch.setenv("R2_PLAYER", str(program))
    commands: list[list[str]] = []
    monkeypatch.setattr(subprocess, "Popen", lambda command, **streams: commands.append(command))
    return commands


def test_the_player_is_told_when_to_begin_and_to_end(started, films):
    from r2cli.tasks.open_video import open_video

    open_video(films / "short.mp4")
    play(Stretch(films / "short.mp4", 1.5, 2.25))
    assert started[-1] == find_player().command(films / "short.mp4", 1.5, 2.25)
    assert {"--start=1.500", "--end=2.250"} <= set(started[-1])


def test_what_is_no_film_gets_to_no_player(started, tmp_path):
    (tmp_path / "list.m3u8").write_text("#EXTM3U\nhttp://127.0.0.1:9/x.ts\n")
    for name in ("list.m3u8", "gone.mp4"):
        with pytest.raises(UnreadableInputError):
            play(Stretch(tmp_path / name, 0.0, 1.0))
    assert not [one for one in started if "mpv" in one[0]]


def test_a_player_that_is_none(films, monkeypatch):
    monkeypatch.setenv("R2_PLAYER", "no-such-player")
    with pytest.raises(PlayerError, match="which is not a program"):
        play(Stretch(films / "short.mp4", 0.0, 1.0))
