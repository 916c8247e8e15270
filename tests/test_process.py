import os
import platform
import subprocess
import sys

import pytest

from r2cli.process import give_back_memory, keep_memory, share_cores


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch):
    for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT"):
        monkeypatch.setenv(name, "")  # noted, to be put back at the end
        monkeypatch.delenv(name)


def test_threads_that_wait_soon_sleep():
    share_cores()
    assert 0 < int(os.environ["GOMP_SPINCOUNT"]) < 100_000


def test_what_the_user_said_stays(monkeypatch):
    monkeypatch.setenv("GOMP_SPINCOUNT", "infinity")
    share_cores()
    assert os.environ["GOMP_SPINCOUNT"] == "infinity"


def test_a_policy_is_not_overruled(monkeypatch):
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    share_cores()
    assert "GOMP_SPINCOUNT" not in os.environ


_FAULTS = """
import ctypes, resource, sys
from r2cli.process import keep_memory
if sys.argv[1] == "keep":
    print(keep_memory())
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
size = 9 << 20
for _ in range(20):
    block = libc.malloc(size)
    ctypes.memset(block, 1, size)
    other = libc.malloc(size)
    ctypes.memset(other, 1, size)
    libc.free(other)
    libc.free(block)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
"""

needs_glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another allocator")


def faults(*arguments, **environment):
    """Lines that a process prints which takes and frees memory again and again; the last: pages that it had to get."""
    for name in [name for name in os.environ if name.startswith(("MALLOC_", "GLIBC_TUNABLES"))]:
        environment[name] = ""
    kept = {name: value for name, value in (os.environ | environment).items() if value}
    command = [sys.executable, "-c", _FAULTS, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=kept).stdout.split()


@needs_glibc
def test_freed_memory_is_not_fetched_again():
    (usual,), (kept, fewer) = faults("not"), faults("keep")
    assert kept == "True"
    assert int(fewer) < int(usual) / 2


@needs_glibc
def test_an_allocator_set_up_by_the_user_is_left_alone():
    said, _ = faults("keep", MALLOC_TRIM_THRESHOLD_="0")
    assert said == "False"


def test_another_allocator_is_left_alone(monkeypatch):
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert not keep_memory()


_SCATTERED = """
import ctypes
from pathlib import Path
from r2cli.process import give_back_memory, keep_memory
keep_memory()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
size, large = 8 << 20, []
for _ in range(16):
    large.append(libc.malloc(size))
    ctypes.memset(large[-1], 1, size)
    libc.malloc(100_000)  # stays, and keeps what lies below it from the end of the heap
for block in large:
    libc.free(block)
resident = lambda: int(Path("/proc/self/statm").read_text().split()[1]) * 4096
before = resident()
give_back_memory()
print(before - resident())
"""


@needs_glibc
def test_what_lies_scattered_is_given_back():
    command = [sys.executable, "-c", _SCATTERED]
    (freed,) = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert int(freed) > 100 << 20


def test_another_allocator_gives_nothing_back(monkeypatch):
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    give_back_memory()
