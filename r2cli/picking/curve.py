"""How much of a video answers the query, drawn in characters over its whole length, and where its moments are."""

from __future__ import annotations

import math
from collections.abc import Sequence

from r2cli.findings import Findings
from r2cli.present.curve import UNICODE_BARS

_FULL = UNICODE_BARS[-1]


def columns_of(start: float, end: float, duration: float, width: int) -> range:
    """The columns in which a stretch of a video is drawn, at least one.

    Args:
        start: Of the stretch, s.
        end: Of the stretch, s.
        duration: Of the video, s.
        width: Columns of all of it.
    """
    scale = width / duration if duration > 0 else 0.0
    first = min(max(math.floor(start * scale), 0), width - 1)
    return range(first, min(max(math.ceil(end * scale), first + 1), width))


def heights_of(found: Findings, width: int) -> list[float]:
    """How high the curve is in each column, 0 to 1 of its own peak; of several clips in one the highest counts.

    Returns:
        Nothing where no clip has a score.
    """
    scores = [max(clip.score, 0.0) for clip in found.saliency]
    if not scores:
        return []
    clips = found.video.duration * found.sampling.clips_per_second or len(scores)  # in all of the video
    edges = [min(math.floor(column * clips / width), len(scores) - 1) for column in range(width + 1)]
    peaks = [max(scores[low : max(high, low + 1)]) for low, high in zip(edges, edges[1:], strict=False)]
    top = max(peaks)
    return [peak / top if top > 0 else 0.0 for peak in peaks]


def bars_of(heights: Sequence[float], rows: int) -> list[str]:
    """A curve in several rows of characters, the highest first; where it is not 0, something is seen of it."""
    levels = len(UNICODE_BARS)
    units = [math.ceil(height * rows * levels) for height in heights]
    return ["".join(_bar(unit - row * levels, levels) for unit in units) for row in reversed(range(rows))]


def _bar(units: int, levels: int) -> str:
    if units <= 0:
        return " "
    return _FULL if units >= levels else UNICODE_BARS[units - 1]
