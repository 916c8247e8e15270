"""A power cut at any moment: what was said to be written is there, and nothing that is half there has a name."""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from r2cli.cli.recent import recent, remember
from r2cli.hub import HubFile
from r2cli.hub.digests import Record, read_record, write_record
from r2cli.paths import data_dir
from tests.power import Disk, Tree, lay_out, watched

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the disk is watched as on Linux")


def files_of(tree: Tree) -> dict[str, bytes]:
    """What has a name of its own; what was unfinished has none."""
    return {path: content for path, content in tree if content is not None and ".r2-" not in path}


def assert_all_or_nothing(disk: Disk, before: Tree) -> None:
    """Each file is as it was or as it was to be at every moment, and as it was to be in the end."""
    old = files_of(before)
    (new,) = {tuple(sorted(files_of(tree).items())) for tree in disk.last}
    assert set(dict(new)) > set(old) or dict(new) != old
    assert len(disk.cuts) > 3
    for tree in disk.cuts:
        for path, content in files_of(tree).items():
            assert content in (old.get(path), dict(new)[path]), path


@pytest.fixture
def out(tmp_path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def findings(r2, films, tmp_path) -> Path:
    path = tmp_path / "findings.json"
    path.write_text(r2("find", films / "short.mp4", "a dog jumps", "--top", "2", "--json")[1])
    return path


@pytest.mark.parametrize("mode", ["exact", "smart", "copy"])
def test_clips(r2, findings, out, mode):
    with watched(out) as disk:
        code, _, err = r2("cut", findings, "--clips", out / "some" / "clips", "--cut", mode)
    assert code == 0, err
    assert len([path for path in out.rglob("*") if path.is_file()]) == 2
    assert_all_or_nothing(disk, ())


def test_clips_in_place_of_others(r2, findings, out):
    assert r2("cut", findings, "--clips", out)[0] == 0
    for path in out.iterdir():
        path.write_bytes(b"an older clip" * 100)
    with watched(out) as disk:
        disk.cut()
        (before,) = disk.last
        assert r2("cut", findings, "--clips", out, "--force")[0] == 0
    assert_all_or_nothing(disk, before)


def test_a_reel(r2, findings, out):
    with watched(out) as disk:
        assert r2("cut", findings, "--reel", out / "reel.mp4")[0] == 0
    assert_all_or_nothing(disk, ())


def test_an_answer_as_json(r2, films, out, monkeypatch):
    lines = f"a dog jumps\n:json {out / 'answer.json'}\n".encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines)))
    with watched(out) as disk:
        assert r2("shell", films / "short.mp4")[0] == 0
    assert (out / "answer.json").stat().st_size > 1000
    assert_all_or_nothing(disk, ())


def test_a_film_that_is_drawn(out):
    from r2cli.datasets.sprites.art import packaged_sprites
    from r2cli.datasets.sprites.demo import demo_film
    from r2cli.datasets.sprites.film import write_film

    short = replace(demo_film(), duration=0.4)
    with watched(out) as disk:
        write_film(short, packaged_sprites(), out / "film.mp4", width=64, height=64, rate=10)
    assert_all_or_nothing(disk, ())


def test_a_digest():
    file, old = HubFile("someone/models", "model.pth", 3), Record("0" * 64, "model.pth", 3, 1)
    new = replace(old, sha256="1" * 64)
    data_dir().parent.mkdir()
    for before, after in ((None, old), (old, new)):
        with watched(data_dir().parent) as disk:
            write_record(file, after)
        for tree in disk.cuts:
            lay_out(tree, data_dir().parent)
            assert read_record(file) in (before, after)
        for tree in disk.last:
            lay_out(tree, data_dir().parent)
            assert read_record(file) == after


def test_the_last_video_is_the_old_one_or_the_new_one_or_none(tmp_path):
    films = [tmp_path / name for name in ("old.mp4", "new.mp4")]
    for film in films:
        film.touch()
    remember(films[0])
    with watched(data_dir()) as disk:
        remember(films[1])
    seen = set()
    for tree in disk.cuts:
        lay_out(tree, data_dir())
        found = recent()
        seen.add(found and found.video)
    assert seen == {None, *films}


def test_a_training_run(out):
    import torch

    from r2cli.training.resume import load_state, save_state

    def fresh():
        model = torch.nn.Linear(2, 2)
        return model, [torch.optim.SGD(model.parameters(), lr=0.1)]

    state = out / "runs" / "run.pt"
    with watched(out) as disk:
        for step in (50, 100):
            save_state(state, step, *fresh())
            disk.promise = step
    for tree, promised in disk.cuts.items():
        lay_out(tree, out)
        assert load_state(state, *fresh()) in (promised or 0, (promised or 0) + 50)
