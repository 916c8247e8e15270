"""Cutting to the picture with as little encoding as that takes: only what cannot be copied at both ends."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from r2cli.video.copying import copied_from
from r2cli.video.encode import OnShare, encode, input_options, time_base_of
from r2cli.video.exact import jump_to, trim_filters
from r2cli.video.ffmpeg import file_url
from r2cli.video.parameter_sets import END_OF_SEQUENCE, read_avcc, read_hvcc, restarts
from r2cli.video.pictures import (
    Picture,
    Span,
    Stretch,
    picture_packets,
    read_pictures,
    seek_time,
    stamp_of,
)
from r2cli.video.probe import VideoInfo, opened, probe
from r2cli.video.splice import Part, Rewrite, suffix_like, write_parts
from r2cli.video.streams import Coding, read_coding

_FORMATS = {"yuv420p", "yuvj420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le"}
_PROFILES = {
    "Constrained Baseline": "baseline",
    "Baseline": "baseline",
    "Main": "main",
    "High": "high",
    "High 10": "high10",
    "High 4:2:2": "high422",
    "High 4:4:4 Predictive": "high444",
}
_LAST_ID = 31
"""Of H.264's sequence parameter sets."""


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
    key = _first_restart(video, stretch, span)
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
        "h264": coding.profile in _PROFILES and read_avcc(coding.extradata) is not None,
        "hevc": read_hvcc(coding.extradata) is not None,
        "vp9": True,
    }
    return "" if readable.get(video.codec, False) else f"{video.codec} as it is there does not allow it"


def _first_restart(video: VideoInfo, stretch: Stretch, span: Span) -> Fraction | None:
    keys = [one.stamp for one in stretch.decoded if one.is_key and span.start <= one.stamp <= span.last]
    if not keys or video.codec != "h264":
        return min(keys, default=None)
    with opened(video.path) as container:
        for packet in picture_packets(container, video, seek_time(video, keys[0], span.shortest)):
            stamp = stamp_of(packet)
            if packet.is_keyframe and stamp in keys and restarts(bytes(packet)):
                return stamp
            if stamp > span.end + 1:
                break
    return None


def write_smart(video: VideoInfo, plan: SmartPlan, span: Span, coding: Coding, target: Path, on_share: OnShare) -> None:
    """Encode both ends, and join them with what is copied.

    Raises:
        FFmpegError: FFmpeg is missing or failed.
    """
    edges: dict[str, Path] = {}
    taken = sets.ids if (sets := read_avcc(coding.extradata)) else set()
    free = [number for number in range(_LAST_ID + 1) if number not in taken]
    wanted = [(name, edge) for name, edge in (("head", plan.head), ("tail", plan.tail)) if edge is not None]
    for number, (name, edge) in enumerate(wanted):
        edges[name] = target.with_name(f"{name}.mkv" if video.codec == "vp9" else f"{name}.mp4")
        on_part = _part_of(on_share, number, len(wanted) + 1)
        _encode_edge(video, edge, coding, free[number], edges[name], on_part)
    write_parts(
        video,
        _parts(video, plan, span, coding, edges),
        span,
        target,
        _part_of(on_share, len(wanted), len(wanted) + 1),
        tag="hev1" if video.codec == "hevc" and edges and target.suffix in (".mp4", ".mov") else None,
        extradata=_joined_sets(coding, edges) if video.codec == "h264" else None,
    )
    for path in edges.values():
        path.unlink()


def _part_of(on_share: OnShare, number: int, count: int) -> OnShare:
    return lambda share: on_share((number + share) / count)


def _encode_edge(video: VideoInfo, edge: Span, coding: Coding, number: int, path: Path, on_share: OnShare) -> None:
    arguments = [
        *["-noautorotate", *input_options(video, jump_to(video, edge))],
        *["-map", f"0:{video.stream_index}", "-vf", ",".join(trim_filters(edge)), "-fps_mode", "passthrough"],
        *["-enc_time_base:v", time_base_of(False, video.rate, coding.time_base)],
        *[*_edge_encoder(video, coding, number), "-pix_fmt", coding.pixel_format],
        *["-an", "-map_metadata", "-1", "-map_chapters", "-1", file_url(path)],
    ]
    encode(arguments, path, edge.count, on_share)


def _edge_encoder(video: VideoInfo, coding: Coding, number: int) -> list[str]:
    if video.codec == "h264":
        # A number of its own keeps the encoder's parameter sets apart from the source's.
        names = ["-profile:v", _PROFILES[coding.profile], "-x264-params", f"sps-id={number}"]
        return ["-c:v", "libx264", "-preset", "fast", "-crf", "16", *names]
    if video.codec == "hevc":
        # Without reordering: a decoder may drop what it has not shown yet when the copied part begins (H.265, C.5.2.2).
        params = "log-level=error:open-gop=0:bframes=0"
        return ["-c:v", "libx265", "-preset", "fast", "-crf", "16", "-x265-params", params]
    return ["-c:v", "libvpx-vp9", "-crf", "20", "-b:v", "0", "-cpu-used", "4", "-row-mt", "1", "-auto-alt-ref", "0"]


def _joined_sets(coding: Coding, edges: dict[str, Path]) -> bytes:
    sets = read_avcc(coding.extradata)
    for path in edges.values():
        other = read_avcc(read_coding(probe(path)).extradata)
        if sets is None or other is None:
            raise ValueError("parameter sets that were readable are no more")
        sets = sets.joined(other)
    return sets.packed() if sets else b""


def _parts(video: VideoInfo, plan: SmartPlan, span: Span, coding: Coding, edges: dict[str, Path]) -> list[Part]:
    parts = []
    if plan.head is not None:
        parts.append(_edge_part(edges["head"], Fraction(0), is_last=False))
    middle = _with_sets(read_hvcc(coding.extradata), None) if video.codec == "hevc" and edges else None
    parts.append(Part(video, plan.middle, -span.start, middle))
    if plan.tail is not None:
        parts.append(_edge_part(edges["tail"], plan.tail.start - span.start, is_last=True))
    return parts


def _edge_part(path: Path, begin: Fraction, *, is_last: bool) -> Part:
    info = probe(path)
    pictures = read_pictures(info, 0, info.duration + 1).decoded
    rewrite = None
    if info.codec == "hevc":
        rewrite = _with_sets(read_hvcc(read_coding(info).extradata), None if is_last else len(pictures) - 1)
    return Part(info, pictures, begin - Fraction(info.start), rewrite)


def _with_sets(sets: bytes | None, end: int | None) -> Rewrite:
    """HEVC's encoder cannot number its parameter sets: both kinds stand before each keyframe that needs them."""

    def rewrite(number: int, is_key: bool, data: bytes) -> bytes:
        return (sets or b"" if is_key else b"") + data + (END_OF_SEQUENCE if number == end else b"")

    return rewrite
