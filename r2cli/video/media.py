"""What an editing program must know of a file: its size, its sound, and the timecode and reel that it states."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from r2cli.media import SoundTrack, SourceMedia
from r2cli.video.opening import opened
from r2cli.video.probe import VideoInfo

if TYPE_CHECKING:
    from av.container import InputContainer

_REELS = ("reel_name", "com.apple.proapps.reel", "tape", "material_package_name")
"""Under which names QuickTime, cameras, Matroska and MXF state the reel."""


def read_media(video: VideoInfo) -> SourceMedia:
    """Read what a file's headers state.

    QuickTime and MP4 keep timecode in a track of its own, MXF and Matroska among their metadata; FFmpeg shows all of it
    under one name. The picture's own stream is asked first.
    """
    with opened(video.path) as container:
        stated = list(_metadata(container, video.stream_index))
        sound = tuple(
            SoundTrack(one.codec_context.channels, one.codec_context.rate)
            for one in container.streams.audio
            if one.codec_context is not None and one.codec_context.channels and one.codec_context.rate
        )
    return SourceMedia(
        video.width,
        video.height,
        sound,
        timecode=_first(stated, ("timecode",)),
        reel=_first(stated, _REELS),
        rate=video.rate,
        duration=video.duration,
    )


def _metadata(container: InputContainer, picture: int) -> Iterator[dict[str, str]]:
    streams = sorted(container.streams, key=lambda stream: stream.index != picture)
    for metadata in (*(stream.metadata for stream in streams), container.metadata):
        yield {str(key).lower(): str(value).strip() for key, value in metadata.items()}


def _first(stated: list[dict[str, str]], names: tuple[str, ...]) -> str:
    return next((found[name] for name in names for found in stated if found.get(name)), "")
