"""Pictures of moments on a terminal: what it shows, and what is said where there can be none."""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import sys
import termios
from importlib import util
from pathlib import Path

import pytest

from r2cli.cli import thumbs
from r2cli.cli.commands import find
from r2cli.cli.exports import Exports
from r2cli.errors import CommandLineError
from r2cli.export.document import Kind
from tests.films import H264, run_ffmpeg
from tests.terminals import read_to_end

pyte = pytest.importorskip("pyte")
pytest.importorskip("textual_image")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX terminals")
COLUMNS, LINES = 80, 100
SHOW = """
import sys
from fractions import Fraction
from pathlib import Path
from r2cli.cli.console import Talk
from r2cli.cli.exports import Exports
from r2cli.cli.thumbs import require_pictures, show_thumbs
from r2cli.export.document import Kind
from r2cli.findings import Findings, ModelSource, Moment, Saliency, Sampling, VideoSource
from r2cli.video.probe import probe

require_pictures(Exports(Kind.FINDINGS))
video = probe(Path(sys.argv[1]))
saliency = tuple(Saliency(number + 0.5, score) for number, score in enumerate((0.1, 0.2, 0.3, 0.9)))
moments = (Moment(2.0, 4.0, 0.9), Moment(0.0, 2.0, 0.5))
source = VideoSource(video.path, video.duration, Fraction(10))
found = Findings("q", source, ModelSource("m", "0", "b"), Sampling(1, 4), moments, saliency)
show_thumbs([found], [video], Talk(quiet=True))
"""


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    """4 s, 160x90: red, and after two seconds blue."""
    path = tmp_path_factory.mktemp("thumbs") / "a.mp4"
    colours = ("-f", "lavfi", "-i", "color=red:s=160x90:r=10:d=2", "-f", "lavfi", "-i", "color=blue:s=160x90:r=10:d=2")
    run_ffmpeg(*colours, "-filter_complex", "concat=n=2", *H264, path)
    return path


def on_a_terminal(*words: str | Path, answer: bytes = b"") -> tuple[int, bytes]:
    """Run Python on a terminal of a size in cells and in pixels.

    What it answers when it is asked what it can show lies ready from the beginning: nobody waits for it in vain.
    """
    import pty

    reader, writer = pty.openpty()
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, COLUMNS * 10, LINES * 20))
    left = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    env = left | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    command = [sys.executable, *map(str, words)]
    os.write(reader, answer)
    process = subprocess.Popen(command, stdin=writer, stdout=writer, stderr=writer, env=env)
    os.close(writer)
    said = read_to_end(reader)
    return process.wait(120), said


def test_half_blocks_where_a_terminal_knows_no_pictures(film):
    code, said = on_a_terminal("-c", SHOW, film)
    screen = pyte.Screen(COLUMNS, LINES)
    pyte.ByteStream(screen).feed(said)
    lines = [line.rstrip() for line in screen.display]
    assert code == 0, lines
    first, second = (number for number, line in enumerate(lines) if " of " in line)
    assert lines[first].startswith("1   0:02.0 - 0:04.0 of ")
    told = "".join(lines[first : first + 3]).split("▀")[0]
    assert told.replace(" ", "").endswith(",at0:03.5")  # a long path leaves it a line of its own
    shown = {"1": [], "2": []}
    for row in range(len(lines)):
        blocks = [cell for cell in (screen.buffer[row][column] for column in range(COLUMNS)) if cell.data == "▀"]
        if blocks:
            shown["1" if row < second else "2"].append(blocks)
    assert [len(rows) for rows in shown.values()] == [12, 12]
    for rows, is_right in (
        (shown["1"], lambda r, g, b: b > 200 > 60 > r),
        (shown["2"], lambda r, g, b: r > 200 > 60 > b),
    ):
        assert {len(blocks) for blocks in rows} == {43}, "as wide as 16:9 is in cells of 10x20, 12 high"
        for cell in (cell for blocks in rows for cell in blocks):
            for colour in (cell.fg, cell.bg):
                assert is_right(*bytes.fromhex(colour))


def test_sixel_where_a_terminal_knows_it(film):
    code, said = on_a_terminal("-c", SHOW, film, answer=b"\x1b[?62;4c")
    assert code == 0, said
    assert said.count(b"\x1bP") == 2, "a picture each"
    assert "▀".encode() not in said


def test_where_there_is_no_terminal_it_is_said_before_any_work(r2, films, monkeypatch):
    monkeypatch.setattr(find, "probe_all", None)
    code, out, err = r2("find", films / "short.mp4", "a dog jumps", "--thumbs")
    assert (code, out) == (2, "")
    said = "--thumbs shows pictures on a terminal, and input or output is none - for a file: --out sheet.png"
    assert err == f"r2: {said}\n"
    code, out, err = r2("highlight", films / "short.mp4", "--thumbs", "--json")
    assert (code, out) == (2, "")
    assert err == "r2: --thumbs has no place in json - leave one of them out\n"


def test_colours_and_the_library_are_needed(monkeypatch):
    monkeypatch.setattr(thumbs, "_is_terminal", lambda stream: True)
    with pytest.raises(CommandLineError, match="in colours, and there are none - see: --color, NO_COLOR, TERM"):
        thumbs.require_pictures(Exports(Kind.FINDINGS))
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    thumbs.require_pictures(Exports(Kind.FINDINGS))
    monkeypatch.setattr(thumbs, "find_spec", lambda name: util.find_spec(f"no_{name}"))
    with pytest.raises(CommandLineError, match=r"not installed - type: pip install 'r2cli\[terminal\]'"):
        thumbs.require_pictures(Exports(Kind.FINDINGS))


def test_a_picture_that_cannot_be_read_is_said():
    from r2cli.findings import Findings, ModelSource, Moment, Sampling, VideoSource
    from r2cli.present.thumbs import caption

    moment = Moment(1.0, 2.0, 0.5)
    source = VideoSource(Path("a\x1b.mp4"), 4.0, 10)
    found = Findings("q", source, ModelSource("m", "0", "b"), Sampling(1, 4), (moment,), ())
    assert caption(3, moment, found, 1.5, is_damaged=True).plain == (
        r"3   0:01.0 - 0:02.0 of a\x1b.mp4, at 0:01.5: this picture cannot be read"
    )
