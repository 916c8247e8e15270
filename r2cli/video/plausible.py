"""Whether what a header says can be true: to believe it costs as much as it claims, not as much as there is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from r2cli.errors import UnreadableInputError
from r2cli.timecode import format_time
from r2cli.video.ffmpeg import MOST_PIXELS
from r2cli.video.opening import demuxed, opened

if TYPE_CHECKING:
    from av.video.stream import VideoStream

_BELIEVED_SECONDS = 14_400.0
"""Four hours are believed of any file: a single picture may stand for long."""
_LONGEST_PICTURE_SECONDS = 60.0
"""What is longer must have a picture for every so many seconds, on average."""
_LONGEST_SHAPE = 100
"""Times as wide as high, or the other way round: scaled to the size of a frame, more would take gigabytes."""
_HINT = "copy or download it again"


def require_bearable(path: Path, stream: VideoStream) -> None:
    """Refuse pictures whose size no camera, screen or editor makes, before the first of them is decoded.

    Raises:
        UnreadableInputError: They are too large, or too long and thin.
    """
    context = stream.codec_context
    width, height = context.width, context.height
    aspect = stream.sample_aspect_ratio or 1
    shape = width * aspect / height if width and height and aspect > 0 else 1
    if width * height > MOST_PIXELS or not 1 / _LONGEST_SHAPE <= shape <= _LONGEST_SHAPE:
        as_shown = f" (pixels of {aspect})" if aspect != 1 else ""
        raise UnreadableInputError(
            f"{path}: its header cannot be true: pictures of {width} x {height}{as_shown}", _HINT
        )


def require_borne_out(path: Path, stream_index: int, duration: float) -> None:
    """Refuse a length for which there are too few pictures.

    Of a film that is longer than four hours, packets are counted until there are enough: of an ordinary one, the first
    thousandth.

    Args:
        path: The file.
        stream_index: Of the picture.
        duration: Seconds that it seems to last.

    Raises:
        UnreadableInputError: No film is like that.
    """
    if duration <= _BELIEVED_SECONDS:
        return
    needed, count = duration / _LONGEST_PICTURE_SECONDS, 0
    with opened(path) as container:
        for packet in demuxed(container, container.streams[stream_index]):
            count += packet.size > 0
            if count >= needed:
                return
    raise UnreadableInputError(
        f"{path}: its header cannot be true: {format_time(duration)} long, with {count} pictures in it", _HINT
    )
