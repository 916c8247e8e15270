"""Several clips at once: their order, their progress, and what becomes of the others when one of them fails."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest

from r2cli.cuts import CutMode, Pad
from r2cli.errors import FFmpegError, UnreadableInputError
from r2cli.video import probe
from r2cli.video.cutting import clips as room
from r2cli.video.cutting.clips import Wanted, plan_clips, write_clips
from tests.films import make_film
from tests.video.clips import ENCODERS, numbers_in

PATIENCE = 30
STARTS = (0.2, 1.1, 1.5, 2.3, 2.9)


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    """4 s, 25 pictures a second, a keyframe every 0.4 s."""
    folder = tmp_path_factory.mktemp("jobs")
    return make_film(folder / "film.mp4", frames=100, encoder=(*ENCODERS["h264"], "-g", "10"))


def plan(film: Path, folder: Path, mode: CutMode, on_failure=None) -> list[room.NamedPlan]:
    wanted = [Wanted(probe(film), start, start + 1, rank=rank) for rank, start in enumerate(STARTS, start=1)]
    return plan_clips(wanted, folder, mode, force=False, on_failure=on_failure or unexpected)


def unexpected(path: Path, error: Exception) -> None:
    raise AssertionError(f"{path}: {error}")


@pytest.mark.parametrize("mode", list(CutMode))
def test_clips_come_in_the_order_of_their_plans(film, tmp_path, mode):
    told: list[float] = []
    plans = plan(film, tmp_path / "clips", mode)
    clips = list(write_clips(plans, force=False, on_failure=unexpected, on_seconds=told.append))
    assert [clip.rank for clip in clips] == [1, 2, 3, 4, 5]
    assert [clip.path for clip in clips] == [one.target for one in plans]
    assert [clip.mode for clip in clips] == [mode] * 5
    if mode is not CutMode.COPY:
        assert [numbers_in(clip.path)[0] for clip in clips] == [int(start * 25) for start in STARTS]
    assert told == sorted(told)
    assert told[-1] == pytest.approx(sum(float(one.plan.span.length) for one in plans))


def test_one_that_cannot_be_read_does_not_stop_the_others(film, tmp_path, monkeypatch):
    write_clip, failed = room.write_clip, []

    def write(plan, target, **options):
        if plan.asked_start == STARTS[1]:
            raise UnreadableInputError("it is damaged there", "choose another span")
        return write_clip(plan, target, **options)

    monkeypatch.setattr(room, "write_clip", write)
    plans = plan(film, tmp_path / "clips", CutMode.SMART)
    clips = write_clips(plans, force=False, on_failure=lambda path, error: failed.append((path, error.message)))
    assert [clip.rank for clip in clips] == [1, 3, 4, 5]
    assert failed == [(film, "it is damaged there")]


def test_after_a_fault_what_was_finished_is_told_and_nothing_more_is_written(film, tmp_path, monkeypatch):
    second_failed, begun, write_clip = Event(), [], room.write_clip

    def write(plan, target, *, on_share, **options):
        rank = STARTS.index(plan.asked_start) + 1
        begun.append(rank)
        if rank == 1:
            assert second_failed.wait(PATIENCE)
            return write_clip(plan, target, on_share=on_share, **options)
        if rank == 2:
            second_failed.set()
            raise FFmpegError("ffmpeg crashed", "try another")
        while True:  # until it is told to give up
            on_share(0.5)

    monkeypatch.setattr(room, "write_clip", write)
    folder = tmp_path / "clips"
    told = []
    with pytest.raises(FFmpegError, match="ffmpeg crashed"):
        for clip in write_clips(plan(film, folder, CutMode.SMART), force=False, on_failure=unexpected):
            told.append(clip.rank)
    assert told == [1]
    assert len(list(folder.iterdir())) == 1
    assert 5 not in begun


def test_who_takes_no_more_leaves_nothing_behind(film, tmp_path):
    folder = tmp_path / "clips"
    clips = write_clips(plan(film, folder, CutMode.EXACT), force=False, on_failure=unexpected)
    first = next(clips)
    clips.close()
    assert first.path in set(folder.iterdir())
    assert not list(folder.glob(".r2-*"))


def test_what_is_added_before_and_behind_ends_with_the_film(film):
    video = probe(film)
    padded = [
        Wanted(video, start, end).padded(Pad(1.5, 1.5))
        for start, end in ((0.5, 1.0), (2.0, 2.2), (3.0, 3.9), (0.2, 3.9))
    ]
    assert [(one.start, one.end) for one in padded] == [
        (0.0, 2.5),
        (0.5, pytest.approx(3.7)),
        (1.5, video.duration),
        (0.0, video.duration),
    ]
