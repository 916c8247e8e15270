"""Something else lies where a file of the cache should be: it is not waited for, not read without end, not believed."""

from __future__ import annotations

import os
import shutil
import sys

import pytest

from r2cli import cache
from r2cli.cache import folders
from r2cli.cache.entry import JOURNAL, WINDOWS
from tests.cache.conftest import entry_folders
from tests.foreign import each_kind, little_memory, needs_posix

__all__ = ["little_memory"]

pytestmark = [
    needs_posix,
    pytest.mark.skipif(sys.platform != "linux", reason="limits of memory, and devices, as Linux has them"),
    pytest.mark.timeout(60),
    pytest.mark.usefixtures("little_memory"),
]


def remove(path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def replace(path, put) -> None:
    remove(path)
    put(path)


@each_kind
@pytest.mark.parametrize("name", [JOURNAL, WINDOWS, ""])
def test_in_an_entry(film, ask, put, name, notes):
    expected, _ = ask(film)
    (folder,) = entry_folders()
    replace(folder / name if name else folder, put)
    cache.entries()
    cache.info()
    found, report = ask(film)
    assert (found, report.cached) == (expected, 0)
    assert notes == []
    assert ask(film)[1].cached == 120
    assert [entry.clips for entry in cache.entries()] == [120]


@each_kind
@pytest.mark.parametrize("name", [JOURNAL, WINDOWS])
def test_in_an_entry_that_is_only_looked_at(film, ask, put, name):
    ask(film)
    (folder,) = entry_folders()
    replace(folder / name, put)
    assert cache.info().entries == 1
    assert len(cache.entries()) == 1
    cache.prune(10)
    assert entry_folders() == [] or name == WINDOWS  # what takes no room may stay
    cache.clear()
    assert entry_folders() == []


@each_kind
def test_in_place_of_what_is_known_of_a_film(film, ask, put):
    expected, _ = ask(film)
    (record,) = folders.files_dir().glob("*.json")
    replace(record, put)
    found, report = ask(film)
    assert (found, report.cached) == (expected, 120)
    assert len(cache.entries()) == 1


@each_kind
def test_in_place_of_a_lock(film, ask, put):
    expected, _ = ask(film, cache=False)
    ask(film)
    (lock,) = folders.locks_dir().iterdir()
    cache.clear()
    replace(lock, put)
    assert ask(film)[0] == expected
    cache.prune()
    cache.clear()


@each_kind
@pytest.mark.parametrize("folder", [folders.root, folders.entries_dir, folders.files_dir, folders.locks_dir])
def test_in_place_of_a_folder(film, ask, put, folder, notes):
    expected, _ = ask(film, cache=False)
    if folder().exists():
        shutil.rmtree(folder())
    folder().parent.mkdir(parents=True, exist_ok=True)
    put(folder())
    assert ask(film)[0] == expected
    assert len(notes) <= 1
    cache.info()
    cache.entries()
    cache.prune()


def test_a_link_in_an_entry_leads_to_nothing_that_is_lost(film, ask, tmp_path):
    """What is damaged is removed, and not what it points to."""
    expected, _ = ask(film)
    (folder,) = entry_folders()
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / JOURNAL).write_text("a diary")
    replace(folder, lambda path: path.symlink_to(precious))
    assert ask(film)[0] == expected
    assert (precious / JOURNAL).read_text() == "a diary"
    (folder / WINDOWS).unlink()
    (folder / WINDOWS).symlink_to(precious / JOURNAL)
    assert ask(film)[0] == expected
    cache.clear()
    assert (precious / JOURNAL).read_text() == "a diary"


@pytest.mark.parametrize("name", [JOURNAL, WINDOWS])
def test_an_entry_with_more_in_it_than_was_written(film, ask, name):
    expected, _ = ask(film)
    (folder,) = entry_folders()
    size = (folder / name).stat().st_size
    os.truncate(folder / name, 50 << 30)
    found, report = ask(film)
    assert (found, report.cached) == (expected, 0)
    assert (folder / name).stat().st_size == size
