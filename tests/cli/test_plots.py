"""Pictures of trainings and evaluations: what is on them, and what is refused before any work."""

from __future__ import annotations

import re

import pytest
from PIL import Image

from r2cli.cli.plots import plot_figures, plot_training, require_plot
from r2cli.errors import CommandLineError

STEPS = {
    "step": [float(n) for n in range(40)],
    **{"rate": [1e-3] * 40, "norm": [1.0] * 40, "loss": [3.0] * 40},
    "cls": [2.0 / (1 + n) for n in range(40)],
    "reg": [1.0] * 40,
}
VALIDATION = {"step": [9.0, 19.0, 29.0, 39.0], "MR-full-mAP": [10.0, 30.0, 25.0, 20.0], "MR-full-R1@0.5": [9.0] * 4}
ROWS = (
    ("model $x_1$\x1b", {"MR-full-R1@0.5": 60.0, "MR-full-mAP": 40.0, "other": 1.0}, {"MR-full-R1@0.5": (50.0, 70.0)}),
    ("blind", {"MR-full-R1@0.5": 20.0}, {}),
)


def words(path) -> list[str]:
    """What is written on an SVG: matplotlib leaves each text as a comment beside its outlines."""
    return re.findall(r"<!-- (.*?) -->", path.read_text(encoding="utf-8"))


def test_a_run(tmp_path):
    plot_training(tmp_path / "run.svg", "r2 train mine.toml", STEPS, VALIDATION, force=False)
    said = words(tmp_path / "run.svg")
    for word in ("r2 train mine.toml", "cls", "reg", "mAP", "R1@0.5", "kept", "loss, weighted"):
        assert word in said
    assert not {"rate", "norm", "loss"} & set(said)
    plot_training(tmp_path / "run.png", "r2 train", STEPS, {}, force=False)
    assert Image.open(tmp_path / "run.png").size == (1200, 600)
    plot_training(tmp_path / "run.png", "r2 train", STEPS, VALIDATION, force=True)
    assert Image.open(tmp_path / "run.png").size == (1200, 1200)


def test_figures(tmp_path):
    plot_figures(tmp_path / "figures.svg", "custom, val", ROWS, force=False)
    said = words(tmp_path / "figures.svg")
    assert {"custom, val", "R1@0.5", "mAP", "blind"} <= set(said)
    assert not {"other"} & set(said)
    assert any("x_1" in word and "\x1b" not in word for word in said)
    plot_figures(tmp_path / "figures.pdf", "custom, val", ROWS, force=False)
    assert (tmp_path / "figures.pdf").read_bytes().startswith(b"%PDF")


def test_the_same_run_gives_the_same_file(tmp_path):
    for name in ("one.png", "other.png"):
        plot_training(tmp_path / name, "r2 train", STEPS, VALIDATION, force=False)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "other.png").read_bytes()


def test_what_cannot_be_drawn_is_refused_before_any_work(tmp_path, monkeypatch):
    (tmp_path / "taken.png").write_text("mine")
    for name, words in (("run.jpg", "it cannot be drawn as that"), ("taken.png", "exists")):
        with pytest.raises(CommandLineError, match=words):
            require_plot(tmp_path / name, force=False)
    require_plot(tmp_path / "taken.png", force=True)
    monkeypatch.setattr("r2cli.cli.plots.find_spec", lambda name: None)
    with pytest.raises(CommandLineError, match="not installed") as caught:
        require_plot(tmp_path / "run.png", force=False)
    assert "pip install 'r2cli[plot]'" in caught.value.hint
    assert (tmp_path / "taken.png").read_text() == "mine"
