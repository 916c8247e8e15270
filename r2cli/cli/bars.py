"""Progress bars on standard error: drawn by the thread that works, between its lines, and gone at the end."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from r2cli.present.text import visible

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn, TaskID

    from r2cli.cli.console import Talk
    from r2cli.video import VideoInfo

_PAUSE = 0.1
"""Seconds between two drawings."""


class Drawn:
    """Bars that are drawn when they are moved, and not by a thread of their own.

    Such a thread decides how many lines it will erase before another one has written a line, and erases it after: the
    line is lost, and a bar stays behind for good.

    Args:
        bars: What rich draws.
    """

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._next = 0.0

    def add(self, label: str, total: float) -> TaskID:
        """One more bar."""
        task = self._bars.add_task(label, total=total)
        self._bars.refresh()
        return task

    def move(self, task: TaskID, done: float) -> None:
        """How much of a bar's total is done."""
        self._bars.update(task, completed=done)
        if (now := time.monotonic()) >= self._next:
            self._bars.refresh()
            self._next = now + _PAUSE

    def remove(self, task: TaskID) -> None:
        """Take a bar away."""
        self._bars.remove_task(task)
        self._bars.refresh()


@contextmanager
def draw(*more: ProgressColumn) -> Iterator[Drawn]:
    """Bars on standard error while the block runs; what is written meanwhile goes above them, and they leave no trace.

    Args:
        more: What stands between the percentage and the estimate.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        *more,
        TimeRemainingColumn(),
    )
    # Lines of the answer go above the bars only where they go to the same place.
    with Progress(
        *columns,
        console=Console(stderr=True),
        transient=True,
        auto_refresh=False,
        redirect_stdout=sys.stdout.isatty(),
    ) as bars:
        yield Drawn(bars)


class Bars:
    """What the progress of many videos is told to: one bar for the video in hand, one for all.

    Args:
        videos: All of them, in order.
        clips_per_second: How many clips a second of video has.
        drawn: The bars; None: nobody watches.
    """

    def __init__(self, videos: Sequence[VideoInfo], clips_per_second: float, drawn: Drawn | None) -> None:
        self._rate = clips_per_second
        self._drawn = drawn
        self._before = 0.0  # seconds of the videos that are done
        self._all: TaskID | None = None
        if drawn is not None and len(videos) > 1:
            self._all = drawn.add(f"all {len(videos)} videos", sum(video.duration for video in videos))

    @contextmanager
    def of(self, video: VideoInfo) -> Iterator[Callable[[int], None]]:
        """The progress of one video, in clips that have been read, until it is done or given up."""
        if self._drawn is None:
            yield lambda clips: None
            return
        drawn, task = self._drawn, self._drawn.add(visible(video.path.name), video.duration)

        def tell(clips: int) -> None:
            seconds = min(clips / self._rate, video.duration)
            if self._all is not None:
                drawn.move(self._all, self._before + seconds)
            drawn.move(task, seconds)

        try:
            yield tell
        finally:
            self._before += video.duration
            drawn.remove(task)


@contextmanager
def bars(videos: Sequence[VideoInfo], clips_per_second: float, talk: Talk) -> Iterator[Bars]:
    """Draw the progress of some videos, with speed and estimate, while the block runs; it leaves no trace."""
    if not talk.shows_progress:
        yield Bars(videos, clips_per_second, None)
        return
    from rich.progress import ProgressColumn, Task
    from rich.text import Text

    class Speed(ProgressColumn):
        """Seconds of video per second."""

        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else f"{speed:.0f}x real time")

    with draw(Speed()) as drawn:
        yield Bars(videos, clips_per_second, drawn)
