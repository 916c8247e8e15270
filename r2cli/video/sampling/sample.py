"""One frame per clip, scaled and cropped by FFmpeg, streamed in batches."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from itertools import islice

from r2cli.timecode import exact_rate
from r2cli.video.probe import VideoInfo
from r2cli.video.sampling.decoders import DECODERS
from r2cli.video.sampling.frames import CannotDecodeError, FrameBatch, SampleRequest, Still, clip_count, in_batches
from r2cli.video.sampling.hwaccel import devices_for
from r2cli.video.sampling.plan import CHOICES

_LOG = logging.getLogger(__name__)

__all__ = ["SAMPLINGS", "FrameBatch", "clip_count", "sample_frames"]

SAMPLINGS = tuple(CHOICES)
"""Which picture stands for a clip: the one at its middle; a cheap one in it; the nearest keyframe."""


def sample_frames(
    video: VideoInfo,
    clips_per_second: float,
    size: int,
    batch_size: int = 64,
    *,
    sampling: str = "exact",
    hwaccel: str = "none",
    first_clip: int = 0,
    sequential_from: int | None = None,
    interpolation: str = "bicubic",
    resize: str = "crop",
) -> Generator[FrameBatch, None, None]:
    """Sample one frame per clip, decoding no more than that takes.

    Clip i lies between i / R and (i + 1) / R seconds, counted from the first picture (`VideoInfo.start`). Its frame is

    - *exact*: the last picture that begins before the clip's middle, the one that FFmpeg's ``fps`` filter takes;
    - *auto*: the clip's own keyframe that is nearest to its middle, or else a picture of the clip that costs little;
    - *keyframes*: the nearest keyframe, which may be another clip's.

    Only *exact* spends time on smoothing the edges of blocks, which at the size of frames is next to invisible.

    The picture is turned upright, its pixels are made square, its short side is scaled to `size`, and its centre is cut
    out; or both sides are scaled. Videos whose packets cannot be trusted are decoded from end to end, always *exact*.
    Threads run ahead of the caller by a bounded number of frames; closing the generator, or any error, ends them.

    Args:
        video: From `probe`.
        clips_per_second: R; 0.5 takes a frame every two seconds.
        size: Side S of the square frames, in pixels.
        batch_size: Frames per batch; only the last one may hold less.
        sampling: One of `SAMPLINGS`.
        hwaccel: ``none``, ``auto``, or FFmpeg's name of what decodes. Silently given up where it does not work.
        first_clip: Begin with this clip; the frames from there on are those that a run from 0 yields.
        sequential_from: From this clip on, decode from end to end at once: an earlier run had to (`FrameBatch`).
        interpolation: How pictures are scaled, ``bicubic`` or ``bilinear``.
        resize: ``crop``, or ``squash`` to scale both sides.

    Yields:
        Batches in order of time; all together at least one frame, unless the video ends before `first_clip`.

    Raises:
        UnreadableInputError: No picture, or less than half of the video, can be decoded.
        FFmpegError: There is no ffmpeg that can be run, or it crashed.
        CommandLineError: FFmpeg knows no such `hwaccel`.
        ValueError: A rate or size is not positive, or there is no such `sampling`.

    Warns:
        DamagedVideoWarning: Some of the video is missing from what came.
    """
    if size < 1 or batch_size < 1:
        raise ValueError(f"size and batch_size must be positive, not {size} and {batch_size}")
    _require_possible(sampling, hwaccel, first_clip, interpolation, resize)
    rate = exact_rate(clips_per_second)
    clips = clip_count(video.duration, float(rate))
    request = SampleRequest(rate, size, clips, first_clip, interpolation, resize, sampling, hwaccel)
    if first_clip < request.clips:
        with closing(_stills(video, request, sequential_from)) as stills:
            yield from in_batches(stills, request, batch_size)


def _require_possible(sampling: str, hwaccel: str, first_clip: int, interpolation: str, resize: str) -> None:
    if sampling not in SAMPLINGS or first_clip < 0:
        raise ValueError(f"sampling must be one of {SAMPLINGS} and first_clip positive: {sampling!r}, {first_clip}")
    if interpolation not in ("bicubic", "bilinear") or resize not in ("crop", "squash"):
        raise ValueError(f"pictures are scaled bicubic or bilinear, and crop or squash: {interpolation!r}, {resize!r}")
    devices_for(hwaccel)  # a name that is none is said whatever the video


def _stills(video: VideoInfo, request: SampleRequest, sequential_from: int | None) -> Generator[Still, None, None]:
    """The frames of all clips: each decoder as far as it goes, and from there on the next one."""
    *others, last = DECODERS.values()
    end = request.clips if sequential_from is None else sequential_from
    done = request.first_clip
    for name, decode in zip(DECODERS, others, strict=False):
        if done >= end:
            break
        try:
            _LOG.debug("%s: decoder %s from clip %d of %d", video.path, name, done, request.clips)
            with closing(decode(video, replace(request, first_clip=done))) as stills:
                for still in islice(stills, end - done):
                    yield still
                    done += 1
        except CannotDecodeError:
            continue
    if done < request.clips:
        _LOG.debug("%s: decoder %s from clip %d of %d", video.path, [*DECODERS][-1], done, request.clips)
        with closing(last(video, replace(request, first_clip=done))) as stills:
            yield from stills
