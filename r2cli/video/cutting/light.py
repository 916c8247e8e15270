"""What the first picture of a span says about itself: how bright its master was, and which way up it lies."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction

import av
from av.sidedata.sidedata import SideData

from r2cli.video.cutting.exact import jump_to
from r2cli.video.opening import opened
from r2cli.video.pictures import CLOCK_ERROR, Span
from r2cli.video.probe import VideoInfo

_MASTER = struct.Struct("=22i")
"""FFmpeg's AVMasteringDisplayMetadata: ten ratios - red, green, blue and white as x and y, then the least and the
greatest luminance - and whether the colours and the luminances are there."""
_CONTENT = struct.Struct("=2I")
"""AVContentLightMetadata: of the brightest pixel, of the brightest picture on average."""
_PLACES, _CANDELAS = 50_000, 10_000
"""Units of chromaticity and luminance, of 1 and of 1 cd/m2, in a bit stream (H.265, D.3.28)."""

_BRIGHTEST = (1 << 16) - 1
"""cd/m2; the bit stream has two bytes for it."""


@dataclass(frozen=True)
class Light:
    """Static metadata of HDR, as libx265 takes them."""

    master: str = ""
    """The display on which it was mastered (SMPTE ST 2086)."""
    content: str = ""
    """The greatest light in it, cd/m2 (CTA-861.3)."""

    @property
    def parameters(self) -> tuple[str, ...]:
        """Parameters of libx265."""
        pairs = (("master-display", self.master), ("max-cll", self.content))
        return tuple(f"{name}={value}" for name, value in pairs if value)


@dataclass(frozen=True)
class FirstPicture:
    """What a picture says about itself."""

    light: Light
    is_turned: bool
    """Whether it is to be turned or mirrored before it is shown."""


def first_picture(video: VideoInfo, span: Span) -> FirstPicture:
    """Decode the first picture of a span.

    Args:
        video: From `probe`.
        span: Of it.

    Returns:
        What it says; nothing in particular if it cannot be decoded.
    """
    try:
        with opened(video.path) as container:
            stream = container.streams[video.stream_index]
            seek = jump_to(video, span)
            if seek is not None and stream.time_base is not None:
                container.seek(int(seek / stream.time_base), stream=stream, backward=True)
            for frame in container.decode(stream):
                if isinstance(frame, av.VideoFrame) and _time_of(frame) >= span.start - CLOCK_ERROR:
                    return _said_by(frame)
    except (av.FFmpegError, OSError, ValueError):
        pass
    return FirstPicture(Light(), is_turned=False)


def _time_of(frame: av.VideoFrame) -> Fraction:
    return Fraction(frame.pts or 0) * (frame.time_base or Fraction(0))


def _said_by(frame: av.VideoFrame) -> FirstPicture:
    master, content = (_side_data(frame, name) for name in ("MASTERING_DISPLAY_METADATA", "CONTENT_LIGHT_LEVEL"))
    light = Light("" if master is None else _master(master), "" if content is None else _content(content))
    return FirstPicture(light, is_turned=_side_data(frame, "DISPLAYMATRIX") is not None)


def _side_data(frame: av.VideoFrame, name: str) -> bytes | None:
    data = frame.side_data.get(name)
    return bytes(data) if isinstance(data, SideData) else None


def _master(data: bytes) -> str:
    if len(data) < _MASTER.size:
        return ""
    *ratios, has_colours, has_luminance = _MASTER.unpack_from(data)
    if not (has_colours and has_luminance) or min(ratios) < 0 or 0 in ratios[1::2]:
        return ""
    values = [Fraction(*ratios[place : place + 2]) for place in range(0, len(ratios), 2)]
    red, green, blue, white = ([round(values[n] * _PLACES) for n in (place, place + 1)] for place in (0, 2, 4, 6))
    least, greatest = (round(value * _CANDELAS) for value in values[8:])
    if max(*red, *green, *blue, *white) > _PLACES or not least < greatest < 1 << 31:
        return ""  # nothing that libx265 would take
    points = (f"{name}({x},{y})" for name, (x, y) in (("G", green), ("B", blue), ("R", red), ("WP", white)))
    return "".join(points) + f"L({greatest},{least})"


def _content(data: bytes) -> str:
    if len(data) < _CONTENT.size:
        return ""
    pixel, picture = _CONTENT.unpack_from(data)
    return f"{pixel},{picture}" if max(pixel, picture) <= _BRIGHTEST else ""
