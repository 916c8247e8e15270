"""A time line: saliency as a curve, round times to read it by, and lanes for moments that overlap."""

from __future__ import annotations

import math
from collections.abc import Sequence

from r2cli.timecode import format_time

POINTS = 1000
"""At most: more than a screen has columns for."""
WIDTH, HEIGHT = 1000, 100
"""Of the drawing, in its own units."""
LANES = 5
"""At most; beyond, moments lie on one another."""
_TICKS = 8
"""At most, beside the one at 0."""
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
"""Seconds between ticks; beyond, whole hours."""
_NARROWEST = 0.9
"""Percent of the time line that even the shortest moment needs, to be seen and hit."""


def curve_path(scores: Sequence[float]) -> str:
    """An SVG path that encloses what lies under a curve, scaled to its own peak; scores below 0 count as 0.

    Args:
        scores: In order of time, of clips of equal length; of neighbours too many for the drawing the highest counts.
    """
    if not scores:
        return ""
    columns = min(len(scores), POINTS)
    edges = [column * len(scores) // columns for column in range(columns + 1)]
    heights = [max(scores[low:high]) for low, high in zip(edges, edges[1:], strict=False)]
    top = max(max(heights), 1e-9)
    places = [
        (WIDTH * (column + 0.5) / columns, HEIGHT * (1 - 0.92 * max(height, 0.0) / top))
        for column, height in enumerate(heights)
    ]
    line = " ".join(f"L{x:.1f} {y:.1f}" for x, y in places)
    return f"M0 {HEIGHT} L0 {places[0][1]:.1f} {line} L{WIDTH} {places[-1][1]:.1f} L{WIDTH} {HEIGHT} Z"


def ticks_of(duration: float) -> list[tuple[str, float]]:
    """Round times to write under a time line, and where: percent of its width."""
    if not duration > 0:
        return [(format_time(0.0, 0), 0.0)]
    hours = math.ceil(duration / _TICKS / 3600) * 3600
    step = next((one for one in _STEPS if duration <= one * _TICKS), hours)
    count = math.floor(duration / step + 1e-9)
    return [
        (format_time(step * tick, 0 if step >= 1 else 1), 100 * step * tick / duration) for tick in range(count + 1)
    ]


def lanes_of(spans: Sequence[tuple[float, float]]) -> list[int]:
    """In which lane each span is drawn, so that none lies on another as long as there are lanes left.

    Args:
        spans: Where each begins and ends, in percent of the time line.
    """
    ends: list[float] = []
    lanes = [0] * len(spans)
    for place in sorted(range(len(spans)), key=lambda one: spans[one]):
        start, end = spans[place]
        lane = next((lane for lane, taken in enumerate(ends) if taken <= start), len(ends))
        if lane == LANES:
            lane = min(range(LANES), key=ends.__getitem__)
        ends[lane : lane + 1] = [max(end, start + _NARROWEST)]
        lanes[place] = lane
    return lanes
