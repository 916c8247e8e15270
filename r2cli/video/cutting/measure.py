"""Looking at a file that was just written: how many pictures it holds, and when they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from r2cli.errors import FFmpegError, UnreadableInputError
from r2cli.video.opening import opened
from r2cli.video.pictures import is_hidden, picture_packets, stamp_of
from r2cli.video.probe import probe
from r2cli.writing import require_room


@dataclass(frozen=True)
class Measured:
    """What a file that was written really holds."""

    count: int
    """Pictures."""
    reach: Fraction
    """Seconds from the first picture's beginning to the last one's."""
    length: Fraction
    """Seconds to the end of the last one; some containers round it to a neighbouring picture's."""


def measure(written: Path) -> Measured:
    """Look at the pictures of a file.

    Raises:
        CommandLineError: The file that was just written cannot be read, for there was no room for all of it.
        FFmpegError: It cannot be read, for whatever other reason.
    """
    try:
        info = probe(written)
    except UnreadableInputError as error:
        require_room(written)
        raise FFmpegError(f"what ffmpeg wrote cannot be read: {error.message}", "please report it") from error
    with opened(written) as container:
        stamps = [
            stamp_of(packet)
            for packet in picture_packets(container, info, None)
            if not packet.is_discard and not is_hidden(info.codec, packet)
        ]
    return Measured(len(stamps), max(stamps) - min(stamps), Fraction(info.duration))
