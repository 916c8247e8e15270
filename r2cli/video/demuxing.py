"""What a demuxer gives: packets of which streams, whether with times, and until it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import av.stream

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

WITHOUT_INDEX = {"mpegts", "mpeg"}
"""Streams that one may join end to end, so that only reading them through shows where their time starts over."""
_NO_TIMESTAMPS = 0x0080
"""FFmpeg's AVFMT_NOTIMESTAMPS."""
DAMAGE = (av.FFmpegError, OSError, ValueError)
"""What PyAV raises on damaged files: its own errors, the operating system's that they double as, and odd values."""


def only_stream(container: InputContainer, index: int) -> VideoStream:
    """A stream of pictures; packets of others will not even be read, where the demuxer can help it.

    Where a file has lost something, the demuxer may stand still before a packet of sound, though there are pictures.

    Args:
        container: The file.
        index: Place of the stream among all.
    """
    discard = getattr(av.stream, "Discard", None)  # newer than the oldest PyAV
    if discard is not None:
        for other in container.streams:
            if other.index != index:
                other.discard = discard.all
    return next(stream for stream in container.streams.video if stream.index == index)


def has_times(container: InputContainer) -> bool:
    """Whether a container says at all when a picture is decoded or shown; raw streams do not."""
    return not container.format.flags & _NO_TIMESTAMPS
