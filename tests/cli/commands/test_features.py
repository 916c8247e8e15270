"""`r2 features`: what a training would look at, looked at ahead, in shares, and never twice."""

from __future__ import annotations

import json

import numpy as np
import pytest

ROWS = [("one", "a dog"), ("two", "a cat"), ("one", "a bee"), ("three", "a pig")]


@pytest.fixture
def folder(tmp_path, films):
    for name in ("one", "two", "three", "judged"):
        (tmp_path / f"{name}.mp4").symlink_to(films / "short.mp4")
    rows = [{"video": f"{name}.mp4", "query": query, "windows": [[1, 4]], "duration": 8} for name, query in ROWS]
    (tmp_path / "train.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "val.jsonl").write_text(json.dumps(rows[0] | {"video": "judged.mp4"}))
    (tmp_path / "mine.toml").write_text('dataset = "custom"\ntest = "val"\n[model]\nclip = "sprites"\n')
    return tmp_path


def features(r2, folder, *options):
    places = ["--data", folder, "--tokens", folder / "tokens", "--set", "data.clips_per_second=2.0"]
    return r2("features", folder / "mine.toml", *places, "--device", "cpu", *options)


def spoil(film):
    film.unlink()
    film.write_text("no film")


def names(folder):
    return sorted(path.name for path in (folder / "tokens").iterdir())


def test_shares_together_are_everything_and_what_is_there_is_left(r2, folder):
    assert features(r2, folder, "--shard", "2/2") == (
        0,
        f"2 of 2 videos are in {folder}/tokens, 0 of them were there\n",
        "",
    )
    assert names(folder) == ["judged.mp4.npy", "two.mp4.npy"]
    kept = (folder / "tokens" / "two.mp4.npy").stat()
    code, out, _ = features(r2, folder)
    assert (code, out) == (0, f"4 of 4 videos are in {folder}/tokens, 2 of them were there\n")
    assert names(folder) == ["judged.mp4.npy", "one.mp4.npy", "three.mp4.npy", "two.mp4.npy"]
    assert (folder / "tokens" / "two.mp4.npy").stat() == kept
    tokens = np.load(folder / "tokens" / "one.mp4.npy")
    assert (tokens.dtype, tokens.shape) == (np.float16, (16, 4, 50, 128))  # [T, K, P, D], as the authors have it


def test_a_training_finds_them(r2, folder):
    assert features(r2, folder)[0] == 0
    for film in folder.glob("*.mp4"):
        spoil(film)
    small = [word for change in ("model.dims=16", "model.heads=2", "schedule.epochs=1") for word in ("--set", change)]
    places = ["--data", folder, "--tokens", folder / "tokens", "--out", folder / "run"]
    change = ["--set", "data.clips_per_second=2.0"]
    code, _, err = r2("train", folder / "mine.toml", *places, "--device", "cpu", *change, *small)
    assert code == 0, err


def test_what_cannot_be_read_is_named_and_the_rest_is_done(r2, folder):
    spoil(folder / "two.mp4")
    spoil(folder / "three.mp4")
    code, out, err = features(r2, folder)
    assert (code, out) == (3, f"2 of 4 videos are in {folder}/tokens, 0 of them were there\n")
    two, three = err.splitlines()
    assert two.startswith(f"r2: {folder}/two.mp4: ")
    assert three.startswith(f"r2: {folder}/three.mp4: ")
    code, out, _ = features(r2, folder, "--json")
    document = json.loads(out)
    assert (code, len(document["errors"])) == (3, 2)
    assert document["videos"] == [{"video": name, "was_there": True} for name in ("one.mp4", "judged.mp4")]


@pytest.mark.parametrize("shard", ["0/2", "3/2", "1", "a/b", "1/0"])
def test_a_share_that_is_none(r2, folder, shard):
    assert features(r2, folder, "--shard", shard) == (
        2,
        "",
        f"r2: --shard {shard}: expected k/n - as in: --shard 2/4\n",
    )
