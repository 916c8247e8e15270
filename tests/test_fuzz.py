"""Some damaged files in every run of the tests; `python -m tests.fuzz` takes any number."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.fuzz import __main__ as fuzz
from tests.fuzz.cases import Workshop
from tests.fuzz.films import FILMS, Films
from tests.fuzz.pool import Worker, run_case

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits and looks at processes as Linux has them")


def run_fuzz(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    monkeypatch.setattr(sys, "argv", ["fuzz", *arguments])
    code, said = fuzz.main(), capsys.readouterr().out
    assert code == 0, said
    return said


def test_some_damaged_files_cause_no_fault(tmp_path, monkeypatch, capsys):
    said = run_fuzz(monkeypatch, capsys, "--files", "10", "--seed", "3", "--workers", "1", "--folder", str(tmp_path))
    assert said.splitlines()[-1].startswith("10 files in ")
    assert {path.name for path in tmp_path.iterdir()} == {"films", "model"}  # nothing is kept of what went well


@pytest.mark.slow
@pytest.mark.parametrize("seed", [11, 12])
def test_more_damaged_files_cause_no_fault(tmp_path, monkeypatch, capsys, seed):
    run_fuzz(monkeypatch, capsys, "--files", "150", "--seed", str(seed), "--folder", str(tmp_path))


FAULTY = {
    "exit -1, traceback": "raise RuntimeError('a mistake')",
    "exit 70": "return 70",
    "silence": "return 3",
    "memory": "held = bytearray(3 << 29); return 0",
    "hang": "import time; time.sleep(600)",
    "crash": "import os; os.kill(os.getpid(), 11)",
    "process left": "import subprocess; subprocess.Popen(['sleep', '600']); return 0",
    "file left": "open(arguments[-1] + '/stray', 'w').close(); return 0",
    "input changed": "open(arguments[1], 'w').close(); return 0",
}


@pytest.mark.parametrize("fault", FAULTY)
def test_every_kind_of_fault_is_seen_and_kept(tmp_path: Path, random_model: Path, monkeypatch, fault: str) -> None:
    """A program in the place of r2 that does one wrong thing."""
    (tmp_path / "wrong").mkdir()
    body = FAULTY[fault]
    (tmp_path / "wrong" / "sitecustomize.py").write_text(
        f"import r2cli.__main__ as r2\ndef wrong(arguments):\n    {body}\nr2.main = wrong\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'wrong'}:{Path(__file__).parents[1]}")
    workshop, worker = Workshop(one_film(tmp_path), random_model, seed=0), Worker(tmp_path / "home")
    monkeypatch.setattr(Workshop, "_command", lambda self, random, film, folder: ["find", film, folder])
    monkeypatch.setattr("tests.fuzz.cases._KINDS", ("film",))
    seconds = 2.0 if fault == "hang" else 60.0
    try:
        outcome = run_case(worker, workshop, 0, tmp_path / "case", seconds)
    finally:
        worker.stop()
    assert ", ".join(outcome.faults) == fault, outcome
    assert (tmp_path / "case" / "case.json").exists()


def one_film(folder: Path) -> Films:
    """One that nobody can play."""
    (folder / "h264.mp4").write_bytes(bytes(range(256)) * 8)
    return Films(folder, {"h264.mp4": ()})


def test_a_seed_means_the_same_files_everywhere(tmp_path: Path, random_model: Path) -> None:
    films = one_film(tmp_path)
    made = []
    for name in ("once", "again"):
        made.append([])
        for number in range(40):
            folder = tmp_path / name / str(number)
            folder.mkdir(parents=True)
            case = Workshop(films, random_model, seed=5).case(number, folder)
            made[-1].append((case.kind, [path.read_bytes() for path in case.files if path.suffix != ".json"]))
    assert made[0] == made[1]
    assert {kind for kind, _ in made[0]} >= {"film", "card", "weights", "settings", "list"}


def test_the_films_are_of_many_kinds() -> None:
    suffixes = {name.rpartition(".")[2] for name in FILMS}
    assert suffixes >= {"mp4", "mov", "mkv", "webm", "ts", "mpg", "flv", "avi", "gif", "ogv"}
