"""A process that is killed loses what it was at, and nothing that it had finished."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from r2cli import cache
from r2cli.memory import Reading
from r2cli.tasks.find import search
from r2cli.tasks.open_video import open_video
from tests.cache.conftest import entry_folders
from tests.films import make_film

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX processes")


@pytest.fixture(autouse=True)
def one_thread():
    """A process that is forked off has none of torch's threads, and would wait for them for ever."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def on_note(model, monkeypatch):
    """on_note(do) -> what the model's owner is told from here on; each time, `do` is done."""

    def listen(do: Callable[[], None]) -> list[str]:
        said: list[str] = []
        object.__setattr__(model, "on_note", lambda note: (said.append(note), do()))
        return said

    before = model.on_note
    yield listen
    object.__setattr__(model, "on_note", before)


@dataclass(frozen=True)
class Reader:
    """A process of its own that reads a film, and stops when it has read so many clips, until it may go on."""

    process: int
    tells: int
    waits_for: int

    def has_stopped(self) -> bool:
        """Wait until it has read what it was to read: False if it ended before."""
        return bool(os.read(self.tells, 1))

    def go_on(self) -> None:
        os.write(self.waits_for, b".")

    def kill(self) -> None:
        os.kill(self.process, signal.SIGKILL)

    def status(self) -> int:
        """Wait for its end."""
        os.close(self.tells)
        os.close(self.waits_for)
        return os.waitpid(self.process, 0)[1]


def read_in_a_process(film, model, *, stop_at: int) -> Reader:
    tells, told = os.pipe()
    waits, waits_for = os.pipe()
    if child := os.fork():
        os.close(told)
        os.close(waits)
        return Reader(child, tells, waits_for)
    stopped = False

    def stop(clips: int) -> None:
        nonlocal stopped
        if clips >= stop_at and not stopped:
            stopped = True
            os.write(told, b".")
            os.read(waits, 1)

    try:
        search(open_video(film), ["a dog jumps"], model, Reading(), stop)
    finally:
        os._exit(0)


def kill_at(film, model, clips: int) -> None:
    """Read a film in a process that is killed as soon as it has read so many clips."""
    reader = read_in_a_process(film, model, stop_at=clips)
    assert reader.has_stopped()
    reader.kill()
    assert os.WTERMSIG(reader.status()) == signal.SIGKILL


def test_killed_again_and_again(film, ask, model):
    expected, _ = ask(film, cache=False)
    known = 0
    for clips in (0, 10, 50, 110):
        kill_at(film, model, clips)
        (entry,) = cache.entries()
        assert known <= entry.clips <= clips + 10
        assert not entry.is_complete
        known = entry.clips
    assert known >= 100
    found, report = ask(film)
    assert found == expected
    assert report.cached >= known - 20
    assert report.cached + report.encoded + report.reused == 120
    assert ask(film) == (expected, type(report)(120, cached=120))
    assert len(entry_folders()) == 1


def test_interrupted_between_the_last_window_and_the_end(film, ask, monkeypatch):
    expected, _ = ask(film, cache=False)
    with monkeypatch.context() as patch:
        patch.setattr(cache.Entry, "finish", lambda self: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            ask(film)
    found, report = ask(film)
    assert found == expected
    assert report.cached >= 100
    assert ask(film)[1].cached == 120


def test_who_comes_second_waits_and_reads(film, ask, model, on_note):
    expected, _ = ask(film, cache=False)
    reader = read_in_a_process(film, model, stop_at=10)
    assert reader.has_stopped()
    notes = on_note(reader.go_on)
    found, report = ask(film)
    assert reader.status() == 0
    assert found == expected
    assert report.cached == 120
    assert notes == ["another r2 is reading film.mp4: waiting for it"]
    assert len(entry_folders()) == 1


def test_who_waits_goes_on_where_the_first_was_killed(film, ask, model, on_note):
    expected, _ = ask(film, cache=False)
    reader = read_in_a_process(film, model, stop_at=60)
    assert reader.has_stopped()
    notes = on_note(threading.Timer(0.5, reader.kill).start)  # while it is waited for
    found, report = ask(film)
    assert os.WTERMSIG(reader.status()) == signal.SIGKILL
    assert found == expected
    assert 30 <= report.cached < 120
    assert len(notes) == 1


@pytest.mark.guard
@pytest.mark.slow
def test_killed_at_ten_random_moments(tmp_path, random_model):
    """The commands themselves, on a film of ten minutes."""
    film = make_film(tmp_path / "film.mp4", frames=3000, rate=5)
    command = [sys.executable, "-m", "r2cli", "find", str(film), "a dog jumps", "--json", "--model", str(random_model)]
    begun = time.perf_counter()
    expected = json.loads(subprocess.run([*command, "--no-cache"], capture_output=True, check=False).stdout)
    lasts = time.perf_counter() - begun
    generator, known = random.Random(9), []
    for _ in range(10):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(generator.uniform(0.4, 1.0) * lasts)
        process.kill()
        process.wait()
        known.append(sum(entry.clips for entry in cache.entries()))
    assert known == sorted(known)
    done = subprocess.run(command, capture_output=True, check=False)
    assert json.loads(done.stdout) == expected
    assert [entry.is_complete for entry in cache.entries()] == [True]


@pytest.mark.guard
@pytest.mark.slow
def test_two_commands_at_once(film, random_model, tmp_path):
    command = [sys.executable, "-m", "r2cli", "find", str(film), "a dog jumps", "--json", "--model", str(random_model)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    one, other = (process.communicate()[0] for process in both)
    assert json.loads(one)["results"][0]["moments"]
    assert one == other
    assert len(entry_folders()) == 1
    assert Path(film).exists()
