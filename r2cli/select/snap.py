"""Where ends of moments go that shall be edges of shots: a model sees them to a clip, a cut is one to the picture."""

from __future__ import annotations

from collections.abc import Iterable


def reach_of(length: float, clips_per_second: float) -> float:
    """How far an end may move, in seconds.

    By a clip, which is as finely as the model sees; but something of the moment is left in any case.

    Args:
        length: Of the moment, s.
        clips_per_second: How many pictures of each second were looked at.
    """
    return min(1 / max(clips_per_second, _SLOWEST), length * _SHARE)


_SHARE = 0.49
"""Of a moment, by which each of its ends may move: they never meet. And as the nearest edge of a later end is no
earlier one, moments that did not overlap do not do so afterwards, if all of them have the same reach."""
_SLOWEST = 0.1
"""Clips per second; a file of findings may state any number."""


def nearest_edge(time: float, edges: Iterable[float], reach: float) -> float:
    """The nearest edge of a shot, the earlier one of two; the time itself, where none is in reach."""
    near = [edge for edge in edges if abs(edge - time) <= reach]
    return min(near, key=lambda edge: (abs(edge - time), edge), default=time)
