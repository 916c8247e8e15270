"""What `r2 index` did, in lines."""

from __future__ import annotations

from collections.abc import Sequence

from r2cli.findings import IndexedVideo
from r2cli.present.text import visible
from r2cli.timecode import format_time


def indexed_line(video: IndexedVideo) -> str:
    """One video in a line, with its newline."""
    if video.was_there:
        return f"{visible(str(video.path))}  indexed before\n"
    rest = f", {video.cached} of {video.clips} clips were there" if video.cached else ""
    return f"{visible(str(video.path))}  indexed, {_cost(video.duration, video.seconds)}{rest}\n"


def summary_line(videos: Sequence[IndexedVideo]) -> str:
    """All of them in a line."""
    fresh = [video for video in videos if not video.was_there]
    before = len(videos) - len(fresh)
    said = [f"{len(videos)} videos are indexed"]
    if fresh and before:
        said.append(f"{before} were before")
    if fresh:
        said.append(_cost(sum(video.duration for video in fresh), sum(video.seconds for video in fresh)))
    return ", ".join(said)


def _cost(duration: float, seconds: float) -> str:
    return f"{format_time(duration)} in {seconds:.1f} s ({duration / max(seconds, 1e-3):.0f}x real time)"
