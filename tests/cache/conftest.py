"""A film that takes several steps to read, and a model that says when it has looked at one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import r2cli
from r2cli.cache import folders
from r2cli.findings import Findings
from r2cli.memory import Reading, ReadingReport
from r2cli.tasks.find import search
from r2cli.tasks.open_video import open_video
from tests.films import make_film


@pytest.fixture(scope="package")
def film(tmp_path_factory) -> Path:
    """60 s: 120 clips, twelve steps, twelve windows."""
    return make_film(tmp_path_factory.mktemp("film") / "film.mp4", frames=600, rate=10)


@pytest.fixture(scope="package")
def model(random_model):
    return r2cli.load(str(random_model), device="cpu", precision="fp32")


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    """Twelve windows in three chunks."""
    monkeypatch.setattr("r2cli.models.r2.family.R2Family.chunk", 5)


@pytest.fixture(autouse=True)
def films_are_old(monkeypatch):
    """The films of the tests were made just now, and would not be believed to stay as they are."""
    monkeypatch.setattr("r2cli.cache.files._SETTLED", 0.0)


@pytest.fixture
def no_probe(monkeypatch):
    """no_probe(): from here on, no file can be probed."""
    return lambda: monkeypatch.setattr(sys.modules["r2cli.video.probe"], "probe", None)


@pytest.fixture
def notes(model, monkeypatch) -> list[str]:
    """What the model's owner is told."""
    said: list[str] = []
    object.__setattr__(model, "on_note", said.append)
    return said


@pytest.fixture
def ask(model):
    """ask(film) -> findings and report of one query."""

    def run(path: Path, query: str = "a dog jumps", *, of=model, **how) -> tuple[Findings, ReadingReport]:
        reports: list[ReadingReport] = []
        (found,) = search(open_video(path), [query], of, Reading(**how), on_report=reports.append)
        return found, reports[0]

    return run


def entry_folders() -> list[Path]:
    """Of what is in the cache."""
    return sorted(folders.entries_dir().iterdir()) if folders.entries_dir().is_dir() else []
