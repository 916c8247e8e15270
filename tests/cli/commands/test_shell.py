"""`r2 shell`: everything is loaded once, then one query after the other."""

from __future__ import annotations

import io
import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from r2cli.paths import data_dir


@pytest.fixture
def typed(r2, monkeypatch):
    """typed("a line", ..., after=[arguments]): lines through a pipe; exit code, standard output, standard error."""

    def run(*lines: str, after: list) -> tuple[int, str, str]:
        content = "".join(f"{line}\n" for line in lines).encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        return r2("shell", *after)

    return run


def test_piped_queries_are_answered_as_by_find(typed, r2, films):
    code, out, err = typed("a dog jumps", "", "# no query", "the cat", after=[films / "long.mp4"])
    assert (code, err) == (0, "")
    assert out == r2("find", films / "long.mp4", "a dog jumps")[1] + r2("find", films / "long.mp4", "the cat")[1]


def test_json_is_a_line_for_each_query(typed, r2, films):
    code, out, _ = typed("a dog jumps", "the cat", after=[films / "short.mp4", films / "long.mp4", "--json"])
    assert code == 0
    first, second = map(json.loads, out.splitlines())
    assert [result["query"] for result in first["results"] + second["results"]] == ["a dog jumps"] * 2 + ["the cat"] * 2
    assert first == json.loads(r2("find", films / "short.mp4", films / "long.mp4", "a dog jumps", "--json")[1])


def test_nothing_found(typed, films):
    code, out, err = typed("a dog jumps", after=[films / "short.mp4", "--min-score", "1"])
    assert (code, out) == (1, "")
    assert 'matches "a dog jumps"' in err


def test_unknown_words_are_noted(typed, films):
    assert "has never seen: flurb" in typed("a flurb", after=[films / "short.mp4"])[2]


def test_top_and_min_score_show_the_last_answer_again(typed, films):
    code, out, err = typed("a dog jumps", ":top 1", ":min-score 1", ":min-score 0", after=[films / "short.mp4", "-q"])
    assert (code, err) == (0, "")
    assert [len(re.findall(r"^ +\d+ +0:", part, re.MULTILINE)) for part in out.split("rank")[1:]] == [5, 1, 1]


def test_the_last_answer_becomes_files_and_overwrites_none(typed, films, tmp_path):
    (tmp_path / "reel.mp4").write_text("mine")
    code, out, err = typed(
        "a dog jumps",
        ":top 1",
        f":json {tmp_path / 'a b.json'}",
        f":clips {tmp_path / 'clips'}",
        f":json {tmp_path / 'a b.json'}",
        f":clips {tmp_path / 'clips'}",
        f":reel {tmp_path / 'reel.mp4'}",
        after=[films / "short.mp4"],
    )
    assert code == 2
    (moment,) = json.loads((tmp_path / "a b.json").read_text())["results"][0]["moments"]
    assert moment["start"] < moment["end"]
    (clip,) = (tmp_path / "clips").iterdir()
    assert str(clip) in out
    assert err.splitlines() == [
        f"r2: wrote {tmp_path / 'a b.json'}",
        f"r2: {tmp_path / 'a b.json'} exists already - choose another name",
        f"r2: {clip} exists already - choose another folder",
        f"r2: {tmp_path / 'reel.mp4'} exists already - choose another name",
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (":nonsense", "there is no :nonsense - there are: :top, "),
        (":top", ":top needs N - as in: :top 20"),
        (":top many", "'many' is no number of moments"),
        (":top 0", "'0' is no number of moments"),
        (":min-score 2", "'2' is no score"),
        (":pad 1,2,3", "'1,2,3' is no time - as in: :pad 1.5s, or before,after: :pad 1.5s,500ms"),
        (":json", ":json needs FILE"),
        (":json out.json", "nothing has been asked yet"),
        (":quit now", ":quit stands alone"),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_goes_on(typed, films, line, words):
    code, out, err = typed(line, "a dog jumps", after=[films / "short.mp4"])
    assert words in err
    assert len(err.splitlines()) == 1
    assert out.startswith("rank")
    assert code == 2


def test_padding_of_clips_and_of_handles(typed, films, tmp_path):
    lines = ("a dog jumps", ":top 1", f":clips {tmp_path / 'plain'}", ":pad 0.5,250ms", f":clips {tmp_path / 'padded'}")
    _, out, err = typed(*lines, f":export {tmp_path / 'cut.edl'}", after=[films / "short.mp4", "--json"])
    assert err == f"r2: wrote {tmp_path / 'cut.edl'}\n"
    plain, padded = (
        document["clips"][0]["asked"] for document in map(json.loads, out.splitlines()) if document.get("clips")
    )
    assert padded == {"start": max(plain["start"] - 0.5, 0), "end": min(plain["end"] + 0.25, 8.0)}
    assert "END a dog jumps" in (tmp_path / "cut.edl").read_text()


def test_quit_and_help(typed, films):
    code, out, err = typed(":help", ":quit", "a dog jumps", after=[films / "short.mp4"])
    assert (code, out) == (1, "")
    assert ":clips DIR" in err


def test_bad_videos(typed, films, tmp_path):
    code, out, err = typed("a dog jumps", after=[films / "short.mp4", tmp_path / "gone.mp4"])
    assert code == 3
    assert out
    assert "gone.mp4: there is no such file" in err
    assert typed("a dog jumps", after=[tmp_path / "gone.mp4"])[:2] == (3, "")
    assert typed(after=[]) == (2, "", "r2: no video - name one, as in: r2 shell holiday.mp4\n")


class Terminal:
    """A terminal of 120 columns at which a program runs, and what is on its screen."""

    def __init__(self, *command: str) -> None:
        import fcntl
        import pty
        import struct
        import termios

        import pyte

        self.screen = pyte.Screen(120, 80)
        self._stream = pyte.ByteStream(self.screen)
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 80, 120, 0, 0))
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=os.environ | {"TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"},
            start_new_session=True,
        )
        os.close(slave)

    @property
    def lines(self) -> list[str]:
        """What is on the screen, without empty lines."""
        return [line.rstrip() for line in self.screen.display if line.strip()]

    def wait_for(self, what: Callable[[list[str]], bool]) -> None:
        """Wait until the screen shows something."""
        end = time.monotonic() + 120
        while not what(self.lines):
            assert time.monotonic() < end, "\n".join(self.lines)
            if select.select([self._master], [], [], 1)[0]:
                self._stream.feed(os.read(self._master, 65536))

    def type(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._master, keys)

    def close(self) -> None:
        """End the program, whatever it does."""
        self.process.kill()
        self.process.wait()
        os.close(self._master)


@pytest.mark.skipif(os.name == "nt", reason="POSIX terminals")
def test_at_a_terminal(films, random_model):
    """A prompt; Ctrl-C throws away the line only; the arrow brings back what was asked; Tab completes; Ctrl-D ends."""
    terminal = Terminal(
        *(sys.executable, "-m", "r2cli", "shell", str(films / "short.mp4"), "--model", str(random_model))
    )

    def answers(lines: list[str]) -> int:
        return sum(line.startswith("rank") for line in lines)

    try:
        terminal.wait_for(lambda lines: lines[-1:] == ["r2>"])
        terminal.type(b"a dog jumps\r")
        terminal.wait_for(lambda lines: answers(lines) == 1 and lines[-1] == "r2>")
        terminal.type(b"half a que")
        terminal.wait_for(lambda lines: lines[-1] == "r2> half a que")
        terminal.process.send_signal(signal.SIGINT)
        terminal.wait_for(lambda lines: lines[-2:] == ["r2> half a que", "r2>"])
        terminal.type(b"\x1b[A")  # up
        terminal.wait_for(lambda lines: lines[-1] == "r2> a dog jumps")
        terminal.type(b"\r")
        terminal.wait_for(lambda lines: answers(lines) == 2 and lines[-1] == "r2>")
        terminal.type(b":he\t")
        terminal.wait_for(lambda lines: lines[-1] == "r2> :help")
        terminal.type(b"\r")
        terminal.wait_for(lambda lines: any(line.startswith("  :clips DIR") for line in lines) and lines[-1] == "r2>")
        terminal.type(b"\x04")
        assert terminal.process.wait(60) == 0
    finally:
        terminal.close()
    assert (data_dir() / "shell_history").read_text().splitlines() == ["a dog jumps", "a dog jumps", ":help"]
