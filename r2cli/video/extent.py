"""How far the packets of a file reach, whatever its header says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av

from r2cli.video.demuxing import DAMAGE, WITHOUT_INDEX, has_times, only_stream
from r2cli.video.opening import demuxed

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet

_TAIL_SECONDS = 10
_RESTART_SECONDS = 1


@dataclass(frozen=True)
class Extent:
    """How far the packets of a file reach."""

    packets: int = 0
    end: Fraction | None = None
    """Container time at which the picture's last packet ends, s."""
    any_end: Fraction | None = None
    """The same over all streams."""
    starts_over: bool = False
    """The timestamps fall back here, though packets follow."""

    def duration(self, start: Fraction, rate: Fraction) -> Fraction:
        """Seconds from the first picture to the end of the last one."""
        if self.end is not None and self.end > start:
            return self.end - start
        return max(self.packets, 1) / rate

    def joined(self, alone: Extent) -> Extent:
        """With what was found when the picture was read alone."""
        if alone.end is None or (self.end is not None and self.end >= alone.end):
            return self
        return replace(alone, any_end=max(self.any_end or alone.end, alone.end))


def tail_extent(container: InputContainer, stream_index: int, rate: Fraction) -> Extent:
    """Look at the packets of the last seconds.

    Args:
        container: The file, just opened.
        stream_index: Of the picture.
        rate: Pictures per second, for those that do not say how long they last.

    Returns:
        Nothing at all if it cannot be done.
    """
    if container.duration is None:
        return Extent()
    begin = (container.start_time or 0) + container.duration - _TAIL_SECONDS * av.time_base
    try:
        container.seek(begin)
        return _measure(container, stream_index, rate).joined(_alone(container, stream_index, rate, begin))
    except DAMAGE:
        return Extent()


def whole_extent(container: InputContainer, stream_index: int, rate: Fraction) -> Extent:
    """Look at all packets of a file; as `tail_extent` does."""
    together = _measure(container, stream_index, rate)
    if len(container.streams) < 2 or container.format.name in WITHOUT_INDEX:
        return together
    try:
        return together.joined(_alone(container, stream_index, rate, container.start_time or 0))
    except DAMAGE:
        return together


def _alone(container: InputContainer, stream_index: int, rate: Fraction, begin: int) -> Extent:
    """How far the picture reaches when the packets of other streams, one of which may be lost, are passed over."""
    only_stream(container, stream_index)
    container.seek(begin)
    return _measure(container, stream_index, rate)


def _measure(container: InputContainer, stream_index: int, rate: Fraction) -> Extent:
    packets, end, any_end = 0, None, None
    decode_time: Fraction | None = None
    is_timed = has_times(container)
    try:
        for packet in demuxed(container):
            is_picture = packet.stream_index == stream_index
            if is_picture and not packet.is_discard and packet.dts is not None and packet.time_base is not None:
                previous, decode_time = decode_time, packet.dts * packet.time_base
                if previous is not None and decode_time < previous - _RESTART_SECONDS:
                    return Extent(packets, end, any_end, starts_over=True)
            packets += is_picture and packet.size > 0
            packet_end = _packet_end(packet, rate if is_picture else None) if is_timed else None
            if packet_end is None:
                continue
            any_end = max(any_end or packet_end, packet_end)
            if is_picture:
                end = max(end or packet_end, packet_end)
    except DAMAGE:
        pass  # the file breaks off here: what came before is its extent
    return Extent(packets, end, any_end)


def _packet_end(packet: Packet[Any], rate: Fraction | None) -> Fraction | None:
    stamp = packet.pts if packet.pts is not None else packet.dts
    if stamp is None or packet.time_base is None or packet.is_discard or packet.is_corrupt or not packet.size:
        return None
    length = (packet.duration or 0) * packet.time_base
    if not length and rate is not None:
        length = 1 / rate
    return stamp * packet.time_base + length
