"""Cutting when something comes between: Ctrl-C, a full disk, a limit. One line, the right code, nothing left behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from r2cli.video import ffmpeg_path
from tests.cli.commands.test_cut import save
from tests.cli.test_process import PATIENCE, is_running, start, wait_for
from tests.films import make_film
from tests.marks import guarded

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX signals and limits")

ALONE, EVERYONE = "r2 alone", "everyone, as a terminal does"
SLOW = (pytest.mark.slow, pytest.mark.guard)
LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2)
from r2cli.__main__ import run
from tests.marks import guarded
run()
"""


@pytest.fixture(scope="module")
def noisy(tmp_path_factory) -> Path:
    """8 s of noise: large however it is coded, with sound and a keyframe every second."""
    film = tmp_path_factory.mktemp("noisy") / "noisy.mp4"
    noise = ["-f", "lavfi", "-i", "nullsrc=s=320x240:r=10,geq=random(1)*255:128:128", "-f", "lavfi", "-i", "sine"]
    coded = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    command = [ffmpeg_path(), "-v", "error", *noise, "-t", "8", *coded, str(film)]
    subprocess.run(command, check=True)
    return film


@pytest.fixture
def work(noisy, tmp_path) -> Path:
    """A folder with findings of the noisy film, and one to write to."""
    save(tmp_path / "findings.json", (1.25, 5.75, 0.9), video=noisy)
    (tmp_path / "out").mkdir()
    return tmp_path


def command(kind: str, folder: Path) -> list[str | Path]:
    """Cut the findings in a folder, in one of the ways."""
    output = ["--reel", folder / "out" / "reel.mp4"] if kind == "reel" else ["--clips", folder / "out", "--cut", kind]
    return ["cut", folder / "findings.json", *output]


def slow_ffmpeg(folder: Path, speed: float = 0.5) -> tuple[Path, Path]:
    """An ffmpeg that reads no faster than a film is played, and a folder in which its runs leave their numbers."""
    script, pids = folder / "slow-ffmpeg", folder / "pids"
    pids.mkdir()
    script.write_text(f'#!/bin/sh\ntouch "{pids}/$$"\nexec "{ffmpeg_path()}" -readrate {speed} "$@"\n')
    script.chmod(0o755)
    return script, pids


def has_begun(folder: Path) -> bool:
    """Whether something has been written of a clip or a reel."""
    try:
        return any(path.stat().st_size for path in folder.glob(".r2-*/*"))
    except FileNotFoundError:  # the folder with which it was tried whether there is writing here
        return False


@pytest.mark.parametrize(
    ("kind", "whom"),
    [
        ("exact", ALONE),
        ("exact", EVERYONE),
        ("reel", ALONE),
        pytest.param("reel", EVERYONE, marks=SLOW),
        pytest.param("smart", ALONE, marks=SLOW),
        pytest.param("smart", EVERYONE, marks=SLOW),
    ],
)
def test_ctrl_c_during_an_encode(work, kind, whom):
    script, pids = slow_ffmpeg(work, 4 if kind == "reel" else 0.5)  # of a reel, all sound comes first
    process = start(*command(kind, work), R2_FFMPEG=str(script))
    wait_for(lambda: has_begun(work / "out"))
    if whom == ALONE:
        process.send_signal(signal.SIGINT)
    else:
        os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, err) == (130, "", "r2: interrupted\n")
    assert list((work / "out").iterdir()) == []
    assert not any(is_running(int(path.name)) for path in pids.iterdir())


def test_ctrl_c_keeps_what_is_finished(noisy, tmp_path):
    save(tmp_path / "findings.json", (1, 1.2, 0.9), (2, 7, 0.8), video=noisy)
    script, _ = slow_ffmpeg(tmp_path)
    process = start(*command("exact", tmp_path), R2_FFMPEG=str(script))
    first: set[str] = set()

    def the_second_has_begun() -> bool:
        out = tmp_path / "out"
        names = set(os.listdir(out)) if out.exists() else set()
        if not any(name.endswith(".mp4") for name in names):
            first.update(names)  # what the first is written in
            return False
        return bool(names - first - {"noisy_00-00-01_a-dog-jumps.mp4"}) and has_begun(out)

    wait_for(the_second_has_begun)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (130, "r2: interrupted\n")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["noisy_00-00-01_a-dog-jumps.mp4"]
    assert "noisy_00-00-01_a-dog-jumps.mp4" in out


@pytest.mark.parametrize("kind", ["exact", "reel", pytest.param("smart", marks=SLOW), pytest.param("copy", marks=SLOW)])
def test_a_limit_on_the_size_of_files(work, kind):
    process = start("50000", *command(kind, work), program=LIMITED)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (2, "")
    (line,) = err.splitlines()
    names = r"(noisy_00-00-0\d_a-dog-jumps|reel)\.mp4"
    says = "it becomes larger than a file may be here - make room, or choose another folder"
    assert re.fullmatch(rf"r2: {re.escape(str(work))}/out/{names}: {says}", line)
    assert list((work / "out").iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only the superuser may make a small disk")
@pytest.mark.parametrize(
    ("kind", "size"),
    [
        ("copy", "64k"),
        ("reel", "64k"),
        ("reel", "2500k"),
        ("exact", "2000k"),
        *(pytest.param(kind, "64k", marks=SLOW) for kind in ("smart", "exact")),
        *(pytest.param(kind, "2000k", marks=SLOW) for kind in ("smart", "copy")),
    ],
)
def test_a_full_disk(work, kind, size):
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", work / "out"], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no disk may be made here")
    try:
        process = start(*command(kind, work))
        out, err = process.communicate(timeout=PATIENCE)
        assert (process.returncode, out) == (2, "")
        (line,) = err.splitlines()
        assert line.endswith("the disk is full - make room, or choose another folder")
        assert list((work / "out").iterdir()) == []
    finally:
        subprocess.run(["umount", work / "out"], check=True)


def test_a_film_that_goes_away_while_it_is_cut(work, noisy):
    film = make_film(work / "film.mp4", frames=100)
    save(work / "findings.json", (1, 3, 0.9), video=film)
    script = work / "ffmpeg"
    script.write_text(f'#!/bin/sh\nrm -f "{film}"\nexec "{ffmpeg_path()}" "$@"\n')
    script.chmod(0o755)
    process = start(*command("exact", work), R2_FFMPEG=str(script))
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (3, "")
    assert err.splitlines()[-1] == f"r2: {film}: it went away while it was cut - is its disk still there?"
    assert list((work / "out").iterdir()) == []


FALSE_PROGRAMS = {
    "garbage": "head -c 300000 /dev/urandom; exit 0",
    "a little garbage": "head -c 100 /dev/urandom; exit 0",
    "garbage without end": "exec cat /dev/urandom",
}


@pytest.mark.parametrize("program", FALSE_PROGRAMS)
@pytest.mark.parametrize("options", [["--reel"], guarded(["--clips"]), guarded(["--reel", "--hwaccel", "cuda"])])
def test_a_program_that_is_no_ffmpeg(work, program, options):
    script = work / "ffmpeg"
    script.write_text(f"#!/bin/sh\n{FALSE_PROGRAMS[program]}\n")
    script.chmod(0o755)
    kind = "reel" if "--reel" in options else "exact"
    process = start(*command(kind, work), *options[1:], R2_FFMPEG=str(script))
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (5, "")
    (line,) = err.splitlines()
    assert "it writes what nobody asked for - set R2_FFMPEG to an ffmpeg binary that works" in line
    assert list((work / "out").iterdir()) == []


@pytest.mark.parametrize("kind", ["exact", "smart", "reel"])
def test_an_ffmpeg_that_ends_well_on_a_full_disk(work, kind):
    script = work / "ffmpeg"
    full = "echo 'Error closing file: No space left on device' >&2"
    script.write_text(f'#!/bin/sh\n"{ffmpeg_path()}" "$@" || exit $?\n{full}\n')
    script.chmod(0o755)
    process = start(*command(kind, work), R2_FFMPEG=str(script))
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (2, "")
    (line,) = err.splitlines()
    assert line.endswith("the disk is full - make room, or choose another folder")
    assert list((work / "out").iterdir()) == []
