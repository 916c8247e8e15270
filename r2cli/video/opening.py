"""Opening a file that nobody vouches for: as a video that is whole in this one file, and as nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av

from r2cli.video.ffmpeg import FOLLOWERS, MOST_PIXELS, PROTOCOLS, file_url

if TYPE_CHECKING:
    from av.codec.hwaccel import HWAccel
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream

_HEAD = 4096
"""Bytes in which a list of files says that it is one."""
_LISTS = (b"#EXTM3U", b"ffconcat version", b"<MPD", b"CompositionPlaylist", b"v=0", b"# VobSub index file")
"""HLS, FFmpeg's own, DASH, IMF, SDP, and the subtitles of a DVD."""


@contextmanager
def opened(path: Path, hwaccel: HWAccel | None = None) -> Iterator[InputContainer]:
    """A file opened with PyAV, which may lead it to no network and no other file.

    Args:
        path: The file.
        hwaccel: What decodes its pictures, if not the processor.
    """
    # `pattern_type` keeps a "%d" in an image's name from meaning a series; every other demuxer ignores it.
    # The container's options alone: with them for streams too, PyAV before 18 crashes where MPEG streams turn up late.
    options = {"protocol_whitelist": PROTOCOLS, "format_whitelist": _formats(), "pattern_type": "none"}
    options["enable_drefs"] = "0"  # tracks of MOV that lie in another file
    with av.open(file_url(path), container_options=options, metadata_errors="replace", hwaccel=hwaccel) as container:
        for stream in container.streams.video:
            if stream.codec_context is not None:
                stream.codec_context.options = {"max_pixels": str(MOST_PIXELS)}
        yield container


@cache
def _formats() -> str:
    return ",".join(sorted(av.formats_available - FOLLOWERS))


def demuxed(container: InputContainer, *streams: Stream) -> Iterator[Packet[Any]]:
    """The packets of some streams, or of all that the header names; at last an empty one for each.

    Args:
        container: From `opened`.
        streams: Which; none: all.
    """
    try:
        yield from container.demux(*streams)
    except IndexError:
        return  # after the last packet PyAV looks for streams that turned up on the way, and does not have them


def names_other_files(path: Path) -> bool:
    """Whether a file is a list of files rather than a film."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD).lstrip(b"\xef\xbb\xbf \t\r\n")
    except OSError:
        return False
    return head.startswith(_LISTS) or (head.startswith(b"<") and any(mark in head for mark in _LISTS[2:4]))
