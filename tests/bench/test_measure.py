"""Measurements: that they are made, of the right thing, and leave nothing behind. How large they are proves nothing."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from r2cli.bench.memory import MemoryWatch, own_height
from r2cli.bench.run import run_program, run_task
from r2cli.bench.tasks import Subject
from r2cli.errors import UnreadableInputError

_TAKES_100_MB = "b = bytearray(100_000_000); b[::4096] = b'x' * len(b[::4096]); import time; time.sleep(1.5)"


@pytest.mark.guard
@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="nobody can look into a process elsewhere")
def test_memory_is_that_of_the_program_and_of_what_it_starts():
    alone = run_program([sys.executable, "-c", _TAKES_100_MB]).memory
    starter = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {_TAKES_100_MB!r}])"
    assert 100e6 < alone < 200e6
    # A child of the same program is taken for a part of it that has not become another yet.
    assert run_program([sys.executable, "-c", starter]).memory < 100e6
    copier = "import subprocess; subprocess.run('exec dd bs=100M count=60 if=/dev/zero of=/dev/null', shell=True)"
    assert 100e6 < run_program([sys.executable, "-c", copier]).memory < 200e6


def test_a_process_knows_its_own_height():
    assert own_height() > 10e6


def test_a_process_that_has_gone_is_no_trouble():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    with MemoryWatch(process.pid) as watch:
        pass
    assert watch.height is None


def test_a_task_explains_what_it_cannot_read(random_model, tmp_path):
    with pytest.raises(UnreadableInputError, match="there is no such file") as caught:
        run_task("decode", Subject(video=str(tmp_path / "gone.mp4"), model=str(random_model)))
    assert caught.value.exit_code == 3


def test_a_program_that_fails_is_an_error():
    with pytest.raises(RuntimeError, match="ended with 3: out of order"):
        run_program([sys.executable, "-c", "import sys; print('out of order', file=sys.stderr); sys.exit(3)"])


@pytest.mark.slow  # five processes; in one: tests/cli/commands/test_bench.py
def test_bench(r2, films, random_model, tmp_path, monkeypatch):
    monkeypatch.setenv("R2_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    code, out, err = r2("bench", films / "short.mp4", "--model", random_model, "--runs", "1", "--json")
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert document["video"] == {
        "path": str(films / "short.mp4"),
        "duration": 8.0,
        "picture": "160x96 h264",
        "clips": 16,
    }
    assert document["model"] == {"name": str(random_model), "random_weights": False, "sampling": "auto"}
    names = [one["name"] for one in document["measurements"]]
    assert names == ["decode", "sample", "encode", "cold", "warm", "ask", "command"]
    for one in document["measurements"]:
        assert one["seconds"] > 0
        assert one["times_real_time"] == pytest.approx(8.0 / one["seconds"])
    assert 0 < document["cache"]["bytes"] < 10e6
    assert document["machine"]["precision"] in ("fp32", "bf16", "fp16")
    assert not list(tmp_path.iterdir())  # neither a cache nor anything temporary


@pytest.mark.guard
@pytest.mark.slow
@pytest.mark.slow
def test_the_comparison_with_the_plain_pipeline_runs_and_goes_on_where_it_was(films, random_model, tmp_path):
    command = [sys.executable, "-m", "tests.bench.pipeline", films / "short.mp4", "--model", random_model]
    command += ["--work", tmp_path, "--runs", "1", "--minutes", "0.1", "0.3"]
    first, again = (
        subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True) for _ in range(2)
    )
    for words in ("exact, cold: ", "the plain pipeline: ", "auto against exact: ", "warm r2 find: ", "r2 shell: "):
        assert words in first.stdout
    assert len([line for line in first.stdout.splitlines() if line.startswith("| 0 min |")]) == 2
    assert len(first.stderr.splitlines()) == 8
    assert (again.stdout, again.stderr) == (first.stdout, "")
