"""`r2 index`: what every search needs of videos, computed ahead of time."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from r2cli.cli.console import Answer, Talk, warnings_as_notes, write_line
from r2cli.cli.folders import find_videos
from r2cli.cli.loading import open_model, probe_all
from r2cli.cli.options import AsJson, Compute, Device, Finely, Hwaccel, Model, Precision, Quiet, SamplingWay, Way
from r2cli.cli.reading import make_reading
from r2cli.cli.recent import remember
from r2cli.errors import CommandLineError, R2Error, UnreadableInputError
from r2cli.findings import IndexedVideo
from r2cli.memory import ReadingReport
from r2cli.tasks.find import search
from r2cli.tasks.load import DEFAULT_MODEL

if TYPE_CHECKING:
    from r2cli.checkpoints.load import LoadedModel
    from r2cli.cli.bars import Bars
    from r2cli.memory import Reading
    from r2cli.video import VideoInfo


def index(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH...", help="Videos, and folders with videos, however deep.", show_default=False),
    ] = None,
    model: Model = DEFAULT_MODEL,
    device: Compute = Device.AUTO,
    precision: Finely = Precision.AUTO,
    sampling: SamplingWay = Way.AUTO,
    hwaccel: Hwaccel = "none",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> int:
    """Look at videos once, before anybody asks.

    Every later search of them then takes moments. What is computed goes into the cache (see: r2 cache). Interrupted,
    the same command goes on from there.

    \b
    r2 index holiday.mp4
    r2 index ~/Videos /media/camera
    """  # noqa: D301 - typer wants the control character itself: it keeps the lines apart
    if not paths:
        raise CommandLineError("nothing to index", "name videos or folders, as in: r2 index holiday.mp4 ~/Videos")
    reading = make_reading(sampling, hwaccel)
    talk, work = Talk(quiet), _Work()
    found = find_videos([Path(path) for path in paths])
    for path, error in found.failed:
        work.fail(path, error)
    videos = probe_all(found.videos, work.fail, talk)
    try:
        if videos:
            loaded = open_model(model, device, precision, talk, for_moments=False)
            remember(videos[-1].path, model)
            _index_all(videos, loaded, reading, work, talk, as_json)
    except KeyboardInterrupt:
        talk.note(f"{len(work.done)} of {len(videos)} videos are indexed; the same command goes on from here")
        raise
    finally:
        _conclude(work, talk, as_json)
    return UnreadableInputError.exit_code if work.failed else 0


@dataclass
class _Work:
    """What has been done so far."""

    done: list[IndexedVideo] = field(default_factory=list)
    failed: list[tuple[Path, R2Error]] = field(default_factory=list)

    def fail(self, path: Path, error: R2Error) -> None:
        """Keep a bad input for the end."""
        self.failed.append((path, error))


def _index_all(
    videos: list[VideoInfo], loaded: LoadedModel, reading: Reading, work: _Work, talk: Talk, as_json: bool
) -> None:
    from r2cli.cli.bars import bars
    from r2cli.present.indexed import indexed_line
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
    begun, reports = time.perf_counter(), list[ReadingReport]()
    with shown.of(video) as on_progress:
        search(video, (), loaded, reading, on_progress, reports.append)
    return IndexedVideo(video.path, video.duration, time.perf_counter() - begun, **asdict(reports[-1]))


def _conclude(work: _Work, talk: Talk, as_json: bool) -> None:
    """Say what it came to, and at last what could not be read."""
    from r2cli.present.indexed import summary_line

    if as_json:
        from r2cli.export.document import FailedInput
        from r2cli.export.json.indexed import write_indexed

        errors = [FailedInput(path, str(error), error.exit_code) for path, error in work.failed]
        Answer().write(write_indexed(work.done, errors))
    if len(work.done) > 1:
        talk.note(summary_line(work.done))
    for _, error in work.failed:
        write_line(str(error))
