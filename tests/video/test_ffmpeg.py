"""Finding the program, and leaving no process behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from r2cli.errors import FFmpegError
from r2cli.video import ffmpeg_path, probe, program, sample_frames, supervise
from r2cli.video.ffmpeg import run_ffmpeg
from r2cli.video.program import OldFFmpegWarning, find_ffmpeg
from tests.films import make_film

PATIENCE = 60.0  # seconds; a busy machine is slow, never wrong

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="uses a shell script as ffmpeg")


@pytest.fixture
def wrapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Put a script before the real ffmpeg; it gets the folder for its notes as $NOTES."""

    def wrap(lines: str) -> Path:
        real = ffmpeg_path()
        script = tmp_path / "wrapped-ffmpeg"
        script.write_text(f"#!/bin/sh\nNOTES='{tmp_path}'\nREAL='{real}'\n{lines}\n")
        script.chmod(0o755)
        monkeypatch.setenv("R2_FFMPEG", str(script))
        return tmp_path

    return wrap


def assert_gone(pid: int) -> None:
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_the_variable_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = shutil.copy(ffmpeg_path(), tmp_path / "my-ffmpeg.exe")
    monkeypatch.setenv("R2_FFMPEG", str(chosen))
    assert ffmpeg_path() == str(chosen)


def test_then_the_search_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = tmp_path / ("ffmpeg.exe" if sys.platform == "win32" else "ffmpeg")
    shutil.copy(ffmpeg_path(), found)
    monkeypatch.delenv("R2_FFMPEG", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Path(ffmpeg_path()) == found


def test_then_the_bundled_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("R2_FFMPEG", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "imageio_ffmpeg" in ffmpeg_path()


@pytest.mark.parametrize("value", ["/nowhere/ffmpeg", "no-such-program"])
def test_a_variable_that_names_no_program(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("R2_FFMPEG", value)
    with pytest.raises(FFmpegError, match="R2_FFMPEG"):
        ffmpeg_path()


def test_no_ffmpeg_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("R2_FFMPEG", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(FFmpegError, match="no ffmpeg"):
        ffmpeg_path()


@pytest.fixture
def on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Let the search path have nothing but an ffmpeg of some version."""

    def put(version: str) -> Path:
        script = tmp_path / "path" / "ffmpeg"
        script.parent.mkdir()
        script.write_text(f"#!/bin/sh\necho 'ffmpeg version {version} Copyright (c) 2000-2022 the FFmpeg developers'\n")
        script.chmod(0o755)
        monkeypatch.delenv("R2_FFMPEG", raising=False)
        monkeypatch.setenv("PATH", str(script.parent))
        program._warn_once.cache_clear()
        return script

    return put


@posix_only
@pytest.mark.parametrize("version", ["5.1.9-0+deb12u1", "n6.1", "4.2.2", "7.0.2-static"])
def test_one_that_is_too_old_is_passed_over_and_said_once(on_the_path: Callable[[str], Path], version: str) -> None:
    script = on_the_path(version)
    with pytest.warns(OldFFmpegWarning, match=f"{script} is FFmpeg {version.replace('+', '.')}, older than 8") as said:
        assert "imageio_ffmpeg" in ffmpeg_path()
        assert find_ffmpeg().passed_over
    assert len(said) == 1


@posix_only
@pytest.mark.parametrize("version", ["8.0", "n9.0.2-17-g2a571b6068", "10.1", "N-110223-gb18a9c2971", "git-2020-01-01"])
def test_one_that_is_new_or_no_release_is_taken(on_the_path: Callable[[str], Path], version: str) -> None:
    script = on_the_path(version)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (ffmpeg_path(), find_ffmpeg().passed_over) == (str(script), "")


@posix_only
def test_one_that_is_too_old_is_better_than_none(
    on_the_path: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    script = on_the_path("5.1.9")
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.warns(OldFFmpegWarning, match="may be wrong"):
        assert ffmpeg_path() == str(script)


@posix_only
def test_the_one_that_was_set_is_taken_however_old(on_the_path: Callable[[str], Path], monkeypatch) -> None:
    script = on_the_path("5.1.9")
    monkeypatch.setenv("R2_FFMPEG", str(script))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ffmpeg_path() == str(script)


_LONG = """
from r2cli.video.ffmpeg import run_ffmpeg
from r2cli.video.program import ffmpeg_path
with run_ffmpeg([ffmpeg_path(), "-v", "error", "-re", "-f", "lavfi", "-i", "testsrc2", "-f", "null", "-"]) as running:
    print(running._process.pid, flush=True)
    running.stdout.read()
"""


@posix_only
@pytest.mark.parametrize("way", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_it_dies_with_r2_whatever_r2_dies_of(way: signal.Signals) -> None:
    ours = subprocess.Popen([sys.executable, "-c", _LONG], stdout=subprocess.PIPE, start_new_session=True)
    assert ours.stdout is not None
    with ours.stdout:
        pid = int(ours.stdout.readline())
    os.kill(pid, 0)
    ours.send_signal(way)
    ours.wait(PATIENCE)
    end = time.monotonic() + PATIENCE
    while is_running(pid) and time.monotonic() < end:
        time.sleep(0.02)
    assert not is_running(pid)


def is_running(pid: int) -> bool:
    """Whether there is such a process, other than one that nobody has buried yet."""
    state = Path(f"/proc/{pid}/stat")
    if state.exists():
        return state.read_text().rpartition(")")[2].split()[0] != "Z"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return not Path("/proc/self/stat").exists()


@posix_only
def test_what_keeps_it_is_gone_when_it_is() -> None:
    with run_ffmpeg(["/bin/sh", "-c", "sleep 60"]) as running:
        keeper = running._keeper._shell
        assert keeper is not None
        os.kill(keeper.pid, 0)
    assert_gone(keeper.pid)


@pytest.mark.skipif(sys.platform != "linux", reason="the limit can be set from outside on Linux only")
def test_it_may_not_take_all_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervise, "memory_ceiling", lambda installed: 1 << 28)
    glutton = "import sys; sys.stdin.read(); print('start', flush=True); held = bytearray(1 << 30); print('had it')"
    with run_ffmpeg([sys.executable, "-c", glutton], fed=True) as running:
        assert running.stdin is not None
        running.stdin.close()
        assert running.stdout.read() == b"start\n"
        assert running.finish() == 1
        assert running.complaint() == "MemoryError"


def test_the_ceiling_of_memory_leaves_the_machine_some() -> None:
    gib = 1 << 30
    assert [supervise.memory_ceiling(size * gib) // gib for size in (4, 8, 16, 32, 64, 512)] == [3, 6, 8, 8, 16, 128]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervise, "STILL_SECONDS", 1.5)
    monkeypatch.setattr(supervise, "_GLANCE_SECONDS", 0.1)


linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says what a process reads and writes")


@linux_only
@pytest.mark.usefixtures("impatient")
def test_one_that_stands_still_is_an_error_and_no_wait() -> None:
    with run_ffmpeg(["/bin/sh", "-c", "echo one; sleep 600"]) as running:
        assert running.stdout.readline() == b"one\n"
        with pytest.raises(FFmpegError, match="stuck"):
            running.stdout.read()


@linux_only
@pytest.mark.usefixtures("impatient")
def test_one_that_takes_nothing_is_an_error_and_no_wait() -> None:
    with run_ffmpeg(["/bin/sh", "-c", "sleep 600"], fed=True) as running:
        assert running.stdin is not None
        with pytest.raises(FFmpegError, match="stuck"):
            running.stdin.write(bytes(10_000_000))
            running.stdin.flush()


@linux_only
@pytest.mark.usefixtures("impatient")
def test_one_that_reads_for_long_without_a_word_is_waited_for() -> None:
    busy = "for i in $(seq 40); do head -c 100000 /dev/zero > /dev/null; sleep 0.1; done; echo done"
    with run_ffmpeg(["/bin/sh", "-c", busy]) as running:
        assert running.stdout.read() == b"done\n"
        assert running.finish() == 0


@posix_only
@pytest.mark.usefixtures("sequential")
def test_a_program_that_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = make_film(tmp_path / "film.mp4", frames=5)
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x7fELF nonsense")
    broken.chmod(0o755)
    monkeypatch.setenv("R2_FFMPEG", str(broken))
    with pytest.raises(FFmpegError, match="cannot be started"):
        next(sample_frames(probe(film), 1, 32))


@posix_only
@pytest.mark.usefixtures("sequential")
def test_a_program_that_crashes_is_not_the_films_fault(tmp_path: Path, wrapped: Callable[[str], Path]) -> None:
    film = make_film(tmp_path / "film.mp4", frames=5)
    wrapped("kill -SEGV $$")
    with pytest.raises(FFmpegError, match="crashed"):
        list(sample_frames(probe(film), 1, 32))


@posix_only
@pytest.mark.usefixtures("sequential")
@pytest.mark.parametrize("leave", ["close", "interrupt", "drop"])
def test_leaving_early_ends_the_process(tmp_path: Path, wrapped: Callable[[str], Path], leave: str) -> None:
    film = make_film(tmp_path / "film.mp4", frames=500)
    notes = wrapped('echo $$ > "$NOTES/pid"; exec "$REAL" "$@"')
    batches = sample_frames(probe(film), 25, 112, batch_size=1)
    next(batches)
    pid = int((notes / "pid").read_text())
    os.kill(pid, 0)  # it still runs: the pipe holds only a frame or two
    if leave == "close":
        batches.close()
    elif leave == "interrupt":
        with pytest.raises(KeyboardInterrupt):
            batches.throw(KeyboardInterrupt)
    else:
        del batches
    assert_gone(pid)


@posix_only
@pytest.mark.usefixtures("sequential")
def test_reading_to_the_end_ends_the_process(tmp_path: Path, wrapped: Callable[[str], Path]) -> None:
    film = make_film(tmp_path / "film.mp4")
    notes = wrapped('echo $$ > "$NOTES/pid"; exec "$REAL" "$@"')
    open_files = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    list(sample_frames(probe(film), 5, 32))
    assert_gone(int((notes / "pid").read_text()))
    assert not open_files or len(os.listdir("/proc/self/fd")) <= open_files


@posix_only
@pytest.mark.usefixtures("sequential")
def test_many_complaints_do_not_stop_the_film(tmp_path: Path, wrapped: Callable[[str], Path]) -> None:
    film = make_film(tmp_path / "film.mp4")
    wrapped('head -c 1000000 /dev/zero >&2; "$REAL" "$@"; code=$?; head -c 1000000 /dev/zero >&2; exit $code')
    frames: list[int] = []
    reader = threading.Thread(
        target=lambda: frames.extend(len(batch.times) for batch in sample_frames(probe(film), 5, 32)), daemon=True
    )
    reader.start()
    reader.join(timeout=30)
    assert not reader.is_alive()
    assert sum(frames) == 20


@posix_only
@pytest.mark.usefixtures("sequential")
def test_nothing_is_read_from_standard_input(tmp_path: Path, wrapped: Callable[[str], Path]) -> None:
    film = make_film(tmp_path / "film.mp4")
    wrapped('if read line; then exit 9; fi; exec "$REAL" "$@"')
    assert sum(len(batch.times) for batch in sample_frames(probe(film), 5, 32)) == 20


@posix_only
@pytest.mark.usefixtures("sequential")
def test_threads_do_not_change_the_pixels(tmp_path: Path, wrapped: Callable[[str], Path]) -> None:
    film = make_film(tmp_path / "film.mp4", encoder=["-c:v", "libx264", "-bf", "3", "-pix_fmt", "yuv420p"])
    video = probe(film)
    many = np.concatenate([batch.pixels for batch in sample_frames(video, 5, 96)])
    wrapped('exec "$REAL" -threads 1 -filter_threads 1 -filter_complex_threads 1 "$@"')
    one = np.concatenate([batch.pixels for batch in sample_frames(video, 5, 96)])
    assert np.array_equal(many, one)


@posix_only
@pytest.mark.usefixtures("sequential")
def test_only_some_frames_are_ever_held(tmp_path: Path, wrapped: Callable[[str], Path]) -> None:
    film = make_film(tmp_path / "film.mp4", frames=500)
    notes = wrapped('"$REAL" "$@"; touch "$NOTES/finished"')
    batches = sample_frames(probe(film), 25, 112, batch_size=1)
    next(batches)
    time.sleep(0.5)
    assert not (notes / "finished").exists()  # ffmpeg waits for its reader instead of running ahead
    batches.close()
