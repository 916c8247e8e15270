"""Reading that goes on where it broke off leaves the very bytes that reading in one go leaves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from r2cli import cache
from r2cli.cache.entry import WINDOWS
from r2cli.memory import Reading
from r2cli.memory.store import Keeping
from r2cli.tasks.open_video import open_video
from r2cli.tasks.remember import remember_video
from r2cli.video.sampling.plan import plan_jobs
from tests.cache.conftest import entry_folders
from tests.films import H264, make_film, run_ffmpeg

STEP = 10
"""Clips: half of the random model's window."""


def still_and_moving(path: Path, seconds: float) -> Path:
    """Black, then a picture that stands still for a while and moves for a while, again and again."""
    moving = "testsrc2=s=96x96:r=10,loop=loop=18:size=1:start=7,tpad=start_duration=6:color=black"
    run_ffmpeg("-f", "lavfi", "-i", moving, "-t", str(seconds), *H264, "-g", "17", path)
    return path


def kept(film: Path, model, **how) -> tuple[bytes, bytes]:
    """Read a film to its end: its windows and its embeddings as they lie in the cache."""
    index = remember_video(open_video(film), model, Reading(**how))
    (folder,) = entry_folders()
    return (folder / WINDOWS).read_bytes(), index.embeddings.tobytes()


def break_off(film: Path, model, monkeypatch, clips: int, **how) -> None:
    """Read a film until so many clips are there, and no further."""
    with monkeypatch.context() as patch:
        take, finish = Keeping.take, Keeping.finish

        def interrupted(self, stretch):
            if self.clips >= clips:
                raise KeyboardInterrupt
            take(self, stretch)

        patch.setattr(Keeping, "take", interrupted)
        patch.setattr(Keeping, "finish", lambda self: finish(self) if self.clips < clips else interrupted(self, None))
        with pytest.raises(KeyboardInterrupt):
            remember_video(open_video(film), model, Reading(**how))


def assert_resumed_is_undisturbed(film: Path, model, monkeypatch, clips: int, **how) -> None:
    cache.clear()
    expected = kept(film, model, **how)
    for reached in (*range(STEP, clips, STEP), clips):
        cache.clear()
        break_off(film, model, monkeypatch, reached, **how)
        assert [entry.clips for entry in cache.entries()] == [reached]
        assert kept(film, model, **how) == expected, reached
        report = remember_video(open_video(film), model, Reading(**how)).report
        assert report.cached == clips, reached  # what was left is an entry like any other


@pytest.mark.parametrize("sampling", ["exact", "auto", "keyframes"])
def test_from_every_step_on(tmp_path, model, monkeypatch, sampling):
    film = still_and_moving(tmp_path / "film.mp4", 26)
    assert_resumed_is_undisturbed(film, model, monkeypatch, 52, sampling=sampling)
    assert remember_video(open_video(film), model, Reading(sampling=sampling, cache=False)).report.reused > 5


@pytest.mark.parametrize("clips", [9, 10, 15, 20, 21, 25, 30, 35])
def test_films_of_all_lengths(tmp_path, model, monkeypatch, clips):
    film = make_film(tmp_path / "film.mp4", frames=clips, rate=2)
    assert_resumed_is_undisturbed(film, model, monkeypatch, clips)


def test_a_film_that_only_ffmpeg_reads(tmp_path, model, monkeypatch):
    film = still_and_moving(tmp_path / "film.avi", 26)
    assert_resumed_is_undisturbed(film, model, monkeypatch, 52)


@pytest.mark.parametrize("lost", [24, 40])
def test_a_picture_that_does_not_come(tmp_path, model, monkeypatch, lost):
    """From its clip on FFmpeg decodes everything, and takes other pictures: so it must for who begins behind it."""
    film = still_and_moving(tmp_path / "film.mp4", 26)
    plain = kept(film, model, sampling="keyframes")
    cache.clear()

    def plan_too_much(table, request, sampling):
        never = plan_jobs(table, replace(request, first_clip=lost), sampling)[0].wanted[0].pts
        return [
            replace(job, wanted=tuple(replace(one, pts=-1) if one.pts == never else one for one in job.wanted))
            for job in plan_jobs(table, request, sampling)
        ]

    monkeypatch.setattr("r2cli.video.sampling.decoders.plan_jobs", plan_too_much)
    assert kept(film, model, sampling="keyframes") != plain
    assert_resumed_is_undisturbed(film, model, monkeypatch, 52, sampling="keyframes")
