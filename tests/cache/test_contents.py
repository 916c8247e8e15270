"""How large the cache is, how large it may become, and who may look into it."""

from __future__ import annotations

import os
import shutil
import stat
import time

import pytest

from r2cli import cache
from r2cli.cache import folders
from r2cli.cache.entry import JOURNAL
from r2cli.cache.locks import lock_of
from r2cli.errors import CommandLineError
from r2cli.tasks.open_video import open_video
from r2cli.tasks.remember import remember_video
from tests.cache.conftest import entry_folders


def age(folder, seconds: float) -> None:
    past = time.time() - seconds
    os.utime(folder / JOURNAL, (past, past))


@pytest.mark.parametrize(
    "text, size",
    [
        ("0", 0),
        ("20 GB", 20 * 10**9),
        ("1.5GB", 1_500_000_000),
        ("500M", 500_000_000),
        ("4 GiB", 4 << 30),
        ("10 kb", 10_000),
        ("7", 7),
        ("7 B", 7),
    ],
)
def test_sizes(text, size):
    assert cache.parse_size(text) == size


@pytest.mark.parametrize("text", ["", "GB", "-1", "1,5 GB", "20 XB", "1e9", "nan", "iB", "3 iB", "9" * 40])
def test_what_is_no_size(text):
    with pytest.raises(CommandLineError, match="is no size - as in: 20 GB"):
        cache.parse_size(text)


def test_a_limit_that_is_no_size_is_said_at_once(film, ask, monkeypatch):
    monkeypatch.setenv("R2_CACHE_LIMIT", "lots")
    with pytest.raises(CommandLineError, match="R2_CACHE_LIMIT: cache_limit: 'lots' is no size"):
        ask(film)


def test_what_there_is(film, films, ask, tmp_path):
    assert (cache.info().entries, cache.info().bytes, cache.entries()) == (0, 0, [])
    ask(film)
    time.sleep(0.02)
    moved = shutil.copy(films / "long.mp4", tmp_path / "ünder a näme.mp4")
    ask(moved)
    newest, oldest = cache.entries()
    assert (newest.video, oldest.video) == (moved, film)
    assert (newest.model, newest.sampling, newest.clips, newest.is_complete) == ("random", "auto", 68, True)
    assert cache.info().entries == 2
    assert cache.info().bytes == newest.bytes + oldest.bytes > 100_000
    assert cache.info().limit == 20 * 10**9
    ask(film)
    assert [entry.video for entry in cache.entries()] == [film, moved]


def test_clear(film, ask):
    ask(film)
    size = cache.info().bytes
    assert cache.clear() == cache.Freed(1, size)
    assert cache.info().entries == 0
    assert cache.clear() == cache.Freed(0, 0)
    assert cache.known_probe(film) is None
    assert ask(film)[1].cached == 0


def test_what_was_used_longest_ago_goes_first(film, films, ask):
    paths = [film, films / "long.mp4", films / "short.mp4"]
    for seconds, path in zip((300, 200, 100), paths, strict=True):
        ask(path)
        for folder in entry_folders():
            if (folder / JOURNAL).stat().st_mtime > time.time() - 50:
                age(folder, seconds)
    ask(film)  # used again
    room = sum(entry.bytes for entry in cache.entries() if entry.video != paths[1])
    assert cache.prune(room).entries == 1
    assert {entry.video for entry in cache.entries()} == {film, films / "short.mp4"}
    assert cache.prune(0).entries == 2


def test_the_limit_is_kept_after_each_film_but_never_at_the_cost_of_the_one_at_hand(film, films, ask, monkeypatch):
    ask(films / "short.mp4")
    monkeypatch.setenv("R2_CACHE_LIMIT", "1 KB")
    expected, _ = ask(film, cache=False)
    assert ask(film)[0] == expected
    assert [entry.video for entry in cache.entries()] == [film]
    assert ask(film)[1].cached == 120


def test_a_smaller_old_entry_does_not_survive_a_larger_newer_one_that_went(film, films, ask):
    ask(films / "short.mp4")
    age(entry_folders()[0], 100)
    ask(film)
    small = min(entry.bytes for entry in cache.entries())
    cache.prune(small)
    assert cache.entries() == [] or cache.info().bytes <= small


def test_what_is_being_written_or_read_survives(film, ask, model):
    expected, _ = ask(film)
    index = remember_video(open_video(film), model)
    (folder,) = entry_folders()
    with lock_of(folder.name):
        assert cache.clear() == cache.Freed(0, 0)
    cache.clear()
    assert not entry_folders()
    assert index.ask(["a dog jumps"]) == [expected]


def test_what_killed_runs_left_goes_after_a_day(film, films, ask, monkeypatch):
    from r2cli.memory.store import Keeping

    ask(films / "short.mp4")
    with monkeypatch.context() as patch:
        patch.setattr(Keeping, "finish", lambda self: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            ask(film)
    (left,) = [folder for folder in entry_folders() if folder.name not in _complete()]
    age(left, 3600)
    (folders.entries_dir() / "tmpabc.gone").mkdir()
    cache.prune()
    assert left.exists()
    age(left, 30 * 3600)
    past = time.time() - 30 * 3600
    os.utime(folders.entries_dir() / "tmpabc.gone", (past, past))
    assert cache.prune() == cache.Freed(1, pytest.approx(cache.prune().bytes, abs=1e9))
    assert [entry.is_complete for entry in cache.entries()] == [True]
    assert not (folders.entries_dir() / "tmpabc.gone").exists()


def _complete() -> set[str]:
    return {entry.key for entry in cache.entries() if entry.is_complete}


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_nobody_else_may_see_what_was_watched(film, ask):
    ask(film)
    for folder in (folders.root(), folders.entries_dir(), folders.files_dir(), *entry_folders()):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folders.root().rglob("*"):
        assert "film" not in path.name


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="for root nothing is read-only")
def test_a_folder_that_is_read_only(film, ask, notes):
    ask(film)
    made = [folders.root(), *(path for path in folders.root().rglob("*") if path.is_dir())]
    try:
        for folder in made:
            folder.chmod(0o500)
        assert ask(film)[1].cached == 120
        assert notes == []
        assert ask(film, sampling="exact")[1].cached == 0
        assert len(notes) == 1
    finally:
        for folder in made:
            folder.chmod(0o700)
