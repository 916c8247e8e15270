"""`r2 index`: what every search needs of videos, computed ahead of time."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from r2cli.cli.amounts import read_video
from r2cli.cli.bars import Bars, bars
from r2cli.cli.console import Answer, Talk, warnings_as_notes
from r2cli.cli.folders import find_videos
from r2cli.cli.listed import Listing
from r2cli.cli.loading import Failures, open_model, probe_all, warn_of_cartoons
from r2cli.cli.options import Computing, Looking, Showing
from r2cli.cli.reading import make_reading
from r2cli.cli.recent import remember
from r2cli.errors import CommandLineError, UnreadableInputError
from r2cli.export.json.indexed import write_indexed
from r2cli.findings import IndexedVideo
from r2cli.present.indexed import indexed_line, summary_line

if TYPE_CHECKING:
    from r2cli.checkpoints.load import LoadedModel
    from r2cli.memory import Reading, ReadingReport
    from r2cli.video import VideoInfo


def index(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            parser=read_video,
            metavar="PATH...",
            help="Videos, and folders with videos, however deep.",
            show_default=False,
        ),
    ] = None,
    *,
    listing: Listing,
    computing: Computing,
    looking: Looking,
    showing: Showing,
) -> int:
    """Look at videos once, before anybody asks.

    Every later search of them then takes moments. What is computed goes into the cache (see: r2 cache). Interrupted,
    the same command goes on from there.

    \b
    r2 index holiday.mp4
    r2 index ~/Videos /media/camera
    """  # noqa: D301 - typer wants the control character itself: it keeps the lines apart
    named = [*(paths or []), *listing.videos()]
    if not named:
        raise CommandLineError("nothing to index", "name videos or folders, as in: r2 index holiday.mp4 ~/Videos")
    reading, talk, work = make_reading(looking), Talk(showing.quiet), _Work(at_once=False)
    found = find_videos(named)
    for path, error in found.failed:
        work.fail(path, error)
    videos = probe_all(found.videos, work.fail, talk)
    try:
        if videos:
            warn_of_cartoons(context, computing.model, videos, talk)
            loaded = open_model(computing, talk, for_moments=False)
            remember(videos[-1].path, computing.model)
            _index_all(videos, loaded, reading, work, talk, showing.as_json)
    except KeyboardInterrupt:
        talk.note(f"{len(work.done)} of {len(videos)} videos are indexed; the same command goes on from here")
        raise
    finally:
        _conclude(work, talk, showing.as_json)
    return work.exit_code()


@dataclass
class _Work(Failures):
    """What has been done so far."""

    done: list[IndexedVideo] = field(default_factory=list)


def _index_all(
    videos: list[VideoInfo], loaded: LoadedModel, reading: Reading, work: _Work, talk: Talk, as_json: bool
) -> None:
    from r2cli.video import DamagedVideoWarning

    answer = Answer()
    with warnings_as_notes(DamagedVideoWarning, talk), bars(videos, loaded.checkpoint.clips_per_second, talk) as shown:
        for video in videos:
            try:
                work.done.append(_index(video, loaded, reading, shown))
            except UnreadableInputError as error:
                work.fail(video.path, error)
                continue
            if not as_json:
                answer.write(indexed_line(work.done[-1]))


def _index(video: VideoInfo, loaded: LoadedModel, reading: Reading, shown: Bars) -> IndexedVideo:
    from r2cli.tasks.find import search

    reports: list[ReadingReport] = []
    begun = time.perf_counter()
    with shown.of(video) as on_progress:
        search(video, (), loaded, reading, on_progress, reports.append)
    return IndexedVideo(video.path, video.duration, time.perf_counter() - begun, **asdict(reports[-1]))


def _conclude(work: _Work, talk: Talk, as_json: bool) -> None:
    """Say what it came to, and at last what could not be read."""
    if as_json:
        Answer().write(write_indexed(work.done, work.failed))
    if len(work.done) > 1:
        talk.note(summary_line(work.done))
    work.say()
