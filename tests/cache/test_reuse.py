"""What was computed once is used again, by whatever name the film goes, and never when it would be wrong."""

from __future__ import annotations

import os
import shutil
import threading
from dataclasses import replace

import numpy as np
import pytest

import r2cli
from r2cli import cache
from r2cli.backbones.clip import ClipBackbone
from r2cli.cache import folders
from r2cli.memory import Reading
from r2cli.tasks.find import search
from r2cli.tasks.open_video import open_video
from r2cli.tasks.remember import remember_video
from r2cli.video import DamagedVideoWarning
from tests.cache.conftest import entry_folders
from tests.films import run_ffmpeg


@pytest.mark.parametrize("name", ["short.mp4", "long.mp4"])
def test_cold_warm_and_uncached_answers_are_the_same_to_the_last_bit(films, ask, model, name):
    cold, report = ask(films / name)
    assert (report.cached, report.encoded + report.reused) == (0, report.clips)
    warm, report = ask(films / name)
    assert (report.cached, report.encoded, report.decoded) == (report.clips, 0, 0)
    uncached, report = ask(films / name, cache=False)
    assert report.cached == 0
    assert cold == warm == uncached
    assert len(cold.moments) > 10
    assert r2cli.remember(films / name, model=model).ask(["a dog jumps"]) == [cold]


def test_several_queries_are_answered_as_if_each_were_alone(film, ask, model):
    queries = ["a dog jumps", "the red cat sleeps on 1 2 3", "3"]
    alone = [ask(film, query, cache=False)[0] for query in queries]
    assert search(open_video(film), queries, model) == alone
    assert search(open_video(film), queries[::-1], model) == alone[::-1]
    index = remember_video(open_video(film), model)
    assert index.ask(queries) == alone
    assert index.report.cached == index.report.clips == 120


def test_another_query_looks_at_no_frame(film, ask, monkeypatch, no_probe):
    ask(film)
    monkeypatch.setattr(ClipBackbone, "encode_frames", None)
    monkeypatch.setattr("r2cli.video.sampling.sample.sample_frames", None)
    no_probe()
    assert ask(film, "the red cat sleeps")[0].moments


def test_a_film_may_be_renamed_moved_and_copied(film, ask, tmp_path):
    first = tmp_path / "one.mp4"
    shutil.copy(film, first)
    cold, _ = ask(first)
    moved = first.rename(tmp_path / "two words.mp4")
    copied = shutil.copy(moved, tmp_path / "three.mp4")
    for path in (moved, copied):
        warm, report = ask(path)
        assert report.cached == report.clips
        assert warm == replace(cold, video=replace(cold.video, path=path))
    assert len(entry_folders()) == 1


@pytest.mark.parametrize("place_of_byte", [0.5, 0.999])
def test_a_changed_byte_is_noticed(film, ask, tmp_path, place_of_byte):
    path = tmp_path / "film.mkv"
    content = bytearray(film.read_bytes())
    path.write_bytes(content)
    ask(path)
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    content[int(len(content) * place_of_byte)] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=times)
    assert ask(path)[1].cached == 0


def test_what_changed_just_now_is_read_again(film, tmp_path, monkeypatch):
    reads = []
    monkeypatch.setattr("r2cli.cache.files.file_digest", lambda path, kind: reads.append(path) or "d" * 64)
    monkeypatch.setattr("r2cli.cache.files._SETTLED", 3.0)
    path = shutil.copy(film, tmp_path / "film.mp4")  # its times are those of this moment
    assert cache.digest_of(path) == cache.digest_of(path) == "d" * 64
    assert len(reads) == 2


def test_a_film_that_stays_is_read_once(film, monkeypatch):
    reads = []
    monkeypatch.setattr("r2cli.cache.files.file_digest", lambda path, kind: reads.append(path) or "d" * 64)
    video = open_video(film)
    assert cache.digest_of(film) == cache.digest_of(film) == "d" * 64
    assert len(reads) == 1
    known, warnings = cache.known_probe(film)
    assert (known, warnings) == (video, ())


def test_what_probing_warned_of_is_said_again(film, tmp_path, no_probe):
    path = tmp_path / "cut.mkv"
    run_ffmpeg("-i", film, "-c", "copy", path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    for _ in range(2):
        with pytest.warns(DamagedVideoWarning, match="cut short"):
            open_video(path)
        no_probe()


@pytest.mark.parametrize(
    "how", [{"sampling": "exact"}, {"sampling": "keyframes"}, {"reuse": False}], ids=lambda how: next(iter(how))
)
def test_another_way_of_reading_has_its_own_entry(film, ask, how):
    ask(film)
    assert ask(film, **how)[1].cached == 0
    assert ask(film, **how)[1].cached == 120
    assert len(entry_folders()) == 2


def test_other_weights_have_their_own_entry(film, ask, model):
    ask(film)
    assert ask(film, of=replace(model, sha256="0" * 64))[1].cached == 0
    narrower = replace(model, checkpoint=replace(model.checkpoint, window=8.0))
    assert ask(film, of=narrower)[1].cached == 0
    assert ask(film)[1].cached == 120


def test_the_order_in_which_windows_are_known_is_of_no_account(film, ask, model):
    """Whatever part of an entry is there, windows are asked in the same company."""
    whole, _ = ask(film, cache=False)
    for clips in (0, 10, 30, 90, 120):
        cache.clear()
        # A patch of its own: the fixtures', among them how many windows are asked at once, stay.
        with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
            stop_after(clips, patch)
            ask(film)
        found, report = ask(film)
        assert found == whole
        assert report.cached >= clips - 20
        assert report.cached + report.encoded + report.reused == 120


def stop_after(clips: int, monkeypatch) -> None:
    from r2cli.memory.store import Keeping

    take = Keeping.take

    def interrupted(self, stretch):
        if stretch.clips > clips or not len(stretch.embeddings):
            raise KeyboardInterrupt
        take(self, stretch)

    monkeypatch.setattr(Keeping, "take", interrupted)


def test_two_threads_compute_a_film_once(film, model, monkeypatch):
    looked: list[int] = []
    look_at = ClipBackbone.encode_frames
    monkeypatch.setattr(
        ClipBackbone, "encode_frames", lambda self, pixels: looked.append(len(pixels)) or look_at(self, pixels)
    )
    video, found = open_video(film), []
    threads = [threading.Thread(target=lambda: found.extend(search(video, ["a dog jumps"], model))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[0] == found[1] == found[2]
    assert sum(looked) <= 120 + 10  # and one step of black
    assert len(entry_folders()) == 1


def test_a_limit_of_nothing_keeps_nothing(film, ask, monkeypatch):
    monkeypatch.setenv("R2_CACHE_LIMIT", "0")
    ask(film)
    assert ask(film)[1].cached == 0
    assert not folders.root().exists() or not entry_folders()


def test_memory_is_mapped_and_not_copied(film, model, monkeypatch):
    from r2cli.cache import entry

    index, mapped = remember_video(open_video(film), model, Reading()), []
    map_bytes = entry.map_bytes
    monkeypatch.setattr(entry, "map_bytes", lambda *where: mapped.append(map_bytes(*where)) or mapped[-1])
    for chunk in index.encoded.chunks():
        for memory, content in zip(chunk.memories, mapped[-len(chunk.memories) :], strict=True):
            assert np.shares_memory(memory["patches"].numpy(), content)
            assert np.shares_memory(memory["scale"].numpy(), content)
    assert len(mapped) == 3
