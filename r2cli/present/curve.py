"""One line that shows where in a video a query is at home."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from r2cli.findings import Saliency

UNICODE_BARS = "▁▂▃▄▅▆▇█"
ASCII_BARS = "_.:-=+*#"


def draw_curve(saliency: Sequence[Saliency], width: int, bars: str = UNICODE_BARS) -> str:
    """Saliency over time, scaled to its own peak: one character per column, low to high as in `bars`.

    Args:
        saliency: In order of time.
        width: Columns; a video with fewer clips gets fewer columns.
        bars: Characters, lowest first.

    Returns:
        Each column shows the highest clip of its share. Scores below 0 count as 0.
    """
    scores = np.array([clip.score for clip in saliency]).clip(0)
    peaks = np.array([part.max() for part in np.array_split(scores, min(max(width, 1), len(scores)))])
    top = peaks.max()
    heights = peaks / top if top > 0 else peaks
    return "".join(bars[min(int(height * len(bars)), len(bars) - 1)] for height in heights)
