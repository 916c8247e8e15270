"""Cutting to the picture with as little encoding as that takes: only what cannot be copied at both ends."""

from __future__ import annotations

from dataclasses import dataclass

from r2cli.video.bitstream.parameter_sets import read_avcc, read_hvcc
from r2cli.video.cutting.copying import copied_from
from r2cli.video.cutting.splice import suffix_like
from r2cli.video.pictures import Picture, Span, Stretch
from r2cli.video.probe import VideoInfo
from r2cli.video.streams import Coding

_FORMATS = {"yuv420p", "yuvj420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le"}
PROFILES = {
    "Constrained Baseline": "baseline",
    "Baseline": "baseline",
    "Main": "main",
    "High": "high",
    "High 10": "high10",
    "High 4:2:2": "high422",
    "High 4:4:4 Predictive": "high444",
}
"""Of H.264: FFmpeg's names for them, and x264's."""


@dataclass(frozen=True)
class SmartPlan:
    """What is copied, and what is encoded before and behind it."""

    head: Span | None
    middle: tuple[Picture, ...]
    """In the order in which they are decoded."""
    tail: Span | None


def plan_smart(video: VideoInfo, stretch: Stretch, span: Span, coding: Coding) -> SmartPlan | str:
    """Find out what of a span can be copied.

    Returns:
        The plan; or, in words, why nothing can be copied.
    """
    obstacle = _obstacle(video, coding)
    if obstacle:
        return obstacle
    inside = (one for one in stretch.decoded if span.start <= one.stamp <= span.last)
    key = min((one.stamp for one in inside if one.is_key and one.restarts), default=None)
    middle = () if key is None else copied_from(stretch, key, span.end, beyond=False)
    if key is None or not middle:
        return "there is no keyframe in it"
    if not all(picture.is_timed and picture.shown for picture in middle):
        return "the film hides some of its pictures"
    last = max(picture.stamp for picture in middle)
    rest = stretch.span(last, span.end)
    head = stretch.span(span.start, key) if key > span.start else None
    tail = stretch.span(rest.stamps[1], span.end) if rest.count > 1 else None
    return SmartPlan(head, middle, tail)


def _obstacle(video: VideoInfo, coding: Coding) -> str:
    if suffix_like(video) == ".ts" or not {"mp4", "matroska"} & set(video.container.split(",")):
        return f"{video.container} does not allow it"
    if coding.interlaced or coding.pixel_format not in _FORMATS:
        return "its pictures are interlaced, or of a rare kind"
    readable = {
        "h264": coding.profile in PROFILES and read_avcc(coding.extradata) is not None,
        "hevc": read_hvcc(coding.extradata) is not None,
        "vp9": True,
    }
    return "" if readable.get(video.codec, False) else f"{video.codec} as it is there does not allow it"
