"""The one loop: the same weights whether it was stopped or not, and a table of every step."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
import torch

from r2cli.errors import CommandLineError, ModelUnavailableError, UnreadableInputError
from r2cli.training.descent import adamw
from r2cli.training.loop import Run, learn
from r2cli.training.schedule import Stairs

SCRIPT = """
import sys, torch
from pathlib import Path
torch.set_num_threads(1)
from tests.training.test_loop import make_run
from r2cli.training.loop import learn
learn(make_run(60), Path(sys.argv[1]))
"""


def make_run(steps: int, rate: float = 0.01, settings: str = "", save_every: int = 7) -> Run[torch.Tensor]:
    """Something that learns with dropout, from batches that are drawn."""
    torch.manual_seed(4)
    model = torch.nn.Sequential(torch.nn.Linear(6, 16), torch.nn.Dropout(0.5), torch.nn.Linear(16, 1))

    def batch(step: int) -> torch.Tensor:
        return torch.randn(8, 6, generator=torch.Generator().manual_seed(step))

    return Run(
        name="toy",
        model=model,
        optimizers=adamw(model, rate=rate, weight_decay=1e-4),
        schedule=Stairs(steps, warmup=5),
        batches=lambda start: map(batch, count(start)),
        losses=lambda seen: {"square": (model(seen) - seen.sum(1, keepdim=True)).square().mean()},
        seed=9,
        save_every=save_every,
        settings=settings,
    )


def weights(run: Run[torch.Tensor]) -> list[torch.Tensor]:
    return [parameter.detach().clone() for parameter in run.model.parameters()]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_run_that_was_stopped_comes_to_the_same_weights_and_the_same_table(tmp_path):
    whole = make_run(30)
    learn(whole, tmp_path / "whole")
    for steps in (10, 17):  # each time it stops somewhere else
        learn(make_run(steps), tmp_path / "parts")
    parts = make_run(30)
    learn(parts, tmp_path / "parts")
    assert all(torch.equal(a, b) for a, b in zip(weights(whole), weights(parts), strict=True))
    assert (tmp_path / "whole" / "toy.csv").read_text() == (tmp_path / "parts" / "toy.csv").read_text()
    table = rows(tmp_path / "whole" / "toy.csv")
    assert [int(row["step"]) for row in table] == list(range(30))
    assert list(table[0]) == ["step", "rate", "norm", "loss", "square"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.guard
@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_very_same_weights(tmp_path):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    def start(folder: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", SCRIPT, str(tmp_path / folder)], env=environment)

    assert start("whole").wait(120) == 0
    victim = start("killed")
    table = tmp_path / "killed" / "toy.csv"
    while victim.poll() is None and (not table.exists() or len(table.read_bytes().splitlines()) < 20):
        pass
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    assert start("killed").wait(120) == 0
    whole, killed = (torch.load(tmp_path / name / "toy.pt", weights_only=True)["model"] for name in ("whole", "killed"))
    assert all(torch.equal(whole[name], killed[name]) for name in whole)
    assert table.read_bytes() == (tmp_path / "whole" / "toy.csv").read_bytes()


def test_a_finished_run_has_nothing_to_do(tmp_path):
    learn(make_run(8), tmp_path)
    before = (tmp_path / "toy.pt").read_bytes()
    lines: list[str] = []
    learn(make_run(8), tmp_path, lines.append)
    assert lines == []
    assert (tmp_path / "toy.pt").read_bytes() == before


def test_a_line_is_said_whenever_the_state_is_saved(tmp_path):
    lines: list[str] = []
    learn(make_run(10), tmp_path, lines.append)
    assert [line.split("  ")[0] for line in lines] == ["toy step 7/10", "toy step 10/10"]


def test_a_row_that_was_cut_off_and_rows_after_the_last_state_are_written_anew(tmp_path):
    learn(make_run(7), tmp_path)
    with (tmp_path / "toy.csv").open("a") as file:
        file.write("7,0.1,0.1,0.1,0.1\n8,0.1,0.")
    learn(make_run(10), tmp_path)
    assert [int(row["step"]) for row in rows(tmp_path / "toy.csv")] == list(range(10))
    assert float(rows(tmp_path / "toy.csv")[7]["loss"]) != 0.1


def test_a_state_of_other_settings_or_of_something_else_is_refused(tmp_path):
    learn(make_run(7, settings="dims = 128"), tmp_path)
    with pytest.raises(CommandLineError, match="other settings"):
        learn(make_run(9, settings="dims = 256"), tmp_path)
    for nonsense in (b"", b"nonsense", b"PK\x03\x04"):
        (tmp_path / "toy.pt").write_bytes(nonsense)
        with pytest.raises(UnreadableInputError, match=r"toy\.pt is not the state of this training"):
            learn(make_run(9), tmp_path)


def test_a_state_cannot_run_code(tmp_path):
    class Evil:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "harm"),))

    torch.save({"step": 1, "settings": "", "model": Evil(), "optimizers": []}, tmp_path / "toy.pt")
    with pytest.raises(UnreadableInputError):
        learn(make_run(9), tmp_path)
    assert not (tmp_path / "harm").exists()


def test_a_loss_that_is_no_number_ends_the_run_before_it_spoils_the_state(tmp_path):
    learn(make_run(7), tmp_path)
    before = (tmp_path / "toy.pt").read_bytes()
    run = make_run(20)
    with torch.no_grad():
        run.model[0].weight.fill_(float("nan"))
    with pytest.raises(ModelUnavailableError, match="toy: at step 1 the loss"):
        learn(run, tmp_path / "other")
    assert not (tmp_path / "other" / "toy.pt").exists()
    assert (tmp_path / "toy.pt").read_bytes() == before


def judged(steps: int, scores: dict[int, float]) -> Run[torch.Tensor]:
    """Is told these figures, after these steps."""
    run, told = make_run(steps), iter(sorted(scores))
    return replace(run, validate=lambda: {"mAP": scores[next(told)], "R1": 1.0})


def test_the_weights_that_did_best_are_kept_also_of_a_run_that_was_stopped(tmp_path):
    scores = {7: 10.0, 14: 30.0, 21: 20.0, 28: 30.0, 30: 5.0}
    at_its_best = make_run(14)
    learn(at_its_best, tmp_path / "short")
    whole, lines = judged(30, scores), []
    best = learn(whole, tmp_path / "whole", lines.append)
    assert (best.step, best.figures) == (14, {"mAP": 30.0, "R1": 1.0})
    assert all(torch.equal(a, b) for a, b in zip(weights(whole), weights(at_its_best), strict=True))
    assert lines[2].endswith("  mAP 20.0  R1 1.0")
    table = [(row["step"], row["mAP"]) for row in rows(tmp_path / "whole" / "toy-validation.csv")]
    assert table == [("6", "10"), ("13", "30"), ("20", "20"), ("27", "30"), ("29", "5")]

    learn(judged(21, {7: 10.0, 14: 30.0, 21: 20.0}), tmp_path / "parts")
    parts = judged(30, {28: 30.0, 30: 5.0})
    assert learn(parts, tmp_path / "parts").step == 14
    assert all(torch.equal(a, b) for a, b in zip(weights(parts), weights(at_its_best), strict=True))
    for name in ("toy.csv", "toy-validation.csv"):
        assert (tmp_path / "parts" / name).read_text() == (tmp_path / "whole" / name).read_text()
    again = judged(30, {})
    assert learn(again, tmp_path / "parts").step == 14
    assert all(torch.equal(a, b) for a, b in zip(weights(again), weights(at_its_best), strict=True))


def test_where_nobody_asks_the_last_weights_stay_and_there_is_no_table(tmp_path):
    run = make_run(9)
    assert learn(run, tmp_path).step == 0
    assert not (tmp_path / "toy-validation.csv").exists()
    kept = torch.load(tmp_path / "toy.pt", weights_only=True)["model"]
    assert all(torch.equal(kept[name], tensor) for name, tensor in run.model.state_dict().items())
