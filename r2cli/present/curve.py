"""Lines that show where in a video a query is at home, and how it is in one of its moments."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from r2cli.findings import Findings, Moment, Saliency

UNICODE_BARS = "▁▂▃▄▅▆▇█"
ASCII_BARS = "_.:-=+*#"
_UNICODE_MARKS, _ASCII_MARKS = ("│", "·"), ("|", "~")
"""What stands where a moment begins and ends, and where there is no film any more."""
_HAIR = 1e-6
"""Clips, or seconds; more than what rounding adds to a time."""
_INSIDE, _AROUND = 8, 2
"""Columns of a moment, and of what comes right before and right after it, at the same pace."""


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
    return _drawn(peaks, peaks.max(), bars)


def moment_drawer(found: Findings, *, unicode: bool) -> Callable[[Moment], str]:
    """What draws the moments of some findings, as high as in the curve of their whole video.

    Returns:
        A function that draws saliency in a moment, between two edges, and right before and after it. Each column shows
        the highest clip that it touches; where there is no film a mark of its own. Nothing, where the score of clips is
        not known.
    """
    bars = UNICODE_BARS if unicode else ASCII_BARS
    edge, nothing = _UNICODE_MARKS if unicode else _ASCII_MARKS
    scores = np.array([clip.score for clip in found.saliency]).clip(0)
    rate, duration = found.sampling.clips_per_second, found.video.duration

    def column(start: float, end: float) -> str:
        if end <= _HAIR or start >= duration - _HAIR:
            return nothing
        first = max(min(math.floor(start * rate + _HAIR), len(scores) - 1), 0)
        touched = scores[first : max(math.ceil(end * rate - _HAIR), first + 1)]
        return _drawn([touched.max()], scores.max(), bars)

    def draw(moment: Moment) -> str:
        step = (moment.end - moment.start) / _INSIDE
        edges = [moment.start + number * step for number in range(-_AROUND, _INSIDE + _AROUND + 1)]
        line = "".join(map(column, edges, edges[1:]))
        return edge.join((line[:_AROUND], line[_AROUND:-_AROUND], line[-_AROUND:]))

    return draw if found.saliency else lambda moment: ""


def _drawn(scores: ArrayLike, top: float, bars: str) -> str:
    """A character for each score, 0 to `top`."""
    heights = np.asarray(scores) / top if top > 0 else np.asarray(scores)
    return "".join(bars[min(int(height * len(bars)), len(bars) - 1)] for height in heights)
