"""Which picture stands for each clip, and what must be decoded to get it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from r2cli.video.sampling.frames import SampleRequest
from r2cli.video.sampling.packets import PacketTable, SequentialOnlyError

Choice = NDArray[np.int64]
"""The place in the packet table of each clip's picture, [clips]."""


@dataclass(frozen=True)
class Wanted:
    """A picture that one or several clips in a row show."""

    pts: int
    """The container's timestamp, in ticks."""
    clips: int


@dataclass(frozen=True)
class Job:
    """A stretch that can be decoded by itself."""

    packets: NDArray[np.int64]
    """Packets to decode, by their place in the file's picture stream; the first one is a keyframe."""
    leading: frozenset[int]
    """Those among them that may be impossible to decode, and that no wanted picture needs."""
    wanted: tuple[Wanted, ...]
    """In the order in which they are shown."""
    size: int
    """Bytes."""


class Timeline:
    """The pictures that a table shows, and the clips that they fall in."""

    def __init__(self, table: PacketTable, request: SampleRequest) -> None:
        self.table = table
        self.request = request
        per_tick = table.tick * request.rate
        # A picture lies in the clip, and is the last before a middle, by whole numbers alone: no rounding moves it.
        self._numerator, self._denominator = per_tick.numerator, per_tick.denominator
        largest = max(int(np.abs(table.pts).max() + 1) * 2 * self._numerator, 2 * request.clips * self._denominator)
        if largest > 2**62:
            raise SequentialOnlyError("times beyond counting")

    def shown(self, among: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Places of the pictures shown, and in this mask, in the order in which they are shown."""
        places = np.flatnonzero(self.table.is_shown & among)
        return places[np.argsort(self.table.pts[places])]

    def before_middles(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """For each clip the last of these pictures that begins before its middle, as an index; -1 for none."""
        half_clips = self._half_clips(places)
        return np.searchsorted((half_clips + 1) // 2, np.arange(self.request.clips), side="right") - 1

    def in_clips(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where in these pictures each clip begins, as indices ``[clips + 1]``."""
        return np.searchsorted(self._half_clips(places) // 2, np.arange(self.request.clips + 1), side="left")

    def times(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """When these pictures begin, in a unit of which `middles` are whole numbers, too."""
        return self.table.pts[places] * (2 * self._numerator)

    @cached_property
    def middles(self) -> NDArray[np.int64]:
        """When the middle of each clip is, ``[clips]``, in the unit of `times`."""
        return (2 * np.arange(self.request.clips) + 1) * self._denominator

    def _half_clips(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """The half clip, counted from zero, in which each picture begins."""
        return self.times(places) // self._denominator


def choose_exact(line: Timeline) -> Choice:
    """For each clip the last picture that begins before its middle: FFmpeg's ``fps`` filter."""
    places = line.shown(np.ones_like(line.table.is_key))
    return places[line.before_middles(places)]


def choose_keyframes(line: Timeline) -> Choice:
    """For each clip the keyframe that is nearest to its middle, the earlier of two."""
    places = line.shown(line.table.is_key)
    if not len(places):
        raise SequentialOnlyError("no keyframe is shown")
    return places[_nearest(line.times(places), line.middles)]


def choose_cheaply(line: Timeline) -> Choice:
    """A picture of each clip that costs little: its own keyframe, or else one that decoding comes by anyway.

    Where a clip has no keyframe, its first picture from which others are predicted decides how far its group must be
    decoded; of all that comes by until there, the one nearest to the middle is taken, the earlier of two. A clip
    without such a picture gets the exact one.
    """
    table, chosen = line.table, choose_exact(line)
    keys = line.shown(table.is_key)
    key_bounds = line.in_clips(keys)
    has_key = np.diff(key_bounds) > 0
    if has_key.any():
        chosen[has_key] = choose_keyframes(line)[has_key]
    cheap = line.shown(table.is_reference & ~table.is_leading)
    bounds = line.in_clips(cheap)
    others = np.flatnonzero(~has_key & (np.diff(bounds) > 0))
    reach = table.keys.copy()
    for clip in others:
        first = cheap[bounds[clip]]
        reach[table.group[first]] = max(reach[table.group[first]], first)
    for clip in others:
        own = cheap[bounds[clip] : bounds[clip + 1]]
        near = own[own <= reach[table.group[own]]]
        chosen[clip] = near[np.abs(line.times(near) - line.middles[clip]).argmin()]
    return chosen


CHOICES: dict[str, Callable[[Timeline], Choice]] = {
    "exact": choose_exact,
    "auto": choose_cheaply,
    "keyframes": choose_keyframes,
}


def _nearest(times: NDArray[np.int64], middles: NDArray[np.int64]) -> NDArray[np.int64]:
    after = (
        np.clip(np.searchsorted(times, middles), 1, len(times) - 1) if len(times) > 1 else np.zeros(len(middles), int)
    )
    before = np.maximum(after - 1, 0)
    return np.where(middles - times[before] <= times[after] - middles, before, after)


def plan_jobs(table: PacketTable, request: SampleRequest, sampling: str) -> list[Job]:
    """Plan what to decode for the clips of a request, from its first one on.

    Args:
        table: The video's packets.
        request: Rate and clips.
        sampling: A key of `CHOICES`.

    Returns:
        Jobs in order of time; together their wanted pictures serve every clip once.

    Raises:
        SequentialOnlyError: The pictures' order is none that can be planned with.
    """
    chosen = CHOICES[sampling](Timeline(table, request))  # of all clips: where one begins must not decide on trust
    if (np.diff(table.pts[chosen]) < 0).any() or (np.diff(table.group[chosen]) < 0).any():
        raise SequentialOnlyError("groups of pictures that lie inside each other")
    chosen = chosen[request.first_clip :]
    starts = table.group[chosen] - (table.is_leading[chosen] & (table.group[chosen] > 0))
    # Clips whose groups touch because one needs the group before are decoded together.
    apart = np.flatnonzero(starts[1:] > np.maximum.accumulate(table.group[chosen])[:-1]) + 1
    firsts = [0, *apart.tolist(), len(chosen)]
    return [
        _job(table, chosen[first:last], int(starts[first:last].min()))
        for first, last in zip(firsts, firsts[1:], strict=False)
    ]


def _job(table: PacketTable, chosen: Choice, start_group: int) -> Job:
    places, clips = np.unique(chosen, return_counts=True)
    start, stop = int(table.keys[start_group]), int(chosen.max()) + 1
    is_needed = table.is_reference[start:stop].copy()
    is_needed[places - start] = True
    packets = np.flatnonzero(is_needed) + start
    in_first_group = table.group[packets] == start_group
    leading = packets[table.is_leading[packets] & in_first_group]
    in_time = np.argsort(table.pts[places])
    return Job(
        packets=packets + table.skipped,
        leading=frozenset((leading + table.skipped).tolist()),
        wanted=tuple(Wanted(int(table.pts[places[i]]) + table.origin, int(clips[i])) for i in in_time),
        size=int(table.size[packets].sum()),
    )
