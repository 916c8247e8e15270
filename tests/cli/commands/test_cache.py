"""`r2 cache`: what is kept, and how to be rid of it."""

from __future__ import annotations

import json
import re

import pytest


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("R2_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr("r2cli.cache.files._SETTLED", 0)  # the films may be younger than a file that is trusted


@pytest.fixture
def filled(r2, films):
    """A cache with two videos, `long.mp4` used last."""
    assert r2("index", films / "short.mp4")[0] == 0
    assert r2("index", films / "long.mp4")[0] == 0
    return films


def info(r2) -> dict:
    code, out, err = r2("cache", "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def test_an_empty_one(r2, tmp_path):
    code, out, err = r2("cache")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"path     {tmp_path / 'cache' / 'videos'}",
        "entries  0",
        "size     0 bytes",
        "limit    20.0 GB (cache_limit, see: r2 config)",
    ]
    assert r2("cache", "list") == (0, "", "r2: nothing is kept yet: r2 find and r2 index do so\n")
    assert r2("cache", "clear") == (0, "removed nothing; 0 entries left, 0 bytes\n", "")


def test_info_in_both_ways(r2, filled):
    assert r2("cache", "info") == r2("cache")
    assert json.loads(r2("cache", "info", "--json")[1]) == info(r2)
    assert info(r2)["entries"] == 2
    assert info(r2)["bytes"] > 0


def test_list(r2, filled):
    code, out, err = r2("cache", "list")
    assert (code, err) == (0, "")
    header, *rows = out.splitlines()
    assert header.split() == ["model", "sampling", "clips", "size", "used", "video"]
    assert [row.split()[-1] for row in rows] == [str(filled / "long.mp4"), str(filled / "short.mp4")]
    assert re.fullmatch(r"random +auto +68 +\d+ kB +just now +\S+ *", rows[0])
    entries = json.loads(r2("cache", "list", "--json")[1])["entries"]
    assert [entry["video"] for entry in entries] == [row.split()[-1] for row in rows]
    assert all(entry["complete"] for entry in entries)
    assert sum(entry["bytes"] for entry in entries) == info(r2)["bytes"]


def test_prune_removes_what_was_not_used_for_longest(r2, filled):
    size = {entry["video"]: entry["bytes"] for entry in json.loads(r2("cache", "list", "--json")[1])["entries"]}
    assert r2("cache", "prune")[1].startswith("removed nothing; 2 entries left")
    room = size[str(filled / "long.mp4")]
    code, out, err = r2("cache", "prune", "--to", str(room), "--json")
    assert (code, err) == (0, "")
    removed = json.loads(out)
    assert removed["removed"] == {"entries": 1, "bytes": size[str(filled / "short.mp4")]}
    assert (removed["entries"], removed["bytes"]) == (1, room)
    assert "long.mp4" in r2("cache", "list")[1]


def test_clear(r2, filled):
    before = info(r2)["bytes"]
    code, out, err = r2("cache", "clear")
    assert (code, err) == (0, "")
    assert re.fullmatch(r"removed 2 entries, \d+ [kM]B; 0 entries left, 0 bytes\n", out)
    assert before > 0
    assert info(r2)["bytes"] == 0


def test_a_size_that_is_none(r2):
    code, out, err = r2("cache", "prune", "--to", "much")
    assert (code, out) == (2, "")
    assert err == "r2: 'much' is no size - as in: 20 GB, 500 MB or 0\n"
