"""What only a process of its own shows: closed pipes, Ctrl-C, and what is left behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from r2cli.video import ffmpeg_path
from tests.films import run_ffmpeg
from tests.marks import guarded
from tests.terminals import read_to_end

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX signals and pipes")
PATIENCE = 60.0  # seconds; a busy machine is slow, never wrong


def wait_for(happens: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not happens():
        assert time.monotonic() < end
        time.sleep(0.02)


def start(
    *arguments: str | Path, program: str = "from r2cli.__main__ import run; run()", **env: str
) -> subprocess.Popen:
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | env,
        start_new_session=True,
    )


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_module_runs_too():
    done = subprocess.run([sys.executable, "-m", "r2cli", "--version"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("r2 ")


@pytest.mark.parametrize("as_json", [True, guarded(False)])
def test_a_reader_that_has_seen_enough(films, random_model, as_json):
    options = ["--json"] if as_json else []
    process = start("find", "--model", random_model, films / "short.mp4", "a dog jumps", *options)
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(PATIENCE) == 0


def test_help_for_a_reader_that_has_seen_enough():
    process = start("--help")
    process.stdout.close()
    assert process.stderr.read() == ""
    process.wait(PATIENCE)


@pytest.mark.guard
@pytest.mark.slow
def test_a_closed_standard_error(films, random_model):
    process = start("find", "--model", random_model, films / "short.mp4", "gone.mp4", "a zebra")
    process.stderr.close()
    assert "rank" in process.stdout.read()
    assert process.wait(PATIENCE) == 3


def on_a_terminal(*arguments: str | Path, **env: str) -> tuple[int, str]:
    """Run r2 with both outputs on a terminal; the exit code, and everything that the terminal got."""
    import pty

    reader, writer = pty.openpty()
    command = [sys.executable, "-m", "r2cli", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=writer, stderr=writer, env=os.environ | {"COLUMNS": "100"} | env)
    os.close(writer)
    seen = read_to_end(reader)
    return process.wait(PATIENCE), seen.decode()


@pytest.mark.guard
@pytest.mark.slow
def test_a_terminal_gets_progress_and_a_dumb_one_none(films, random_model):
    arguments = ("find", "--model", random_model, films / "short.mp4", "a dog jumps")
    code, seen = on_a_terminal(*arguments, TERM="xterm-256color")
    assert code == 0
    assert "short.mp4" in seen  # the label of the bar, which is wiped out afterwards
    assert "\x1b[" in seen
    code, seen = on_a_terminal(*arguments, TERM="dumb")
    assert code == 0
    assert "\x1b" not in seen
    assert "short.mp4" not in seen
    assert "rank" in seen
    code, seen = on_a_terminal(*arguments, "--quiet", TERM="xterm-256color")
    assert code == 0
    assert "short.mp4" not in seen


@pytest.mark.guard
@pytest.mark.slow
def test_no_color_is_respected(films, random_model):
    _, seen = on_a_terminal(
        "find", "--model", random_model, films / "short.mp4", "a dog jumps", TERM="xterm-256color", NO_COLOR="1"
    )
    colours = re.findall(r"\x1b\[([\d;]*)m", seen)
    assert not [
        code for code in colours if any(30 <= int(part or 0) <= 48 or int(part or 0) >= 90 for part in code.split(";"))
    ]


SLEEPER = """
import sys, time, pathlib, importlib
room, name = sys.argv.pop(1).split(":")
marker = pathlib.Path(sys.argv.pop(1))
def sleep(*args, **options):
    marker.touch()
    time.sleep(100)
setattr(importlib.import_module(room), name, sleep)
from r2cli.__main__ import run
run()
"""


@pytest.mark.parametrize(
    "phase",
    [
        guarded("r2cli.cli.app:build_app"),
        guarded("r2cli.tasks.open_video:open_video"),
        "r2cli.checkpoints.load:open_checkpoint",
        "r2cli.tasks.find:search",
        guarded("r2cli.tasks.ask:select"),
        guarded("r2cli.present.table:moment_table"),
    ],
)
def test_ctrl_c_in_every_phase(films, random_model, tmp_path, phase):
    marker = tmp_path / "reached"
    process = start(phase, marker, "find", "--model", random_model, films / "short.mp4", "a dog jumps", program=SLEEPER)
    wait_for(marker.exists)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, err) == (130, "", "r2: interrupted\n")


@pytest.mark.guard
@pytest.mark.slow
def test_ctrl_c_while_libraries_load(films, random_model, tmp_path):
    marker = tmp_path / "reached"
    (tmp_path / "open_clip.py").write_text(
        f"import time, pathlib\npathlib.Path({str(marker)!r}).touch()\ntime.sleep(100)\n"
    )
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from r2cli.__main__ import run; run()"
    process = start("find", "--model", random_model, films / "short.mp4", "a dog jumps", program=program)
    wait_for(marker.exists)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, err) == (130, "", "r2: interrupted\n")


@pytest.fixture
def moving_image(films, tmp_path) -> Path:
    """A video for which r2 needs the ffmpeg program: which packets of a GIF a picture needs, they do not tell."""
    run_ffmpeg("-i", films / "long.mp4", tmp_path / "moving.gif")
    return tmp_path / "moving.gif"


@pytest.mark.parametrize("whom", ["r2 alone", guarded("everyone, as a terminal does")])
def test_ctrl_c_while_a_video_is_read_leaves_no_ffmpeg(moving_image, random_model, tmp_path, whom):
    slow, pid_file = tmp_path / "slow-ffmpeg", tmp_path / "pid"
    slow.write_text(
        f'#!/bin/sh\necho $$ > "{pid_file}.new"; mv "{pid_file}.new" "{pid_file}"\n'
        f'exec "{ffmpeg_path()}" -readrate 0.5 "$@"\n'
    )
    slow.chmod(0o755)
    process = start("find", "--model", random_model, moving_image, "a dog jumps", R2_FFMPEG=str(slow))
    wait_for(pid_file.exists)
    time.sleep(0.3)
    if whom == "r2 alone":
        process.send_signal(signal.SIGINT)
    else:
        os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, err) == (130, "", "r2: interrupted\n")
    assert not is_running(int(pid_file.read_text()))


def test_an_ffmpeg_that_fails_is_reported_and_reaped(moving_image, random_model, tmp_path):
    broken = tmp_path / "broken-ffmpeg"
    broken.write_text("#!/bin/sh\necho 'out of order' >&2\nexit 3\n")
    broken.chmod(0o755)
    process = start("find", "--model", random_model, moving_image, "a dog jumps", R2_FFMPEG=str(broken))
    out, err = process.communicate(timeout=PATIENCE)
    assert out == ""
    assert process.returncode in (3, 5)
    (line,) = err.splitlines()
    assert "out of order" in line
