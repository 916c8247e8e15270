"""How the streams of a file are coded: what an encoder must know to come close to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import av

from r2cli.video.opening import demuxed
from r2cli.video.probe import VideoInfo

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

STATES_FIELDS = hasattr(av.video.codeccontext.VideoCodecContext, "field_order")
"""Whether PyAV says how pictures are made of fields, as it does from version 18 on; before, a picture must tell."""
_PROGRESSIVE = (0, 1)
"""FFmpeg's AVFieldOrder: unknown, and progressive."""


@dataclass(frozen=True)
class AudioStream:
    """One sound track."""

    index: int
    """Place among all streams of the container."""
    codec: str
    channels: int
    rate: int
    """Samples per second."""


@dataclass(frozen=True)
class Coding:
    """How a video's picture and sound are coded."""

    time_base: Fraction
    """Seconds per tick of the picture's timestamps."""
    pixel_format: str
    depth: int
    """Bits per sample."""
    profile: str
    extradata: bytes
    """The codec's parameter sets, as the container keeps them."""
    interlaced: bool
    colour: tuple[int, int, int, int]
    """Range, primaries, transfer and matrix, by their numbers in ITU-T H.273."""
    audio: tuple[AudioStream, ...]


def _is_interlaced(container: InputContainer, stream: VideoStream) -> bool:
    """Whether pictures are made of two fields."""
    if STATES_FIELDS:
        return int(stream.codec_context.field_order or 0) not in _PROGRESSIVE
    for packet in demuxed(container, stream):
        try:
            frames = packet.decode()
        except av.FFmpegError:
            continue
        if frames:
            return bool(frames[0].interlaced_frame)
    return False


def coding_of(container: InputContainer, video: VideoInfo) -> Coding:
    """Read from a file's headers how it is coded; before PyAV 18, from its first picture, too."""
    stream = next(one for one in container.streams.video if one.index == video.stream_index)
    context = stream.codec_context
    picture = context.format
    return Coding(
        time_base=stream.time_base or Fraction(1, 90_000),
        pixel_format=picture.name if picture else "",
        depth=max((component.bits for component in picture.components), default=8) if picture else 8,
        profile=context.profile or "",
        extradata=bytes(context.extradata or b""),
        interlaced=_is_interlaced(container, stream),
        colour=(context.color_range, context.color_primaries, context.color_trc, context.colorspace),
        audio=tuple(_audio_streams(container)),
    )


def _audio_streams(container: InputContainer) -> Iterator[AudioStream]:
    for one in container.streams.audio:
        context = one.codec_context
        if context is not None and context.channels and context.rate:
            yield AudioStream(one.index, context.codec.canonical_name, context.channels, context.rate)
