"""What a trained model says of when, and what plain similarity says of it, in one answer.

A trained model tells deeds apart and knows what a moment is; similarity sees to the clip where a thing comes and goes.
Where both speak of the same stretch, its ends are put in the middle of theirs.

Axes: N boundaries · T clips.
"""

from __future__ import annotations

import math

import numpy as np

from r2cli.select.spans import Floats, overlap
from r2cli.select.stretches import Stretch, find_stretches

SAME = 0.5
"""Overlap (intersection over union) from which a boundary and a stretch are about the same."""
AGREEMENT = 1.0
"""Log-odds between a boundary that is a stretch to the clip and one that has nothing of any."""
UNEVENNESS = 0.2
"""Log-odds that a boundary loses per logit between its best clip and the mean of its clips."""
_CERTAIN = 1e-6


def lean_on_stretches(
    boundary: Floats, logits: Floats, nearness: Floats, clips_per_second: float, end: float
) -> Floats:
    """Let similarity correct a trained model's boundaries.

    Args:
        boundary: [N, 3]: start and end in seconds, score 0 to 1; may reach beyond the video.
        logits: [T], similarity of each clip and the query, in units of the CLIP's own scale.
        nearness: [T - 1], the cosine of each clip's picture and the next one's.
        clips_per_second: Clips per second.
        end: Of the video, in seconds.

    Returns:
        [N, 3], in the same order.
    """
    stretches = sorted(find_stretches(logits, nearness), key=lambda one: one.first)
    starts, ends = _seconds(stretches, clips_per_second, end)
    leaned: Floats = boundary.copy()
    leaned[:, :2] = leaned[:, :2].clip(0, end)
    for row in leaned:
        near = slice(ends.searchsorted(row[0], "right"), starts.searchsorted(row[1], "left"))
        shares = overlap(row[0], row[1], starts[near], ends[near])
        share = float(shares.max(initial=0.0))
        if share >= SAME:
            best = near.start + int(shares.argmax())
            row[:2] = (row[0] + starts[best]) / 2, (row[1] + ends[best]) / 2
        row[2] = _shifted(row[2], AGREEMENT * (share - SAME) - UNEVENNESS * _unevenness(row, logits, clips_per_second))
    return leaned


def _seconds(stretches: list[Stretch], clips_per_second: float, end: float) -> tuple[Floats, Floats]:
    starts = np.array([one.first for one in stretches], dtype=np.float64) / clips_per_second
    ends = np.array([one.stop for one in stretches], dtype=np.float64) / clips_per_second
    return starts, ends.clip(max=end)


def _unevenness(row: Floats, logits: Floats, clips_per_second: float) -> float:
    first = min(round(row[0] * clips_per_second), len(logits) - 1)
    inside = logits[first : max(round(row[1] * clips_per_second), first + 1)]
    return float(inside.max() - inside.mean())


def _shifted(score: float, odds: float) -> float:
    score = min(max(score, _CERTAIN), 1 - _CERTAIN)
    return 1 / (1 + math.exp(-(math.log(score / (1 - score)) + odds)))
