"""Saliency as a curve on a time line."""

from __future__ import annotations

from collections.abc import Sequence

from r2cli.timecode import format_time

POINTS = 1000
"""At most: more than a screen has columns for."""
WIDTH, HEIGHT = 1000, 100
"""Of the drawing, in its own units."""
_TICKS = 6


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


def ticks_of(duration: float) -> list[str]:
    """Times to write under a time line, its beginning and its end among them."""
    return [format_time(duration * tick / (_TICKS - 1), 0) for tick in range(_TICKS)]
