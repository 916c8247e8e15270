"""`r2 train`: on somebody's own films, with what it leaves behind; and a new data set is a file and a row."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from r2cli.checkpoints.load import open_checkpoint
from r2cli.datasets import table

SMALL = ("model.dims=16", "model.heads=2", "data.batch=2", "schedule.warmup=2", "data.clips_per_second=2.0")
RECIPE = 'dataset = "custom"\ntest = "val"\n[model]\nclip = "sprites"\n'
TOY = """
from r2cli.datasets.dataset import Dataset, Sample, Source, find_video

TOY = Dataset(
    name="toy",
    about="two films, a question each",
    task="moments",
    splits=("train", "val"),
    read=lambda folder, split: (
        Sample(number, name, "a dog", ((1.0, 4.0 + number),), 8.0) for number, name in enumerate(("one", "two"))
    ),
    film=lambda folder, name, scratch: find_video(folder, name),
    measure="moments",
    source=Source("here", "here", "none"),
)
"""


@pytest.fixture
def folder(tmp_path, films):
    for name in ("one", "two"):
        (tmp_path / f"{name}.mp4").symlink_to(films / "short.mp4")
    rows = [
        {"video": "one.mp4", "query": "a dog", "windows": [[1, 4]], "duration": 8},
        {"video": "one.mp4", "query": "a cat", "windows": [], "duration": 8},
        {"video": "two.mp4", "query": "a dog jumps", "windows": [[2, 3], [5, 8]], "duration": 8},
    ]
    (tmp_path / "train.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "val.jsonl").write_text(json.dumps(rows[0]))
    (tmp_path / "mine.toml").write_text(RECIPE)
    return tmp_path


def arguments(folder: Path, *changes: str, out: str = "run") -> list[str]:
    sets = [word for change in (*SMALL, *changes) for word in ("--set", change)]
    places = ["--data", str(folder), "--out", str(folder / out), "--tokens", str(folder / "tokens")]
    return ["train", str(folder / "mine.toml"), *places, "--device", "cpu", *sets]


def steps(path: Path) -> list[int]:
    with path.open(newline="") as file:
        return [int(row["step"]) for row in csv.DictReader(file)]


def test_a_model_of_ones_own_is_made_used_and_tuned(r2, folder):
    code, out, err = r2(*arguments(folder, "schedule.epochs=3"), "--plot", folder / "run.svg")
    assert code == 0, err
    assert "video_cal" in (folder / "run.svg").read_text(encoding="utf-8")
    path = Path(out.strip())
    assert path == folder / "run" / "custom.safetensors"
    assert steps(folder / "run" / "train.csv") == list(range(6))  # three queries, two a batch
    card = json.loads(path.with_suffix(".json").read_text())
    assert card["training"]["recipe"]["schedule"]["epochs"] == 3
    assert (card["training"]["queries"], card["training"]["steps"]) == (3, 6)
    page = path.with_suffix(".md").read_text()
    assert "Learned from 3 queries of custom, split train, in 6 steps" in page
    with (folder / "run" / "train-validation.csv").open(newline="") as file:
        (figures,) = csv.DictReader(file)  # a short training is judged once, at its end
    assert list(figures) == ["step", "MR-full-mAP", "MR-full-R1@0.5", "MR-full-R1@0.7"]
    told = {"split": "val", "step": 6} | {name: float(value) for name, value in figures.items() if name != "step"}
    assert card["training"]["validation"] == pytest.approx(told, abs=1e-6)
    assert "Its weights are those after step 6, which did best on the split val: MR-full-mAP" in page
    assert f"MR-full-mAP {told['MR-full-mAP']:.1f}" in err
    opened = open_checkpoint(str(path), device="cpu")
    assert opened.model.config.dims == 16
    code, out, err = r2(
        "eval",
        "custom",
        "--data",
        folder,
        "--split",
        "val",
        "--model",
        path,
        "--json",
        "-q",
        "--plot",
        folder / "figures.png",
    )
    assert (code, err) == (0, "")
    assert (folder / "figures.png").stat().st_size > 5000
    assert json.loads(out)["rows"][0]["who"] == "custom"

    tuned = arguments(folder, "schedule.epochs=1", "schedule.rate=1e-9", out="tuned")
    code, out, err = r2(*tuned, "--init", path)
    assert code == 0, err
    after = open_checkpoint(out.strip(), device="cpu").model.state_dict()
    for name, before in opened.model.state_dict().items():
        torch.testing.assert_close(after[name], before, rtol=0, atol=1e-4)
    assert json.loads(Path(out.strip()).with_suffix(".json").read_text())["training"]["init"] == str(path)


def test_what_is_there_is_not_overwritten_and_other_settings_do_not_go_on(r2, folder):
    assert r2(*arguments(folder, "schedule.epochs=1"))[0] == 0
    code, _, err = r2(*arguments(folder, "schedule.epochs=1"))
    assert code == 2
    assert "exists already" in err
    code, _, err = r2(*arguments(folder, "schedule.epochs=2"), "--force")
    assert code == 2
    assert "belongs to a training with other settings" in err
    assert r2(*arguments(folder, "schedule.epochs=1"), "--force")[0] == 0


def test_tokens_are_computed_once_and_those_of_another_clip_are_refused(r2, folder):
    assert r2(*arguments(folder, "schedule.epochs=1"))[0] == 0
    stored = folder / "tokens" / "one.mp4.npy"
    before = stored.stat().st_mtime_ns
    assert r2(*arguments(folder, "schedule.epochs=1", out="again"))[0] == 0
    assert stored.stat().st_mtime_ns == before
    weights = [(folder / name / "custom.safetensors").read_bytes() for name in ("run", "again")]
    assert weights[0] == weights[1]  # the same seed, the same model
    stored.write_bytes(b"nonsense")
    code, _, err = r2(*arguments(folder, "schedule.epochs=1", out="third"))
    assert code == 3
    assert "one.mp4.npy does not hold a video's tokens" in err


@pytest.mark.parametrize(
    ("change", "code", "told"),
    [
        ("model.clip=nonsense", 4, "no checkpoint named 'nonsense'"),
        ("dataset=nonsense", 2, "no data set named 'nonsense'"),
        ("split=nonsense", 2, "custom has no split 'nonsense'"),
        ("split=test", 3, "there is no test.jsonl nor test.csv"),
        ("model.dims=15", 2, "dims (15) must be a multiple of heads (2)"),
        ("model.strides=[3]", 2, "strides (3,) makes no sense"),
        ("model.heads=0", 2, "model.heads must be 1 or more, not 0"),
        ("model.dropout=1.5", 2, "must be from 0 up to below 1"),
        ("model.layers=9", 4, "the CLIP of sprites is read 4 layers deep"),
        ("data.shortest=9", 3, "holds nothing to learn from"),
        ("schedule.rate=1e30", 4, "the loss is no number any more"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(r2, folder, change, code, told):
    found, out, err = r2(*arguments(folder, "schedule.epochs=9", "schedule.warmup=0", change), "--quiet")
    assert (found, out) == (code, "")
    assert told in err
    assert len(err.strip().splitlines()) == 1


def test_a_new_data_set_is_a_file_and_a_row(r2, folder, monkeypatch):
    (folder / "toy_set.py").write_text(TOY)
    monkeypatch.syspath_prepend(str(folder))
    import toy_set

    monkeypatch.setitem(table.DATASETS, "toy", toy_set.TOY)
    code, out, err = r2("eval", "toy", "--data", folder, "--model", "sprites", "--json", "-q")
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert (document["dataset"], document["split"], document["videos"], document["queries"]) == ("toy", "val", 2, 2)
    code, out, err = r2(*arguments(folder, "dataset=toy", "schedule.epochs=2"))
    assert code == 0, err
    assert Path(out.strip()).name == "toy.safetensors"
    assert steps(folder / "run" / "train.csv") == [0, 1]
    assert "toy" in r2("data")[1]
    assert r2("data", "check", "toy", "--data", folder)[0] == 0
    with pytest.raises(AttributeError):
        replace(toy_set.TOY).name = "other"  # type: ignore[misc]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_two_processes_train_one_model(r2, folder):
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    changes = ("schedule.epochs=4", "model.dropout=0.0", "model.drop_path=0.0")
    assert r2(*arguments(folder, *changes, out="one"))[0] == 0
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "r2cli"]
    done = subprocess.run(
        [*torchrun, *arguments(folder, *changes, out="two")],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [str(folder / "two" / "custom.safetensors")]
    one, two = (
        [[float(cell) for cell in row] for row in list(csv.reader((folder / out / "train.csv").open()))[1:]]
        for out in ("one", "two")
    )
    assert len(one) == len(two) == 8
    for row, other in zip(one, two, strict=True):
        assert other == pytest.approx(row, rel=1e-3, abs=1e-4)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_killed_training_goes_on_to_the_very_same_weights(r2, folder):
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}

    def start(out: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "r2cli", *arguments(folder, "schedule.epochs=80", out=out), "--quiet"]
        return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)

    assert start("whole").wait(250) == 0
    victim = start("killed")
    rows = folder / "killed" / "train.csv"
    while victim.poll() is None and (not rows.exists() or len(rows.read_bytes().splitlines()) < 70):
        pass
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    assert not (folder / "killed" / "custom.safetensors").exists()
    assert start("killed").wait(250) == 0
    for name in ("custom.safetensors", "train.csv"):
        assert (folder / "killed" / name).read_bytes() == (folder / "whole" / name).read_bytes()
