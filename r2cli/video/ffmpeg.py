"""The FFmpeg program: where it is, how a file is named to it, and a process that never outlives its use."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from r2cli.errors import FFmpegError
from r2cli.settings import SETTINGS, Given, given

FFMPEG_VARIABLE = SETTINGS["ffmpeg"].variable
PROTOCOLS = "file,pipe"
"""What a file that r2 opens may lead FFmpeg to: a playlist that points into the network is refused."""

_COMPLAINT_BYTES = 4096
_WRITER = re.compile(r"^(\[[^\]]* @ 0x[0-9a-f]+\] ?)+")
"""As in ``[in#0/mpegts @ 0x55e417e941c0]``, which differs from run to run."""


@dataclass(frozen=True)
class Program:
    """An ffmpeg, and who chose it."""

    path: str
    origin: str
    """A variable, the settings' file, the search path, or `imageio-ffmpeg`."""


def ffmpeg_path() -> str:
    """The path of `find_ffmpeg`'s program.

    Raises:
        FFmpegError: The program that was set is none, or there is no ffmpeg at all.
    """
    return find_ffmpeg().path


def find_ffmpeg() -> Program:
    """Find the ``ffmpeg`` program: the one that was set, else the search path, else the one inside imageio-ffmpeg.

    Raises:
        FFmpegError: The program that was set is none, or there is no ffmpeg at all.
    """
    chosen = given("ffmpeg")
    if chosen is not None:
        return Program(_chosen_program(chosen), chosen.origin)
    found = shutil.which("ffmpeg")
    return Program(found, "the search path") if found else Program(_bundled_program(), "imageio-ffmpeg")


def _chosen_program(chosen: Given) -> str:
    program = shutil.which(os.path.expanduser(chosen.value))
    if program is None:
        where = chosen.origin if chosen.origin == FFMPEG_VARIABLE else f"ffmpeg in {chosen.origin}"
        raise FFmpegError(
            f"{where} is {chosen.value!r}, which is not a program", "set it to an ffmpeg binary, or unset it"
        )
    return program


def _bundled_program() -> str:
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise FFmpegError(
            "there is no ffmpeg", f"pip install imageio-ffmpeg, or set {FFMPEG_VARIABLE} to an ffmpeg binary"
        ) from error


def file_url(path: str | Path) -> str:
    """Name a file so that FFmpeg can take it for nothing else: no option, protocol, pipe or playlist of names.

    Absolute, so that it never starts with a dash; after ``file:`` colons, quotes and newlines mean themselves.
    (A ``%d`` still means a numbered series to the image2 demuxer alone: see `probe.VideoInfo.container`.)
    """
    return f"file:{os.path.abspath(path)}"


class RunningFFmpeg:
    """An ffmpeg process whose answer is read from `stdout` while its complaints are drained in the background."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdout is None or process.stderr is None:
            raise ValueError("both of ffmpeg's outputs must be pipes")
        self.stdout: IO[bytes] = process.stdout
        self.stdin: IO[bytes] | None = process.stdin
        self._process = process
        self._stderr: IO[bytes] = process.stderr
        self._complaints = b""
        self._drain = threading.Thread(target=self._keep_complaints, name="ffmpeg-stderr", daemon=True)
        self._drain.start()

    def _keep_complaints(self) -> None:
        # A full stderr pipe would stop ffmpeg, and a broken film complains about every frame: read all, keep the end.
        while chunk := os.read(self._stderr.fileno(), _COMPLAINT_BYTES):
            self._complaints = (self._complaints + chunk)[-_COMPLAINT_BYTES:]

    def finish(self) -> int:
        """Wait for the end of a process whose `stdout` was read to its end.

        Returns:
            The exit code; 0 is success.
        """
        code = self._process.wait()
        self._drain.join()
        return code

    def complaint(self) -> str:
        """The last thing that ffmpeg wrote to stderr, without its writer's name; empty when it was content."""
        return next(reversed(self._said()), "")

    def first_complaint(self) -> str:
        """The first of the last things that it wrote: where an encoder cannot be opened, the cause."""
        return next(iter(self._said()), "")

    def _said(self) -> list[str]:
        lines = self._complaints.decode("utf-8", errors="replace").split("\n")
        return [said for line in lines if (said := _WRITER.sub("", line).strip())]

    def mentioned(self, words: str) -> bool:
        """Whether these words are among the last that ffmpeg wrote to stderr."""
        return words in self._complaints.decode("utf-8", errors="replace")

    def kill(self) -> None:
        """End the process, so that whoever reads its `stdout` comes to its end."""
        self._process.kill()

    def stop(self) -> None:
        """Kill the process if it still runs, reap it, and close the pipes."""
        self._process.kill()
        self._process.wait()
        if self.stdin is not None:
            with suppress(OSError):  # what is still buffered for a process that has gone
                self.stdin.close()
        self.stdout.close()  # first: should $R2_FFMPEG be a script, this ends the program that it started
        self._drain.join()
        self._stderr.close()


@contextmanager
def run_ffmpeg(command: Sequence[str], *, fed: bool = False) -> Iterator[RunningFFmpeg]:
    """Run ffmpeg for as long as the `with` block lasts; afterwards, however it was left, no process remains.

    Args:
        command: The program and its arguments, as a list; no shell reads it.
        fed: Whether `stdin` is a pipe, for pictures to be written to.

    Raises:
        FFmpegError: The program cannot be started.
    """
    running: RunningFFmpeg | None = None
    try:
        with _interrupts_wait():  # between the start of a process and its place in `running` it would be forgotten
            running = RunningFFmpeg(_start(command, fed=fed))
        yield running
    finally:
        if running is not None:
            running.stop()


def _start(command: Sequence[str], *, fed: bool) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE if fed else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except OSError as error:
        raise FFmpegError(
            f"{command[0]} cannot be started: {error.strerror or error}",
            f"set {FFMPEG_VARIABLE} to an ffmpeg binary that works",
        ) from error


_ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


@contextmanager
def _interrupts_wait() -> Iterator[None]:
    """Hold back Ctrl-C, and whatever else ends the process with an exception, until the block has ended."""
    handlers = {number: handler for number in _ENDING if callable(handler := signal.getsignal(number))}
    if threading.current_thread() is not threading.main_thread():
        handlers = {}
    came: list[int] = []
    for number in handlers:
        signal.signal(number, lambda number, frame: came.append(number))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    for number in came[:1]:
        handlers[number](number, None)
