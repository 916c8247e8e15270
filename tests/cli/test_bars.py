"""What a terminal shows while many videos are read: every line once, the bars below, and nothing at the end."""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tests.films import make_film
from tests.terminals import read_to_end

pyte = pytest.importorskip("pyte")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX terminals")
COLUMNS, LINES = 100, 500
PATIENCE = 120.0


def screen_after(*command: str | Path) -> tuple[int, list[str]]:
    """Run a program on a terminal that is as high as it needs: its exit code, and the lines that are left."""
    import pty

    reader, writer = pty.openpty()
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    env = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    process = subprocess.Popen(
        [sys.executable, *map(str, command)], stdout=writer, stderr=writer, env=env | {"TERM": "xterm-256color"}
    )
    os.close(writer)
    screen = pyte.Screen(COLUMNS, LINES)
    pyte.ByteStream(screen).feed(read_to_end(reader))
    return process.wait(PATIENCE), [line.rstrip() for line in screen.display if line.strip()]


MANY = """
import sys, time
from types import SimpleNamespace
from pathlib import Path
from r2cli.cli.bars import bars
from r2cli.cli.console import Answer, Talk, write_line

videos = [SimpleNamespace(path=Path(f"{number:03d}.mp4"), duration=9.0) for number in range(300)]
with bars(videos, 2.0, Talk()) as shown:
    for number, video in enumerate(videos):
        with shown.of(video) as tell:
            for clips in range(0, 18, 3):
                tell(clips)
                time.sleep(0.0005)
        if number % 50 == 49:
            write_line(f"a note after {number}")
        Answer().write(f"{video.path} indexed\\n")
"""


def test_a_line_for_each_of_many_videos_and_no_bar_at_the_end():
    code, lines = screen_after("-c", MANY)
    assert code == 0
    assert [line for line in lines if line.endswith("indexed")] == [f"{n:03d}.mp4 indexed" for n in range(300)]
    assert [line for line in lines if not line.endswith("indexed")] == [
        f"r2: a note after {number}" for number in range(49, 300, 50)
    ]


@pytest.mark.guard
@pytest.mark.slow
def test_an_index_of_many_files(films, random_model, tmp_path):
    small = make_film(tmp_path / "small.mp4", frames=10)
    (tmp_path / "many").mkdir()
    for number in range(30):
        os.link(small, tmp_path / "many" / f"{number:02d}.mp4")
    code, lines = screen_after("-m", "r2cli", "index", "--model", random_model, tmp_path / "many")
    assert code == 0
    text = "".join(lines)
    for number in range(30):
        assert text.count(f"{number:02d}.mp4  indexed") == 1
    assert "30 videos are indexed" in text
    assert "━" not in text
