"""What cutting a span out of a video will give, found out before anything is written."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

from r2cli.cuts import CutMode
from r2cli.errors import UnreadableInputError
from r2cli.timecode import format_time
from r2cli.video.cutting.copying import copied_from
from r2cli.video.cutting.film import Film, open_film
from r2cli.video.cutting.smart import SmartPlan, plan_smart
from r2cli.video.cutting.splice import suffix_like
from r2cli.video.cutting.tracks import Tracks
from r2cli.video.pictures import CLOCK_ERROR, Picture, Span, Stretch
from r2cli.video.probe import VideoInfo
from r2cli.video.streams import Coding


@dataclass(frozen=True)
class ClipPlan:
    """A clip that can be written: which pictures it will hold, and how."""

    video: VideoInfo
    asked_start: float
    asked_end: float
    """Both in seconds from the video's first picture, as they were asked for."""
    span: Span
    coding: Coding
    mode: CutMode
    """How it will be cut; not always as it was asked for."""
    note: str = ""
    """Why not."""
    copied: tuple[Picture, ...] = ()
    """Pictures that are copied as they are, in the order in which they are decoded."""
    smart: SmartPlan | None = None
    tracks: Tracks = Tracks()
    """What goes along beside the picture."""

    @property
    def suffix(self) -> str:
        """The clip's kind of file."""
        return ".mp4" if self.mode is CutMode.EXACT else suffix_like(self.video)

    @property
    def start(self) -> float:
        """When the clip really begins, in seconds from the video's first picture."""
        return max(float(self.span.start - Fraction(self.video.start)), 0.0)

    @property
    def end(self) -> float:
        """When the clip really ends."""
        return float(self.span.end - Fraction(self.video.start))


def plan_clip(video: VideoInfo, start: float, end: float, mode: CutMode = CutMode.EXACT) -> ClipPlan:
    """Find out what cutting from `start` to `end` will give, as `plan_from` does; the video is opened for it.

    Args:
        video: From `probe`.
        start: Seconds from the video's first picture.
        end: The same.
        mode: How to cut.

    Raises:
        UnreadableInputError: The video does not reach to `start`, or cannot be read there.
        ValueError: A time is not finite, or the end comes before the start.
    """
    with open_film(video) as film:
        return plan_from(film, start, end, mode)


def plan_from(film: Film, start: float, end: float, mode: CutMode = CutMode.EXACT) -> ClipPlan:
    """Find out what cutting from `start` to `end` will give; nothing is written.

    The clip holds the picture that is on screen at `start` and all others that begin before `end`: at least one. What
    reaches beyond the video is cut off.

    Args:
        film: The video.
        start: Seconds from its first picture.
        end: The same.
        mode: How to cut.

    Raises:
        UnreadableInputError: The video does not reach to `start`, or cannot be read there.
        ValueError: A time is not finite, or the end comes before the start.
    """
    video = film.video
    if not (math.isfinite(start) and math.isfinite(end)) or end < start:
        raise ValueError(f"not a span of time: {start!r} to {end!r}")
    if start >= video.duration:
        raise UnreadableInputError(
            f"{video.path}: it ends at {format_time(video.duration)}, before {format_time(start)}",
            "is this the video that was searched?",
        )
    begin, stop = max(start, 0.0), min(max(end, 0.0), video.duration)
    stretch = film.stretch(begin, stop)
    limits = tuple(Fraction(video.start) + Fraction(time) for time in (begin, stop))
    exact = ClipPlan(video, start, end, stretch.span(*limits), film.coding, CutMode.EXACT)
    plan = exact
    if mode is not CutMode.EXACT:
        plan = _copying(exact, stretch, limits[1]) if mode is CutMode.COPY else _smart(exact, stretch)
    return replace(plan, tracks=film.tracks(plan.span, plan.mode, plan.suffix))


def _smart(exact: ClipPlan, stretch: Stretch) -> ClipPlan:
    smart = plan_smart(exact.video, stretch, exact.span, exact.coding)
    if isinstance(smart, str):
        place = f"{exact.video.path} at {format_time(exact.start)}"
        return replace(exact, note=f"{place}: no smart cut is possible ({smart}); cut exactly instead")
    return replace(exact, mode=CutMode.SMART, smart=smart)


def _copying(exact: ClipPlan, stretch: Stretch, end: Fraction) -> ClipPlan:
    key = stretch.keyframe(exact.span.start)
    copied = () if key is None else copied_from(stretch, key.stamp, end, beyond=True)
    if not copied or not all(picture.is_timed for picture in copied) or _leaves_out(copied):
        return replace(exact, note=f"{exact.video.path}: its pictures cannot be copied; cut exactly instead")
    last = max(picture.stamp for picture in copied if picture.shown)
    span = stretch.span(copied[0].stamp, last + 2 * CLOCK_ERROR)
    return replace(exact, span=span, mode=CutMode.COPY, copied=copied)


def _leaves_out(copied: tuple[Picture, ...]) -> bool:
    """Whether pictures that the video leaves out would appear behind the first one of the clip."""
    first = min(one.stamp for one in copied if one.shown)
    return any(one.is_left_out and one.stamp > first for one in copied)
