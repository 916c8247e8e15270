"""How a video is read, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

OnProgress = Callable[[int], None]
"""Told how many clips have been read so far."""


@dataclass(frozen=True)
class Reading:
    """How a video is read."""

    sampling: str = "auto"
    """`exact`, `auto` or `keyframes`; see `video.sample_frames`."""
    hwaccel: str = "none"
    """`none`, `auto`, or a way of decoding that FFmpeg knows."""
    reuse: bool = True
    """Frames that barely differ from the one before take over its tokens."""
    cache: bool = True
    """Use what was computed before of this video, and keep what is computed now."""


@dataclass(frozen=True)
class ReadingReport:
    """Where the tokens of a video's clips came from; the first three add up to `clips`."""

    clips: int = 0
    encoded: int = 0
    """Went through CLIP."""
    reused: int = 0
    """Took over the tokens of a frame that looks the same."""
    cached: int = 0
    """Were there from an earlier run."""
    decoded: int = 0
    """Pictures that FFmpeg decoded for them."""
