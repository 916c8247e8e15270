"""A child process that is held: it dies with r2, takes no more than its share of memory, and may not stand still."""

from __future__ import annotations

import io
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from r2cli.errors import FFmpegError
from r2cli.process import usable_memory

STILL_SECONDS = 120.0
"""In which a process neither reads nor writes anything before it counts as stuck."""
_GLANCE_SECONDS = 5.0
"""Between two looks at whether it moves."""
_SHELL = Path("/bin/sh")
_KEEP = 'read -r line || kill -s KILL -- "-$1"'
"""Waits for a line that never comes: what comes is the end of r2, which held the other end of the pipe."""
_LEAST_CEILING = 8 << 30
"""Bytes: enough for decoding and encoding 8K."""


class Keeper:
    """Ends a process when r2 comes to its end without having done so: by `kill -9`, or for want of memory.

    A shell of a megabyte waits for r2's end of a pipe to close. (The system's own way, Linux's ``PR_SET_PDEATHSIG``,
    has to be asked for by code that runs between fork and exec, where a process with threads may run next to nothing,
    and strikes when the starting *thread* ends.) Without a shell, as on Windows, there is none.

    Args:
        pid: Of a child that was not reaped yet, and that leads a session of its own.
    """

    def __init__(self, pid: int) -> None:
        self._shell: subprocess.Popen[bytes] | None = None
        limit_memory(pid)
        if os.name == "posix" and _SHELL.exists():
            with suppress(OSError):  # too many processes, say; nothing else is worse for it
                self._shell = subprocess.Popen(
                    [_SHELL, "-c", _KEEP, "r2-keeper", str(pid)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,  # Ctrl-C is not meant for it
                )

    def release(self) -> None:
        """Watch no longer: the process is about to be reaped, and its number to belong to another."""
        shell, self._shell = self._shell, None
        if shell is not None and shell.stdin is not None:
            shell.kill()
            shell.wait()
            shell.stdin.close()


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that leads a session, with all that it has started."""
    if os.name != "posix":
        process.kill()
        return
    with suppress(ProcessLookupError, PermissionError):  # macOS refuses where all of them have ended
        os.killpg(process.pid, signal.SIGKILL)


def memory_ceiling(installed: int) -> int:
    """How many bytes a child may take, of those that there are: 8 GiB or a quarter, and never more than most."""
    return min(installed * 3 // 4, max(_LEAST_CEILING, installed // 4))


def limit_memory(pid: int) -> None:
    """Let a process that asks for more than `memory_ceiling` be refused; only Linux can do that from outside."""
    installed = usable_memory()
    if sys.platform == "linux" and installed is not None:
        import resource

        with suppress(OSError, ValueError):  # it has gone already, or has a lower limit
            # What it may write to, not what it maps: graphics cards' drivers reserve addresses without end.
            resource.prlimit(pid, resource.RLIMIT_DATA, (memory_ceiling(installed),) * 2)


def watched(pipe: IO[bytes], pid: int) -> IO[bytes]:
    """A pipe from or to a process, on which waiting ends with an error once the process stands still.

    Args:
        pipe: Unbuffered.
        pid: The process at its other end.
    """
    if os.name != "posix" or not isinstance(pipe, io.FileIO):
        return pipe
    patient = Patient(pipe, pid)
    return io.BufferedReader(patient) if pipe.readable() else io.BufferedWriter(patient)  # type: ignore[type-var]


class Patient(io.RawIOBase):
    """A pipe whose other end is looked at while one waits.

    Args:
        pipe: Unbuffered.
        pid: The process at its other end.
    """

    def __init__(self, pipe: io.FileIO, pid: int) -> None:
        self._pipe, self._pid = pipe, pid
        self._poll = select.poll()
        self._poll.register(pipe, select.POLLIN if pipe.readable() else select.POLLOUT)
        if pipe.writable():
            os.set_blocking(pipe.fileno(), False)  # a large piece would wait where nobody looks

    def readable(self) -> bool:
        """As the pipe."""
        return self._pipe.readable()

    def writable(self) -> bool:
        """As the pipe."""
        return self._pipe.writable()

    def fileno(self) -> int:
        """The pipe's."""
        return self._pipe.fileno()

    def readinto(self, buffer: bytearray | memoryview) -> int | None:  # type: ignore[override]
        """Read what comes.

        Raises:
            FFmpegError: Nothing comes, and the process stands still.
        """
        self._wait()
        return self._pipe.readinto(buffer)

    def write(self, data: bytes | memoryview) -> int:  # type: ignore[override]
        """Write some of it.

        Raises:
            FFmpegError: Nothing is taken, and the process stands still.
        """
        while True:
            self._wait()
            written = self._pipe.write(data)
            if written is not None:
                return written

    def close(self) -> None:
        """Close the pipe."""
        if not self.closed:
            self._pipe.close()
            super().close()

    def _wait(self) -> None:
        moved, since = None, time.monotonic()
        while not self._poll.poll(_GLANCE_SECONDS * 1000):
            now = bytes_moved(self._pid)
            if now is None or now != moved:
                moved, since = now, time.monotonic()
            elif time.monotonic() - since >= STILL_SECONDS:
                raise stuck()


def stuck() -> FFmpegError:
    """A process stands still."""
    return FFmpegError(
        f"ffmpeg is stuck: it has neither read nor written anything for {STILL_SECONDS:.0f} seconds",
        "is the disk still there? if so, the video is damaged in a way that it cannot get over",
    )


def bytes_moved(pid: int) -> int | None:
    """Bytes that a process and its children have read and written so far; None where the system does not say."""
    try:
        words = Path(f"/proc/{pid}/io").read_text(encoding="ascii").split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return None
    return int(words[1]) + int(words[3]) + sum(bytes_moved(int(child)) or 0 for child in children)
