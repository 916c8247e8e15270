"""The progress of many videos: one bar for the video in hand, one for all."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from r2cli.cli.console import Talk
from r2cli.present.text import visible

if TYPE_CHECKING:
    from rich.progress import Progress, Task, TaskID

    from r2cli.video import VideoInfo


class Bars:
    """What a video's progress is told to; without a bar it is told in vain.

    Args:
        videos: All of them, in order.
        clips_per_second: How many clips a second of video has.
        bar: What draws; None: nobody watches.
    """

    def __init__(self, videos: Sequence[VideoInfo], clips_per_second: float, bar: Progress | None) -> None:
        self._rate = clips_per_second
        self._bar = bar
        self._before = 0.0  # seconds of the videos that are done
        self._all: TaskID | None = None
        if bar is not None and len(videos) > 1:
            self._all = bar.add_task(f"all {len(videos)} videos", total=sum(video.duration for video in videos))

    @contextmanager
    def of(self, video: VideoInfo) -> Iterator[Callable[[int], None]]:
        """The progress of one video, in clips that have been read, until it is done or given up."""
        if self._bar is None:
            yield lambda clips: None
            return
        bar, task = self._bar, self._bar.add_task(visible(video.path.name), total=video.duration)

        def tell(clips: int) -> None:
            seconds = min(clips / self._rate, video.duration)
            bar.update(task, completed=seconds)
            if self._all is not None:
                bar.update(self._all, completed=self._before + seconds)

        try:
            yield tell
        finally:
            self._before += video.duration
            bar.remove_task(task)


@contextmanager
def bars(videos: Sequence[VideoInfo], clips_per_second: float, talk: Talk) -> Iterator[Bars]:
    """Draw the progress of some videos, with speed and estimate, while the block runs; it leaves no trace."""
    if not talk.shows_progress:
        yield Bars(videos, clips_per_second, None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Speed(ProgressColumn):
        """Seconds of video per second."""

        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else f"{speed:.0f}x real time")

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        Speed(),
        TimeRemainingColumn(),
    )
    # Lines of the answer go above the bars only where they go to the same place.
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=sys.stdout.isatty()) as drawn:
        yield Bars(videos, clips_per_second, drawn)
