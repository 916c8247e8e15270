"""`r2 bench`: what it says. Measurements themselves: tests/bench/test_measure.py."""

from __future__ import annotations

import io
import json
import tempfile
import time
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path

import pytest

from r2cli.__main__ import main
from r2cli.bench import measure
from r2cli.bench.run import Outcome
from r2cli.bench.tasks import TASKS

STEPS = ["decode", "sample", "encode", "cold", "warm", "ask", "command"]


@pytest.fixture
def in_one_process(monkeypatch):
    """Every step is done in this process, which has loaded everything, instead of in one of its own."""

    def run_task(name, subject, cache=None):
        with monkeypatch.context() as patch:
            if cache is not None:
                patch.setenv("R2_CACHE_DIR", str(cache))
            begun = time.perf_counter()
            answer = TASKS[name](replace(subject, pictures=4))
        return Outcome(answer, time.perf_counter() - begun, 100_000_000)

    def run_program(command, cache, *, codes):
        assert command[1:4] == ["-m", "r2cli", "find"]
        with monkeypatch.context() as patch:
            patch.setenv("R2_CACHE_DIR", str(cache))
            begun = time.perf_counter()
            with redirect_stdout(io.StringIO()):
                assert main(command[3:]) in codes
        return Outcome({}, time.perf_counter() - begun, 100_000_000)

    monkeypatch.setattr(measure, "run_task", run_task)
    monkeypatch.setattr(measure, "run_program", run_program)


@pytest.mark.usefixtures("in_one_process")
def test_a_table(capfd, films, random_model):
    assert main(["bench", str(films / "short.mp4"), "--runs", "1", "--model", str(random_model)]) == 0
    out, err = capfd.readouterr()
    assert f"{films / 'short.mp4'}: 0:08.0, 160x96 h264, 16 clips\n" in out
    for about in ("FFmpeg decodes every picture", "CLIP looks at 16 pictures", "first search", "a query in r2 shell"):
        assert about in out
    assert "in the cache: " in out
    assert err == ""


@pytest.mark.usefixtures("in_one_process")
def test_a_document(r2, films, random_model, tmp_path, monkeypatch):
    monkeypatch.setenv("R2_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    film = films / "short.mp4"
    code, out, err = r2("bench", film, "--model", random_model, "--runs", "2", "--sampling", "exact", "--json", "-q")
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert document["model"] == {"name": str(random_model), "random_weights": False, "sampling": "exact"}
    assert [one["name"] for one in document["measurements"]] == STEPS
    assert all(len(one["runs"]) == 2 for one in document["measurements"])
    assert not list(tmp_path.iterdir())  # neither a cache nor anything temporary


def test_bench_of_nothing(r2, tmp_path):
    assert r2("bench") == (2, "", "r2: no video - name one, as in: r2 bench holiday.mp4\n")
    code, out, err = r2("bench", tmp_path / "gone.mp4")
    assert (code, out) == (3, "")
    assert "there is no such file" in err
    assert r2("bench", Path(__file__), "--model", "qvh")[0] in (3, 4)
