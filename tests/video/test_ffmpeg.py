"""Finding the program, and leaving no process behind."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from r2cli.errors import FFmpegError
from r2cli.video import ffmpeg_path, probe, sample_frames
from tests.films import make_film

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
