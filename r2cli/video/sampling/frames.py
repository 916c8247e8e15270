"""What sampling yields, and how many clips a video has."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from r2cli.timecode import exact_rate


@dataclass(frozen=True)
class FrameBatch:
    """Consecutive sampled frames."""

    pixels: NDArray[np.uint8]
    """RGB, ``[n, 3, S, S]``, contiguous."""
    times: NDArray[np.float64]
    """Seconds from the video's first picture to the middle of each clip, ``[n]``: (i + 0.5) / clips per second."""
    decoded: int = 0
    """Pictures that were decoded to get these; as many as the stretch holds where FFmpeg does not say."""
    sequential: int = 0
    """How many of these, the last ones, come from decoding the video from end to end."""


@dataclass(frozen=True)
class Still:
    """One clip's frame."""

    pixels: NDArray[np.uint8]
    """RGB, ``[S, S, 3]``."""
    decoded: int
    """Pictures that were decoded since the frame before."""
    is_sequential: bool = False
    """Whether it comes from decoding the video from end to end."""


@dataclass(frozen=True)
class Framing:
    """How a picture becomes a square frame."""

    size: int
    """Side S, in pixels."""
    interpolation: str = "bicubic"
    """`bicubic` or `bilinear`."""
    resize: str = "crop"
    """`crop`: the short side is scaled and the centre cut out; `squash`: both sides are scaled."""


@dataclass(frozen=True)
class SampleRequest:
    """What is to be sampled."""

    rate: Fraction
    """Clips per second."""
    size: int
    """Side S of the square frames, in pixels."""
    clips: int
    """Clips that the whole video has."""
    first_clip: int = 0
    interpolation: str = "bicubic"
    resize: str = "crop"
    sampling: str = "exact"
    """A key of `plan.CHOICES`: which picture stands for a clip. A decoder that cannot choose takes the exact one."""
    hwaccel: str = "none"
    """What decodes: ``none``, ``auto``, or FFmpeg's name of a kind of device."""

    @property
    def framing(self) -> Framing:
        """How each picture becomes a frame."""
        return Framing(self.size, self.interpolation, self.resize)


class CannotDecodeError(Exception):
    """A decoder that is not made for a video, or comes no further in it: the next one goes on from there."""


def clip_count(duration: float, clips_per_second: float) -> int:
    """How many clips a video has: the nearest whole number (a half counts), and never less than one.

    A last stretch of half a clip or more is a clip, a shorter one is not, as in FFmpeg's ``fps`` filter.

    Args:
        duration: Seconds.
        clips_per_second: Sampling rate.
    """
    return max(1, math.floor(Fraction(duration) * exact_rate(clips_per_second) + Fraction(1, 2)))


def in_batches(stills: Iterable[Still], request: SampleRequest, batch_size: int) -> Iterator[FrameBatch]:
    """Gather stills, the first of which is of the request's first clip; only the last batch may be short."""
    first, held = request.first_clip, list[Still]()
    for still in stills:
        held.append(still)
        if len(held) == batch_size:
            yield _batch(held, first, request.rate)
            first, held = first + batch_size, []
    if held:
        yield _batch(held, first, request.rate)


def _batch(stills: list[Still], first: int, rate: Fraction) -> FrameBatch:
    size = len(stills[0].pixels)
    pixels = np.empty((len(stills), 3, size, size), np.uint8)
    for place, still in zip(pixels, stills, strict=True):
        place[:] = still.pixels.transpose(2, 0, 1)  # [S, S, 3] -> [3, S, S]
    middles = (np.arange(first, first + len(stills)) + 0.5) * rate.denominator / rate.numerator
    decoded, sequential = sum(still.decoded for still in stills), sum(still.is_sequential for still in stills)
    return FrameBatch(pixels, middles, decoded, sequential)
