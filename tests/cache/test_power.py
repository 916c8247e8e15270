"""After a power cut at any moment the next search answers the same, and no finished film is read again."""

from __future__ import annotations

import sys

import pytest

from r2cli import cache
from r2cli.cache import entry, folders
from r2cli.paths import cache_dir
from tests.power import lay_out, watched

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the disk is watched as on Linux")

STEP = 10


@pytest.fixture
def cuts(ask, monkeypatch):
    """cuts(film) -> what may be left of the cache at every moment of a first search, each with the clips promised."""

    def run(film) -> dict:
        sync, write_record = entry.Entry._sync, entry.write_record
        monkeypatch.setattr(entry, "_SYNCED_EVERY", 30_000)
        with watched(cache_dir()) as disk:
            disk.promise = 0

            def synced(self):
                sync(self)
                disk.promise = max(disk.promise, self.clips)

            def written(*what):
                write_record(*what)
                disk.cut()

            with monkeypatch.context() as patch:
                patch.setattr(entry.Entry, "_sync", synced)
                patch.setattr(entry, "write_record", written)
                ask(film)
        return disk.cuts

    return run


def assert_survived(film, ask, cuts, every: int) -> None:
    expected, report = ask(film, cache=False)
    clips = report.clips
    cache.clear()
    left = list(cuts(film).items())
    assert len(left) > 50
    for tree, promised in left[::every]:
        lay_out(tree, cache_dir())
        cache.entries()
        found, report = ask(film)
        assert found == expected
        assert report.cached >= (clips if promised == clips else promised - 2 * STEP)
        assert ask(film)[1].cached == clips
        assert [one.is_complete for one in cache.entries()] == [True]


def test_at_some_moments(films, ask, cuts):
    assert_survived(films / "long.mp4", ask, cuts, every=11)


@pytest.mark.guard
@pytest.mark.slow
@pytest.mark.parametrize("name", ["short.mp4", "long.mp4"])
def test_at_every_moment(films, ask, cuts, name):
    assert_survived(films / name, ask, cuts, every=1)


def test_what_was_finished_is_there_whatever_else_was_written(films, ask, cuts):
    """And so is what was synced on the way."""
    left = cuts(films / "long.mp4")
    assert len(set(left.values())) >= 4
    finished = [tree for tree, promised in left.items() if promised == 68]
    for tree in finished:
        lay_out(tree, cache_dir())
        assert [one.is_complete for one in cache.entries()] == [True]
        assert ask(films / "long.mp4")[1].cached == 68
    assert finished


def test_a_run_that_goes_on_after_a_cut_may_be_cut_again(films, ask, cuts):
    film = films / "long.mp4"
    expected, _ = ask(film, cache=False)
    half_way = [tree for tree, promised in cuts(film).items() if 0 < promised < 68]
    lay_out(half_way[len(half_way) // 2], cache_dir())
    again = cuts(film)
    for tree in list(again)[:: max(1, len(again) // 12)]:
        lay_out(tree, cache_dir())
        assert ask(film)[0] == expected


def test_old_sizes_and_zeros_in_what_is_known_of_files_are_not_believed(film, ask):
    expected, _ = ask(film)
    (record,) = folders.files_dir().glob("*.json")
    whole = record.read_bytes()
    for spoilt in (
        b"",
        bytes(len(whole)),
        whole[: len(whole) // 2] + bytes(len(whole) - len(whole) // 2),
        whole.replace(b'"duration": 6', b'"duration": 5'),
        whole.replace(b'"digest": "', b'"digest": "0')[: len(whole)],
    ):
        assert spoilt != whole
        record.write_bytes(spoilt)
        assert cache.known_probe(film) is None
        found, report = ask(film)
        assert (found, report.cached) == (expected, 120)
