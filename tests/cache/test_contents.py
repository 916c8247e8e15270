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
from r2cli.files import readable_size
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


@pytest.fixture
def sizes(monkeypatch) -> list[int]:
    """Bytes on the disk after each record of a journal."""
    from r2cli.cache import entry

    seen: list[int] = []
    write_record = entry.write_record

    def write(stream, *what):
        write_record(stream, *what)
        seen.append(sum(path.stat().st_size for path in folders.entries_dir().rglob("*") if path.is_file()))

    monkeypatch.setattr(entry, "write_record", write)
    return seen


def size_of(ask, *films) -> int:
    """Bytes of what is kept of some films together."""
    for film in films:
        ask(film)
    size = cache.info().bytes
    cache.clear()
    return size


def test_the_limit_holds_while_a_film_is_read(film, films, ask, monkeypatch, sizes, notes):
    """What was used longest ago goes first, one by one, and only as far as it must."""
    older, newer = films / "long.mp4", films / "short.mp4"
    limit = size_of(ask, film, newer) + 2000
    ask(older)
    age(entry_folders()[0], 200)
    ask(newer)
    monkeypatch.setenv("R2_CACHE_LIMIT", str(limit))
    expected, _ = ask(film, cache=False)
    sizes.clear()
    assert ask(film)[0] == expected
    assert max(sizes) <= limit
    assert {entry.video for entry in cache.entries()} == {film, newer}
    assert ask(film)[1].cached == 120
    assert notes == []


def test_a_film_that_takes_more_than_the_limit_is_not_kept_and_costs_no_other(film, films, ask, monkeypatch, notes):
    ask(films / "short.mp4")
    limit = size_of(ask, film) - 20_000
    ask(films / "short.mp4")
    monkeypatch.setenv("R2_CACHE_LIMIT", str(limit))
    expected, _ = ask(film, cache=False)
    assert ask(film) == (expected, ask(film, cache=False)[1])
    assert [entry.video for entry in cache.entries()] == [films / "short.mp4"]
    (note,) = notes
    assert note.startswith(f"nothing is kept for the next query: {folders.root()}: it would take more than ")
    assert note.endswith(f"{readable_size(limit)}, which is cache_limit")


def test_a_film_that_turns_out_longer_than_the_limit_is_given_up_on_the_way(film, ask, monkeypatch, sizes, notes):
    limit = size_of(ask, film) - 20_000
    monkeypatch.setattr("r2cli.memory.encoded.expected_size", lambda facts, arrays, video: 0)
    monkeypatch.setenv("R2_CACHE_LIMIT", str(limit))
    expected, _ = ask(film, cache=False)
    sizes.clear()
    assert ask(film)[0] == expected
    assert limit // 2 < max(sizes) <= limit
    assert cache.entries() == []
    assert len(notes) == 1


def test_an_index_outlives_a_limit_that_it_meets_on_the_way(film, ask, model, monkeypatch, notes):
    limit = size_of(ask, film) // 2
    monkeypatch.setattr("r2cli.memory.encoded.expected_size", lambda facts, arrays, video: 0)
    monkeypatch.setenv("R2_CACHE_LIMIT", str(limit))
    index = remember_video(open_video(film), model)
    assert index.ask(["a dog jumps"]) == index.ask(["a dog jumps"]) == [ask(film, cache=False)[0]]
    assert len(notes) == 1


def test_what_another_process_writes_is_not_taken_from_it(film, films, ask, monkeypatch, notes):
    other = films / "long.mp4"
    limit = size_of(ask, film, other) - 20_000
    ask(other)
    (folder,) = entry_folders()
    monkeypatch.setenv("R2_CACHE_LIMIT", str(limit))
    expected, _ = ask(film, cache=False)
    with lock_of(folder.name):
        assert ask(film)[0] == expected
    assert [entry.video for entry in cache.entries()] == [other]
    assert len(notes) == 1


def test_a_smaller_old_entry_does_not_survive_a_larger_newer_one_that_went(film, films, ask):
    ask(films / "short.mp4")
    age(entry_folders()[0], 100)
    ask(film)
    small = min(entry.bytes for entry in cache.entries())
    assert cache.prune(small).entries == 2
    assert cache.entries() == []


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
    size = sum(path.stat().st_size for path in left.iterdir())
    assert cache.prune() == cache.Freed(1, size)
    assert cache.prune() == cache.Freed()
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
