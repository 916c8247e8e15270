"""FFmpeg at work: how a file is named to it, and a process that never outlives its use."""

from __future__ import annotations

import logging
import os
import re
import shlex
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from r2cli.errors import FFmpegError, UnreadableInputError
from r2cli.video.program import FFMPEG_VARIABLE
from r2cli.video.supervise import STILL_SECONDS, Keeper, bytes_moved, end, stuck, watched

_LOG = logging.getLogger(__name__)

PROTOCOLS = "file"
"""What a file that r2 opens may lead FFmpeg to: to no network, and not to r2's own standard input."""
FOLLOWERS = {
    *("concat", "hls", "applehttp", "dash", "imf", "sdp", "rtsp", "rtp", "sap"),
    *("vobsub", "mlv", "dvdvideo", "bluray", "avisynth", "vapoursynth", "lavfi"),
}
"""Demuxers that read other files than the one they are given, or run what it says."""
MOST_PIXELS = 1 << 27
"""Of one picture; 16K has 133 million. What claims more would cost gigabytes before a single picture is seen."""

_COMPLAINT_BYTES = 4096
_WRITER = re.compile(r"^(\[[^\]]* @ 0x[0-9a-f]+\] ?)+")
"""As in ``[in#0/mpegts @ 0x55e417e941c0]``, which differs from run to run."""


def file_url(path: str | Path) -> str:
    """Name a file so that FFmpeg can take it for nothing else: no option, protocol, pipe or playlist of names.

    Absolute, so that it never starts with a dash; after ``file:`` colons, quotes and newlines mean themselves.
    (A ``%d`` still means a numbered series to the image2 demuxer alone: see `opening_options`.)
    """
    return f"file:{os.path.abspath(path)}"


def opening_options(path: Path, container: str) -> dict[str, str]:
    """What stands before a file's name: it is opened as what it was found to be, whatever has become of it since.

    Args:
        path: The file; for messages.
        container: FFmpeg's names of its demuxer, as in `VideoInfo.container`; empty: FFmpeg is to find out.

    Raises:
        UnreadableInputError: That demuxer opens other files too.
    """
    names = container.split(",")
    if FOLLOWERS.intersection(names):
        raise UnreadableInputError(f"{path}: it names other files", "name the video files themselves")
    options = {"protocol_whitelist": PROTOCOLS, "f": names[0]}
    if not container:
        del options["f"]
    # Only image2 reads a "%d" in a name as a series, and only image2 knows the option that stops it.
    return options | ({"pattern_type": "none"} if container == "image2" else {})


def opening_words(path: Path, container: str) -> list[str]:
    """`opening_options` as words of a command line."""
    return [word for name, value in opening_options(path, container).items() for word in (f"-{name}", value)]


class RunningFFmpeg:
    """An ffmpeg process whose answer is read from `stdout` while its complaints are drained in the background.

    It ends when r2 does, whatever ends r2, and may take no more memory than `supervise` says. Reading from `stdout`,
    and writing to `stdin`, raises `FFmpegError` once it stands still.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdout is None or process.stderr is None:
            raise ValueError("both of ffmpeg's outputs must be pipes")
        self._keeper = Keeper(process.pid)
        self.stdout: IO[bytes] = watched(process.stdout, process.pid)
        self.stdin: IO[bytes] | None = None if process.stdin is None else watched(process.stdin, process.pid)
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

        Raises:
            FFmpegError: It does not come.
        """
        moved: int | None = None
        while True:
            try:
                code = self._process.wait(STILL_SECONDS)
                break
            except subprocess.TimeoutExpired as error:
                before, moved = moved, bytes_moved(self._process.pid)
                if moved is not None and moved == before:
                    raise stuck() from error
        self._keeper.release()
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
        """End the process and what it has started, so that whoever reads its `stdout` comes to its end."""
        if self._process.poll() is None:
            end(self._process)

    def stop(self) -> None:
        """Kill the process if it still runs, reap it, and close the pipes."""
        self.kill()
        self._keeper.release()
        self._process.wait()
        if self.stdin is not None:
            with suppress(OSError, FFmpegError):  # what is still buffered for a process that has gone
                self.stdin.close()
        self.stdout.close()
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
    _LOG.debug("running %s", shlex.join(command))
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
            bufsize=0,  # `watched` gives them one
            start_new_session=True,  # with all that it starts, should $R2_FFMPEG be a script: see `end`
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
