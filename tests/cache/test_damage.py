"""Nothing in the cache is trusted: what is damaged or foreign is computed again, and the answer is the same."""

from __future__ import annotations

import json
import os
import shutil

import numpy as np
import pytest

from r2cli import cache
from r2cli.cache.entry import JOURNAL, WINDOWS
from r2cli.cache.journal import MAGIC, read_records, write_record
from r2cli.cache.layout import checksum
from tests.cache.conftest import entry_folders
from tests.marks import guarded


@pytest.fixture
def entry(film, ask):
    """The folder of a film's entry, and the film's answer."""
    found, _ = ask(film)
    (folder,) = entry_folders()
    return folder, found


def flip(path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 0x10
    path.write_bytes(content)


def rewrite(folder, change) -> None:
    """Write a journal anew, with right checksums, after `change(facts, payload)` of every record."""
    with (folder / JOURNAL).open("rb") as stream:
        records = [(dict(record.facts), record.payload) for record in read_records(stream)]
    with (folder / JOURNAL).open("wb") as stream:
        for facts, payload in records:
            write_record(stream, *change(facts, payload))


@pytest.mark.parametrize("share", [0, guarded(0.001), guarded(0.2), 0.5, 0.9999])
@pytest.mark.parametrize("name", [JOURNAL, WINDOWS])
def test_a_flipped_bit(entry, film, ask, name, share):
    folder, expected = entry
    flip(folder / name, int((folder / name).stat().st_size * share))
    found, report = ask(film)
    assert found == expected
    assert report.cached < 120
    assert ask(film)[1].cached == 120


def test_what_comes_before_a_damaged_window_is_used(entry, film, ask):
    """Of twelve windows the tenth: nine steps are whole."""
    folder, expected = entry
    flip(folder / WINDOWS, int((folder / WINDOWS).stat().st_size * 9.5 / 12))
    found, report = ask(film)
    assert found == expected
    assert 70 <= report.cached < 100
    assert ask(film)[1].cached == 120


@pytest.mark.parametrize("share", [0, guarded(0.1), 0.5, guarded(0.99)])
@pytest.mark.parametrize("name", [JOURNAL, WINDOWS])
def test_a_file_that_was_cut_off(entry, film, ask, name, share):
    folder, expected = entry
    size = (folder / name).stat().st_size
    os.truncate(folder / name, int(size * share))
    found, report = ask(film)
    assert found == expected
    assert report.cached < 120
    assert [one.is_complete for one in cache.entries()] == [True]


@pytest.mark.parametrize("name", [JOURNAL, WINDOWS])
def test_a_file_that_is_missing_or_something_else(entry, film, ask, name):
    folder, expected = entry
    (folder / name).unlink()
    assert ask(film)[0] == expected
    (folder / name).write_bytes(b"PK\x03\x04" * 1000)
    assert ask(film)[0] == expected
    shutil.rmtree(folder)
    folder.write_text("not a folder")
    assert ask(film)[0] == expected


def test_an_entry_of_something_else_under_this_name(entry, film, films, ask):
    folder, expected = entry
    ask(films / "long.mp4")
    (other,) = [one for one in entry_folders() if one != folder]
    shutil.rmtree(folder)
    shutil.copytree(other, folder)
    found, report = ask(film)
    assert (found, report.cached) == (expected, 0)


@pytest.mark.parametrize(
    "change",
    [
        lambda facts, payload: (facts | {"black": 121} if "black" in facts else facts, payload),
        lambda facts, payload: (facts | {"clips": "many"} if "clips" in facts else facts, payload),
        lambda facts, payload: (facts | {"clips": 10**9} if "clips" in facts else facts, payload),
        lambda facts, payload: (facts, payload[:-2]),
        lambda facts, payload: (facts, b"\xff" * len(payload)),  # not a number
        lambda facts, payload: (facts | {"window": facts["window"][:2]} if "window" in facts else facts, payload),
        lambda facts, payload: (facts | {"window": [0, 10**9, 0]} if "window" in facts else facts, payload),
        lambda facts, payload: ({"surprise": 1} if "clips" in facts else facts, payload),
        lambda facts, payload: (facts | {"facts": {}} if "facts" in facts else facts, payload),
    ],
)
def test_a_journal_that_makes_no_sense(entry, film, ask, change):
    folder, expected = entry
    rewrite(folder, change)
    found, report = ask(film)
    assert found == expected
    assert report.cached == 0


def test_a_window_too_few(entry, film, ask):
    folder, expected = entry
    dropped = []

    def drop(facts, payload):
        if "window" in facts and not dropped:
            dropped.append(facts)
            return {"clips": 0, "black": 0, "width": 0}, b""
        return facts, payload

    rewrite(folder, drop)
    found, report = ask(film)
    assert (found, report.cached) == (expected, 0)


def test_a_scale_that_is_no_number(entry, film, ask):
    folder, expected = entry
    content = np.fromfile(folder / WINDOWS, dtype=np.uint8)
    windows = 12
    slot = content.reshape(windows, -1)[3]
    slot[-4:] = np.frombuffer(np.float32(np.nan).tobytes(), dtype=np.uint8)
    content.tofile(folder / WINDOWS)
    seen = iter(range(windows))

    def sign_again(facts, payload):
        if "window" not in facts:
            return facts, payload
        number = next(seen)
        signed = checksum(content.reshape(windows, -1)[number])
        return facts | {"window": [*facts["window"][:2], signed]}, payload

    rewrite(folder, sign_again)
    found, report = ask(film)
    assert (found, report.cached) == (expected, 0)


def test_a_record_that_was_moved_is_not_taken(tmp_path):
    with (tmp_path / "journal").open("wb") as stream:
        for number in range(3):
            write_record(stream, {"number": number})
    content = (tmp_path / "journal").read_bytes()
    size = (len(content) - len(MAGIC)) // 3
    records = [content[len(MAGIC) + size * number :][:size] for number in range(3)]
    (tmp_path / "journal").write_bytes(MAGIC + records[0] + records[2] + records[1])
    with (tmp_path / "journal").open("rb") as stream:
        assert [record.facts["number"] for record in read_records(stream)] == [0]


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"version": 1}', json.dumps({"version": 1, "path": 3})])
def test_a_damaged_record_of_a_film(entry, film, ask, content):
    from r2cli.cache import folders

    for record in folders.files_dir().glob("*.json"):
        record.write_text(content)
    found, report = ask(film)
    assert (found, report.cached) == (entry[1], 120)


def test_a_folder_that_cannot_be_written(film, ask, notes, tmp_path, monkeypatch):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be")
    monkeypatch.setenv("R2_CACHE_DIR", str(blocked))
    expected, _ = ask(film, cache=False)
    found, report = ask(film)
    assert (found, report.cached) == (expected, 0)
    (note,) = notes
    assert note.startswith("nothing is kept for the next query: ")


@pytest.mark.parametrize("writes", [1, 2, 9, 25])
def test_a_disk_that_becomes_full(film, ask, notes, monkeypatch, writes):
    expected, _ = ask(film, cache=False)
    from r2cli.cache import entry as entry_module

    left = iter(range(writes))

    def write(stream, *what):
        if next(left, None) is None:
            raise OSError(28, "No space left on device")
        write_record(stream, *what)

    monkeypatch.setattr(entry_module, "write_record", write)
    found, report = ask(film)
    assert found == expected
    assert notes == [f"nothing is kept for the next query: {cache.info().path}: no space left on device"]
    assert not entry_folders()


def test_an_index_outlives_a_disk_that_becomes_full(film, ask, model, notes, monkeypatch):
    from r2cli.cache import entry as entry_module
    from r2cli.tasks.open_video import open_video
    from r2cli.tasks.remember import remember_video

    expected, _ = ask(film, cache=False)
    add_window, added = entry_module.Entry.add_window, []

    def add(self, *what):
        added.append(what)
        if len(added) > 5:
            raise OSError(28, "No space left on device")
        add_window(self, *what)

    monkeypatch.setattr(entry_module.Entry, "add_window", add)
    index = remember_video(open_video(film), model)
    assert len(notes) == 1
    assert not entry_folders()
    assert index.ask(["a dog jumps"]) == index.ask(["a dog jumps"]) == [expected]


def test_a_film_that_ends_earlier_than_before_is_not_mixed_up(film, ask, monkeypatch):
    from r2cli.memory.reader import LostPicturesError
    from r2cli.memory.store import Keeping
    from r2cli.video.sampling import sample

    finish = Keeping.finish
    monkeypatch.setattr(Keeping, "finish", lambda self: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        ask(film)
    monkeypatch.setattr(Keeping, "finish", finish)
    batches = sample.sample_frames

    def shorter(*what, **how):
        stream = batches(*what, **how)
        yield from stream if how["first_clip"] == 0 else ()

    monkeypatch.setattr(sample, "sample_frames", shorter)
    with pytest.raises(LostPicturesError):
        ask(film)
    assert ask(film)[1].cached == 0
