"""Cutting clips out of videos: planned first, then written, then measured."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from fractions import Fraction
from pathlib import Path

from r2cli.errors import FFmpegError, UnreadableInputError
from r2cli.timecode import format_time
from r2cli.video.copying import copied_from
from r2cli.video.encode import OnShare
from r2cli.video.exact import write_exact
from r2cli.video.pictures import (
    CLOCK_ERROR,
    Picture,
    Span,
    Stretch,
    is_hidden,
    picture_packets,
    read_pictures,
)
from r2cli.video.probe import VideoInfo, opened, probe
from r2cli.video.smart import SmartPlan, plan_smart, write_smart
from r2cli.video.splice import Part, suffix_like, write_parts
from r2cli.video.streams import Coding, read_coding
from r2cli.video.target import beside

_MEASURE_ERROR = 2 * CLOCK_ERROR
"""Seconds: a clip's length is a difference of two timestamps."""


class CutMode(str, Enum):
    """How a clip is cut."""

    EXACT = "exact"
    COPY = "copy"
    SMART = "smart"


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


@dataclass(frozen=True)
class Clip:
    """A clip that was written and measured."""

    path: Path
    video: Path
    mode: CutMode
    asked_start: float
    asked_end: float
    start: float
    """When its first picture begins."""
    end: float
    """When its last picture ends. All four in seconds from the first picture of the video."""
    note: str = ""
    """What the user should know about how it was cut."""
    rank: int = 0
    """Its moment's place in the ranking; 0 if there is none."""


def plan_clip(video: VideoInfo, start: float, end: float, mode: CutMode = CutMode.EXACT) -> ClipPlan:
    """Find out what cutting from `start` to `end` will give; nothing is written.

    The clip holds the picture that is on screen at `start` and all others that begin before `end`: at least one. What
    reaches beyond the video is cut off.

    Args:
        video: From `probe`.
        start: Seconds from the video's first picture.
        end: The same.
        mode: How to cut.

    Raises:
        UnreadableInputError: The video does not reach to `start`, or cannot be read there.
        ValueError: A time is not finite, or the end comes before the start.
    """
    if not (math.isfinite(start) and math.isfinite(end)) or end < start:
        raise ValueError(f"not a span of time: {start!r} to {end!r}")
    if start >= video.duration:
        raise UnreadableInputError(
            f"{video.path}: it ends at {format_time(video.duration)}, before {format_time(start)}",
            "is this the video that was searched?",
        )
    begin, stop = max(start, 0.0), min(max(end, 0.0), video.duration)
    stretch = read_pictures(video, begin, stop)
    limits = tuple(Fraction(video.start) + Fraction(time) for time in (begin, stop))
    exact = ClipPlan(video, start, end, stretch.span(*limits), read_coding(video), CutMode.EXACT)
    if mode is CutMode.COPY:
        return _copying(exact, stretch, limits[1])
    return _smart(exact, stretch) if mode is CutMode.SMART else exact


def _smart(exact: ClipPlan, stretch: Stretch) -> ClipPlan:
    smart = plan_smart(exact.video, stretch, exact.span, exact.coding)
    if isinstance(smart, str):
        place = f"{exact.video.path} at {format_time(exact.start)}"
        return replace(exact, note=f"{place}: no smart cut is possible ({smart}); cut exactly instead")
    return replace(exact, mode=CutMode.SMART, smart=smart)


def _copying(exact: ClipPlan, stretch: Stretch, end: Fraction) -> ClipPlan:
    key = exact.span.key
    copied = () if key is None else copied_from(stretch, key, end, beyond=True)
    if not copied or not all(picture.is_timed for picture in copied):
        return replace(exact, note=f"{exact.video.path}: its pictures cannot be copied; cut exactly instead")
    last = max(picture.stamp for picture in copied if picture.shown)
    span = stretch.span(copied[0].stamp, last + 2 * CLOCK_ERROR)
    return replace(exact, span=span, mode=CutMode.COPY, copied=copied)


def write_clip(plan: ClipPlan, target: Path, *, force: bool = False, on_share: OnShare = lambda share: None) -> Clip:
    """Write a planned clip, and measure what was written.

    Args:
        plan: From `plan_clip`.
        target: Where; the folder must exist.
        force: Whether a file of that name is overwritten.
        on_share: Is told how much is done, 0 to 1.

    Raises:
        CommandLineError: The target exists already, or cannot be written.
        UnreadableInputError: Some of its pictures cannot be decoded.
        FFmpegError: FFmpeg is missing or failed, or the clip is not what was planned.
    """
    with beside(target, force=force) as unfinished:
        _WRITERS[plan.mode](plan, unfinished, on_share)
        _check(plan, unfinished, target)
    return Clip(
        path=target,
        video=plan.video.path,
        mode=plan.mode,
        asked_start=plan.asked_start,
        asked_end=plan.asked_end,
        start=plan.start,
        end=plan.end,
        note=plan.note,
    )


def _write_exact(plan: ClipPlan, target: Path, on_share: OnShare) -> None:
    write_exact(plan.video, plan.span, plan.coding, target, on_share)


def _write_copy(plan: ClipPlan, target: Path, on_share: OnShare) -> None:
    write_parts(plan.video, [Part(plan.video, plan.copied, -plan.span.start)], plan.span, target, on_share)


def _write_smart(plan: ClipPlan, target: Path, on_share: OnShare) -> None:
    if plan.smart is None:
        raise ValueError("not a smart plan")
    write_smart(plan.video, plan.smart, plan.span, plan.coding, target, on_share)


_WRITERS: dict[CutMode, Callable[[ClipPlan, Path, OnShare], None]] = {
    CutMode.EXACT: _write_exact,
    CutMode.COPY: _write_copy,
    CutMode.SMART: _write_smart,
}


def _check(plan: ClipPlan, written: Path, target: Path) -> None:
    count, length = measure(written)
    if count < plan.span.count:
        raise UnreadableInputError(
            f"{plan.video.path}: only {count} of {plan.span.count} pictures from {format_time(plan.start)} on "
            "can be decoded",
            "the video is damaged there; choose another span",
        )
    tolerance = plan.span.shortest + _MEASURE_ERROR
    if count > plan.span.count or abs(length - plan.span.length) > tolerance:
        raise FFmpegError(
            f"{target}: {count} pictures in {float(length):.3f} s came out, not {plan.span.count} in "
            f"{float(plan.span.length):.3f} s",
            "please report it, with the video if you can; --cut exact may work",
        )


def measure(clip: Path) -> tuple[int, Fraction]:
    """Pictures in a file and seconds that they last.

    Raises:
        FFmpegError: The file that was just written cannot be read.
    """
    try:
        info = probe(clip)
    except UnreadableInputError as error:
        raise FFmpegError(f"what ffmpeg wrote cannot be read: {error.message}", "please report it") from error
    with opened(clip) as container:
        packets = picture_packets(container, info, None)
        count = sum(not packet.is_discard and not is_hidden(info.codec, packet) for packet in packets)
    return count, Fraction(info.duration)
