"""Parameter sets of H.264 and HEVC as MP4 and Matroska keep them (ISO/IEC 14496-15), read and joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from r2cli.video.bitstream.bits import Bits, UnknownSyntaxError
from r2cli.video.bitstream.hevc import PPS, SPS, VPS, pps_number, sps_number, type_of

_HEVC_IDS = 16
"""Numbers of sequence parameter sets."""
_AVCC_HEADER, _HVCC_HEADER = 6, 23
_LENGTH_BYTES = 4
"""Bytes before each unit that say how long it is; others are allowed, and not written by anything known."""
END_OF_SEQUENCE = b"\0\0\0\x02\x48\x01"
"""The HEVC unit after which a clean random access picture begins a sequence of its own."""


@dataclass(frozen=True)
class AvcSets:
    """H.264: ``avcC``."""

    header: bytes
    """Version, profile, compatibility and level."""
    sequence: tuple[bytes, ...]
    picture: tuple[bytes, ...]
    rest: bytes
    """What high profiles add."""

    @property
    def ids(self) -> set[int]:
        """Numbers that sequence or picture parameter sets bear."""
        return {Bits(unit[4:12]).golomb() for unit in self.sequence} | {
            Bits(unit[1:9]).golomb() for unit in self.picture
        }

    def joined(self, other: AvcSets) -> AvcSets:
        """Both, at the higher of their levels."""
        level = max(self.header[3], other.header[3])
        header = self.header[:3] + bytes([level])
        return AvcSets(header, self.sequence + other.sequence, self.picture + other.picture, self.rest)

    def packed(self) -> bytes:
        """As a container keeps them."""
        sequence = b"".join(_with_length(unit, 2) for unit in self.sequence)
        picture = b"".join(_with_length(unit, 2) for unit in self.picture)
        lengths = bytes([0xFC | _LENGTH_BYTES - 1, 0xE0 | len(self.sequence)])
        return self.header + lengths + sequence + bytes([len(self.picture)]) + picture + self.rest


def read_avcc(data: bytes) -> AvcSets | None:
    """Read ``avcC``; None if it is something else, or damaged."""
    if len(data) <= _AVCC_HEADER or data[0] != 1 or (data[4] & 3) + 1 != _LENGTH_BYTES:
        return None
    try:
        sequence, place = _units(data, _AVCC_HEADER, data[5] & 31)
        picture, place = _units(data, place + 1, data[place])
        sets = AvcSets(data[:4], sequence, picture, data[place:])
        return sets if sequence and picture and sets.ids else None
    except (IndexError, UnknownSyntaxError):
        return None


@dataclass(frozen=True)
class HvcSets:
    """HEVC: ``hvcC``."""

    header: bytes
    """Version, profile, level, formats, and the bytes of a length."""
    arrays: tuple[tuple[int, tuple[bytes, ...]], ...]
    """Units by their type; its byte also says whether there are more of them between pictures."""

    @property
    def units(self) -> list[bytes]:
        """All of them."""
        return [unit for _, units in self.arrays for unit in units]

    @property
    def ids(self) -> set[int]:
        """Numbers that sequence or picture parameter sets bear, and those that none may."""
        sequence = {sps_number(unit) for unit in self.units if type_of(unit) == SPS}
        picture = {pps_number(unit) for unit in self.units if type_of(unit) == PPS}
        return sequence | picture | {0, *range(_HEVC_IDS, 32)}

    def joined(self, others: Sequence[bytes]) -> HvcSets:
        """With more units, each beside those of its type, which there must be."""
        arrays = tuple(
            (kind, (*units, *(unit for unit in others if type_of(unit) == kind & 63))) for kind, units in self.arrays
        )
        return HvcSets(self.header, arrays)

    def packed(self) -> bytes:
        """As a container keeps them."""
        arrays = (
            bytes([kind]) + len(units).to_bytes(2, "big") + b"".join(_with_length(unit, 2) for unit in units)
            for kind, units in self.arrays
        )
        return self.header + bytes([len(self.arrays)]) + b"".join(arrays)


def read_hvcc(data: bytes) -> HvcSets | None:
    """Read ``hvcC``; None if it is something else, damaged, or lacks a kind of set."""
    if len(data) < _HVCC_HEADER or data[0] != 1 or (data[21] & 3) + 1 != _LENGTH_BYTES:
        return None
    arrays, place = [], _HVCC_HEADER
    try:
        for _ in range(data[22]):
            units, end = _units(data, place + 3, int.from_bytes(data[place + 1 : place + 3], "big"))
            arrays.append((data[place], units))
            place = end
    except IndexError:
        return None
    sets = HvcSets(data[: _HVCC_HEADER - 1], tuple(arrays))
    try:
        return sets if {VPS, SPS, PPS} <= {type_of(unit) for unit in sets.units} and sets.ids else None
    except UnknownSyntaxError:
        return None


def _units(data: bytes, place: int, count: int) -> tuple[tuple[bytes, ...], int]:
    units = []
    for _ in range(count):
        length = int.from_bytes(data[place : place + 2], "big")
        place += 2 + length
        if place > len(data) or not length:
            raise IndexError
        units.append(data[place - length : place])
    return tuple(units), place


def _with_length(unit: bytes, size: int) -> bytes:
    return len(unit).to_bytes(size, "big") + unit
