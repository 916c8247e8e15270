"""Moments whose ends are edges of shots: what was seen to a clip, looked at again to the picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from r2cli.findings import Findings, Highlight, Highlights, Moment
from r2cli.select.snap import nearest_edge, reach_of

if TYPE_CHECKING:
    from r2cli.video.probe import VideoInfo

FindingsT = TypeVar("FindingsT", bound=Findings)
_BEFORE = 0.5
"""Seconds before the earliest edge that are looked at too: what the picture changes by anyway."""


def snap_to_shots(
    found: FindingsT,
    video: VideoInfo,
    *,
    is_meant: Callable[[Moment], bool] = lambda moment: True,
    on_moment: Callable[[int], None] = lambda done: None,
) -> FindingsT:
    """Move the ends of moments to the edges of shots nearby: cuts, and the film's own ends.

    An end goes to the nearest edge that is no farther than a clip, nor than half of the moment; where there is none, it
    stays. Highlights go by the shortest of them, so that none overlaps another.

    Args:
        found: What was found.
        video: The video that it was found in; the pictures around each end are decoded.
        is_meant: Which moments; the others stay.
        on_moment: Told how many are done.

    Returns:
        The same, with `unsnapped` in each moment that moved. Scores and their order are as before.
    """
    from r2cli.video.changes import find_cuts

    rate = found.sampling.clips_per_second
    common = min((reach_of(one.end - one.start, rate) for one in found.moments), default=0.0)

    def edge_near(time: float, reach: float) -> float:
        cuts = find_cuts(video, max(time - reach - _BEFORE, 0.0), time + reach)
        return nearest_edge(time, (0.0, *cuts, video.duration), reach)

    moments = []
    for done, moment in enumerate(found.moments, start=1):
        if is_meant(moment):
            reach = common if isinstance(found, Highlights) else reach_of(moment.end - moment.start, rate)
            moment = _moved(moment, edge_near(moment.start, reach), edge_near(moment.end, reach))
        moments.append(moment)
        on_moment(done)
    return replace(found, moments=tuple(moments))


def _moved(moment: Moment, start: float, end: float) -> Moment:
    if (start, end) == (moment.start, moment.end):
        return moment
    before = moment.unsnapped or (moment.start, moment.end)
    moved = replace(moment, start=start, end=end, unsnapped=before)
    # A peak is the middle of a clip: of one that a cut goes through, the part that is left is meant.
    return replace(moved, peak=min(max(moved.peak, start), end)) if isinstance(moved, Highlight) else moved
