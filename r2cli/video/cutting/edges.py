"""The two ends of a smart cut: encoded like the source, and joined with what is copied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from r2cli.errors import FFmpegError, option
from r2cli.video.bitstream.bits import UnknownSyntaxError
from r2cli.video.bitstream.hevc import read_sets, renumber
from r2cli.video.bitstream.parameter_sets import END_OF_SEQUENCE, AvcSets, HvcSets, read_avcc, read_hvcc
from r2cli.video.cutting.exact import jump_to, trim_filters
from r2cli.video.cutting.film import open_film
from r2cli.video.cutting.run import OnShare, encode, input_options, time_base_of
from r2cli.video.cutting.smart import PROFILES, SmartPlan
from r2cli.video.cutting.splice import Part, Rewrite, write_parts
from r2cli.video.cutting.tracks import Tracks
from r2cli.video.ffmpeg import file_url
from r2cli.video.pictures import Span
from r2cli.video.probe import VideoInfo, probe
from r2cli.video.streams import Coding


@dataclass(frozen=True)
class _Edge:
    """One end, as it is encoded in a file of its own."""

    span: Span
    path: Path
    number: int
    """Of its parameter sets; another than those of the source."""
    is_head: bool


def write_smart(
    video: VideoInfo, plan: SmartPlan, span: Span, coding: Coding, tracks: Tracks, target: Path, on_share: OnShare
) -> None:
    """Encode both ends, and join them with what is copied.

    Raises:
        CommandLineError: There is no room for it.
        FFmpegError: FFmpeg is missing or failed.
    """
    edges = _edges(video, plan, coding, target)
    steps = len(edges) + 1
    for step, edge in enumerate(edges):
        _encode(video, edge, coding, _share_of(on_share, step, steps))
    try:
        parts, extradata = _join(video, plan, span, coding, edges)
        share = _share_of(on_share, len(edges), steps)
        write_parts(video, parts, span, tracks, target, share, extradata=extradata)
    except UnknownSyntaxError as error:
        raise FFmpegError(
            f"{target}: libx265 wrote what cannot be joined ({error})", f"try {option('cut', 'exact')}"
        ) from error
    for edge in edges:
        edge.path.unlink()


def _edges(video: VideoInfo, plan: SmartPlan, coding: Coding, target: Path) -> list[_Edge]:
    sets = _source_sets(coding)
    free: Iterator[int] = iter(()) if sets is None else (number for number in range(32) if number not in sets.ids)
    suffix = ".mkv" if video.codec == "vp9" else ".mp4"
    ends = (("head", plan.head), ("tail", plan.tail))
    return [
        _Edge(span, target.with_name(name + suffix), next(free, 0), is_head=name == "head")
        for name, span in ends
        if span is not None
    ]


def _source_sets(coding: Coding) -> AvcSets | HvcSets | None:
    return read_avcc(coding.extradata) or read_hvcc(coding.extradata)


def _share_of(on_share: OnShare, step: int, steps: int) -> OnShare:
    return lambda share: on_share((step + share) / steps)


def _encode(video: VideoInfo, edge: _Edge, coding: Coding, on_share: OnShare) -> None:
    arguments = [
        *["-noautorotate", *input_options(video, jump_to(video, edge.span))],
        *["-map", f"0:{video.stream_index}", "-vf", ",".join(trim_filters(edge.span)), "-fps_mode", "passthrough"],
        *["-enc_time_base:v", time_base_of(False, video.rate, coding.time_base)],
        *[*_encoder(video, coding, edge.number), "-pix_fmt", coding.pixel_format],
        *["-an", "-map_metadata", "-1", "-map_chapters", "-1", file_url(edge.path)],
    ]
    encode(arguments, edge.path, edge.span.count, on_share)


def _encoder(video: VideoInfo, coding: Coding, number: int) -> list[str]:
    if video.codec == "h264":
        numbered = ["-profile:v", PROFILES[coding.profile], "-x264-params", f"sps-id={number}"]
        # Finer than `exact` at the same speed: beside pictures that are copied, a loss would show.
        return ["-c:v", "libx264", "-preset", "veryfast", "-crf", "14", *numbered]
    if video.codec == "hevc":
        # Without reordering: a decoder may drop what it has not shown yet when the copied part begins (H.265, C.5.2.2).
        # Without weights and rows apart: the headers of slices are short, and hold nothing that `hevc` cannot read.
        params = "log-level=error:open-gop=0:bframes=0:weightp=0:wpp=0:slices=1"
        return ["-c:v", "libx265", "-preset", "fast", "-crf", "16", "-x265-params", params]
    return ["-c:v", "libvpx-vp9", "-crf", "20", "-b:v", "0", "-cpu-used", "4", "-row-mt", "1", "-auto-alt-ref", "0"]


def _join(
    video: VideoInfo, plan: SmartPlan, span: Span, coding: Coding, edges: Iterable[_Edge]
) -> tuple[list[Part], bytes | None]:
    """All parts in order, and the parameter sets of all of them."""
    joined = _source_sets(coding)
    parts = [Part(video, plan.middle, -span.start, can_jump=span.key is not None)]
    for edge in edges:
        info = probe(edge.path)
        with open_film(info) as film:
            pictures, own = film.stretch(0, info.duration + 1).decoded, _source_sets(film.coding)
        rewrite: Rewrite | None = None
        if isinstance(joined, AvcSets) and isinstance(own, AvcSets):
            joined = joined.joined(own)
        elif isinstance(joined, HvcSets) and isinstance(own, HvcSets):
            sets = read_sets(own.units)
            joined = joined.joined(sets.renumbered(edge.number))
            rewrite = _renumbering(own, edge, len(pictures))
        part = Part(info, pictures, edge.span.start - span.start - Fraction(info.start), rewrite)
        parts.insert(0 if edge.is_head else len(parts), part)
    return parts, joined.packed() if joined else None


def _renumbering(own: HvcSets, edge: _Edge, count: int) -> Rewrite:
    """HEVC's encoder cannot number its parameter sets."""
    sets = read_sets(own.units)

    def rewrite(number: int, data: bytes) -> bytes:
        ends = edge.is_head and number == count - 1
        return renumber(data, sets, edge.number) + (END_OF_SEQUENCE if ends else b"")

    return rewrite
