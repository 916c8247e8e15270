"""A long video, seen in windows of the length that the model was trained for.

A video that fits in one window is that window. A longer one is seen in windows of full length at every half length.
The first begins one step *before* the video, over clips that do not exist and look black: so a video is cut in
the same places, and gives the same answer, when a whole number of steps of black is put before it.

Indices count clips from the video's first; they are negative before it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """A stretch of clips: [first, stop)."""

    first: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.first


@dataclass(frozen=True)
class Extent:
    """The time line that the answer is about."""

    clips: int
    clips_per_second: float
    start: float
    """Seconds; no moment begins earlier. Not 0 in a film that opens with black."""
    end: float
    """Seconds; no moment ends later."""

    @property
    def clip(self) -> float:
        """Seconds that one clip lasts."""
        return 1.0 / self.clips_per_second


def step_of(window_clips: int) -> int:
    """Clips from one window's start to the next's: half a window, rounded up so that no third window sees a clip."""
    return (window_clips + 1) // 2


def plan_windows(clips: int, window_clips: int) -> tuple[Window, ...]:
    """Windows that cover a video.

    Args:
        clips: Clips of the video, at least 1.
        window_clips: Clips that the model sees at once, at least 2.

    Returns:
        In order of time. The last ends with the video and may be shorter, though never shorter than the overlap.
    """
    if clips <= window_clips:
        return (Window(0, clips),)
    step = step_of(window_clips)
    starts = range(-step, max(clips - window_clips, 0) + step, step)
    return tuple(Window(start, min(start + window_clips, clips)) for start in starts)


def first_open_window(clips: int, window_clips: int) -> int:
    """The first clip of the earliest window that a video's first clips do not complete, while more may follow.

    Args:
        clips: Clips of the video known so far.
        window_clips: As for `plan_windows`.
    """
    step = step_of(window_clips)
    if clips <= window_clips:  # if no more follow, the video is one window
        return -step
    return ((clips - window_clips) // step + 1) * step
