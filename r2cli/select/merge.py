"""What a model said about the windows of a video, put together into one answer about all of it.

Axes: N moments of a window · M moments of the video.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from r2cli.select.spans import Floats, keep_best
from r2cli.windows import Extent, Window

EVENT_OVERLAP = 0.5
"""Moments of different windows that overlap by this much (intersection over union) are the same event."""
COMPARABLE = 0.5
"""Two windows agree about an event when the lower of their scores is at least this share of the higher."""


@dataclass(frozen=True)
class WindowAnswer:
    """What the model said about one query in one window."""

    window: Window
    boundary: Floats
    """[N, 3]: start, end in seconds from the window's first clip, and score; unclamped."""
    saliency: Floats
    """[len(window)]"""


def merge_saliency(answers: Sequence[WindowAnswer], clips: int) -> Floats:
    """One score per clip: the mean of the windows that see it, each weighted by the distance from its edges.

    Args:
        answers: In any order.
        clips: Clips of the video.

    Returns:
        [clips]; 0 where no window looked.
    """
    total, weight = np.zeros(clips), np.zeros(clips)
    for answer in answers:
        length = len(answer.window)
        inside = slice(max(-answer.window.first, 0), length)
        seen = slice(max(answer.window.first, 0), answer.window.stop)
        triangle = np.minimum(np.arange(1, length + 1), np.arange(length, 0, -1))[inside]
        total[seen] += triangle * answer.saliency[inside]
        weight[seen] += triangle
    return np.divide(total, weight, out=np.zeros(clips), where=weight > 0)


def merge_moments(answers: Sequence[WindowAnswer], extent: Extent) -> Floats:
    """Put together what overlapping windows found.

    A moment that touches an edge of its window where the video goes on is only a part of what happens. Parts that
    neighbouring windows see of one event are joined, a part that another window saw whole is dropped, and so is the
    weaker of two windows' views of one event.

    Args:
        answers: Of neighbouring windows, in order of time.
        extent: Where moments can lie.

    Returns:
        [M, 3]: start, end in seconds, score; best first. Overlaps within a window are not suppressed yet.
    """
    views = [_view(answer, extent) for answer in answers]
    joined, parts = _join_parts(views)
    whole = [
        _Span(start, end, score, index, index)
        for index, view in enumerate(views)
        for start, end, score in view.rows[~view.cut].tolist()
    ]
    kept = _drop_second_views(sorted(whole + joined, key=_best_first))
    kept = sorted(kept + _drop_seen_whole(parts, kept, extent.clip), key=_best_first)
    return np.array([(span.start, span.end, span.score) for span in kept], dtype=np.float64).reshape(-1, 3)


@dataclass(frozen=True)
class _View:
    """What one window saw, on the video's time line."""

    start: float
    end: float
    rows: Floats  # [N, 3]: start, end, score
    cut_left: NDArray[np.bool_]
    cut_right: NDArray[np.bool_]

    @property
    def cut(self) -> NDArray[np.bool_]:
        return self.cut_left | self.cut_right


@dataclass(frozen=True)
class _Span:
    """A moment, and the first and last of the views that it comes from."""

    start: float
    end: float
    score: float
    first_view: int
    last_view: int


def _best_first(span: _Span) -> tuple[float, float, float]:
    return -span.score, span.start, span.end


def _view(answer: WindowAnswer, extent: Extent) -> _View:
    first, stop = answer.window.first * extent.clip, answer.window.stop * extent.clip
    is_last = answer.window.stop >= extent.clips
    start, end = max(first, extent.start), extent.end if is_last else min(stop, extent.end)
    said = answer.boundary.astype(np.float64)
    said[:, :2] = (said[:, :2] + first).clip(first, max(stop, end))
    rows = said.copy()
    rows[:, :2] = said[:, :2].clip(start, end)
    # A moment of which most lies before the film was said about the black there.
    length = rows[:, 1] - rows[:, 0]
    rows = rows[(length > 0) & (2 * length >= said[:, 1] - said[:, 0])]
    return _View(
        start,
        end,
        rows,
        cut_left=(start > extent.start) & (rows[:, 0] < start + extent.clip),
        cut_right=(not is_last) & (rows[:, 1] > end - extent.clip),
    )


def _join_parts(views: Sequence[_View]) -> tuple[list[_Span], list[_Span]]:
    """Chain the parts of events that run on from window to window.

    Returns:
        Chains of two parts and more, and the parts that found no neighbour.
    """
    parts = [(index, row) for index, view in enumerate(views) for row in np.flatnonzero(view.cut).tolist()]
    follower = {
        (index, left): (index + 1, right) for index in range(len(views) - 1) for left, right in _links(views, index)
    }
    chains = []
    for part in sorted(set(parts) - set(follower.values())):
        chain = [part]
        while chain[-1] in follower:
            chain.append(follower[chain[-1]])
        chains.append(chain)
    spans = [_span_of(chain, views) for chain in chains]
    joined = [span for span in spans if span.first_view < span.last_view]
    return joined, [span for span in spans if span.first_view == span.last_view]


def _span_of(chain: Sequence[tuple[int, int]], views: Sequence[_View]) -> _Span:
    starts, ends, scores = zip(*(views[index].rows[row].tolist() for index, row in chain), strict=True)
    return _Span(min(starts), max(ends), max(scores), chain[0][0], chain[-1][0])


def _links(views: Sequence[_View], index: int) -> list[tuple[int, int]]:
    """Which right-hand part of a view goes on as which left-hand part of the next; the surest pairs first."""
    here, after = views[index], views[index + 1]
    pairs = []
    for left in np.flatnonzero(here.cut_right).tolist():
        for right in np.flatnonzero(after.cut_left).tolist():
            one, other = here.rows[left], after.rows[right]
            low, high = sorted((float(one[2]), float(other[2])))
            shared = float(min(one[1], other[1]) - max(one[0], other[0]))
            if shared > 0 and low >= COMPARABLE * high:
                pairs.append((-low, -shared, left, right))
    chosen: list[tuple[int, int]] = []
    for *_, left, right in sorted(pairs):
        if all(left != used_left and right != used_right for used_left, used_right in chosen):
            chosen.append((left, right))
    return chosen


def _drop_second_views(spans: Sequence[_Span]) -> list[_Span]:
    """Of one event seen by several windows, keep the best view. `spans` are sorted, best first."""
    starts, ends = np.array([s.start for s in spans]), np.array([s.end for s in spans])
    first_view, last_view = np.array([s.first_view for s in spans]), np.array([s.last_view for s in spans])
    stays = keep_best(
        starts,
        ends,
        EVENT_OVERLAP,
        may_drop=lambda one, other: (last_view[one] < first_view[other]) | (last_view[other] < first_view[one]),
    )
    return [span for span, keep in zip(spans, stays.tolist(), strict=True) if keep]


def _drop_seen_whole(parts: Sequence[_Span], kept: Sequence[_Span], clip: float) -> list[_Span]:
    """The parts of which no kept moment tells the whole: none covers most of it, give or take a clip at its ends."""
    in_time = sorted(kept, key=lambda span: span.start)
    starts, ends = np.array([s.start for s in in_time]) - clip, np.array([s.end for s in in_time]) + clip
    scores = np.array([s.score for s in in_time])
    reach = np.maximum.accumulate(ends) if len(ends) else ends
    left = []
    for part in parts:
        near = slice(reach.searchsorted(part.start, "right"), starts.searchsorted(part.end, "left"))
        covered = np.minimum(part.end, ends[near]) - np.maximum(part.start, starts[near])
        told = (covered >= EVENT_OVERLAP * (part.end - part.start)) & (scores[near] >= COMPARABLE * part.score)
        if not told.any():
            left.append(part)
    return left
