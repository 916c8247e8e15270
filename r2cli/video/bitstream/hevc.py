"""HEVC under other numbers: parameter sets and pictures of libx265, which always numbers its sets 0.

Pictures of two encoders can only stand in one track, with all parameter sets in its header, if the sets bear different
numbers. Syntax is that of ITU-T H.265, 7.3; what libx265 never writes as it is called here is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from r2cli.video.bitstream.bits import (
    Bits,
    UnknownSyntaxError,
    content,
    ended,
    golomb_bits,
    packed,
    raw,
    stuffed,
    to_bytes,
)

VPS, SPS, PPS = 32, 33, 34
"""Types of units."""
_FIRST_RESTART, _LAST_RESTART = 16, 23
_IDR = (19, 20)
_LAST_PICTURE = 31
_HEADER = 2
"""Bytes with which a unit begins."""
_SLICE_HEADER = 256
"""Bytes that the header of a slice surely fits into."""
_LENGTH = 4
"""Bytes before each unit that say how long it is."""
_INTRA, _PREDICTED = 2, 1


@dataclass(frozen=True)
class Sets:
    """The parameter sets of one encoder, and what they say about the headers of its slices."""

    units: tuple[bytes, ...]
    sps_place: int
    """Where the number of the sequence's set is, in bits."""
    order_bits: int
    has_sao: bool
    has_chroma: bool
    has_temporal: bool
    has_output_flag: bool
    extra_bits: int
    has_cabac_init: bool
    references: int
    """Pictures that others refer to, unless a slice says otherwise."""
    has_chroma_offsets: bool
    has_deblocking_override: bool
    deblocks: bool
    filters_across: bool
    has_entry_points: bool

    def renumbered(self, number: int) -> list[bytes]:
        """All sets under another number."""
        vps, sps, pps = (raw(next(unit for unit in self.units if type_of(unit) == kind)) for kind in (VPS, SPS, PPS))
        head = _HEADER * 8
        vps_bits, sps_bits, pps_bits = (Bits(unit) for unit in (vps, sps, pps))
        new_vps = vps_bits.text[:head] + f"{number:04b}" + vps_bits.text[head + 4 :]
        sps_bits.place = self.sps_place
        sps_bits.golomb()
        new_sps = sps_bits.text[:head] + f"{number:04b}" + sps_bits.text[head + 4 : self.sps_place]
        new_sps += golomb_bits(number) + content(sps_bits.text[sps_bits.place :])
        pps_bits.place = head
        pps_bits.golomb(), pps_bits.golomb()
        new_pps = pps_bits.text[:head] + golomb_bits(number) * 2 + content(pps_bits.text[pps_bits.place :])
        return [packed(new_vps), packed(ended(new_sps)), packed(ended(new_pps))]


def type_of(unit: bytes) -> int:
    """The type of a unit.

    Raises:
        UnknownSyntaxError: There is nothing in it.
    """
    if not unit:
        raise UnknownSyntaxError("an empty unit")
    return unit[0] >> 1 & 63


def split(packet: bytes) -> Iterator[bytes]:
    """The units of a packet, each with its length before it."""
    place = 0
    while place + _LENGTH <= len(packet):
        length = int.from_bytes(packet[place : place + _LENGTH], "big")
        yield packet[place + _LENGTH : place + _LENGTH + length]
        place += _LENGTH + length


def renumber(packet: bytes, sets: Sets, number: int) -> bytes:
    """Let the pictures of a packet refer to sets of another number; sets that it holds itself are left out."""
    units = (
        _renumbered_slice(unit, sets, number) if type_of(unit) <= _LAST_PICTURE else unit
        for unit in split(packet)
        if type_of(unit) not in (VPS, SPS, PPS)
    )
    return b"".join(len(unit).to_bytes(_LENGTH, "big") + unit for unit in units)


def read_sets(units: list[bytes]) -> Sets:
    """Read the parameter sets of libx265.

    Raises:
        UnknownSyntaxError: They are another encoder's.
    """
    kinds = [type_of(unit) for unit in units]
    if any(kinds.count(kind) != 1 for kind in (VPS, SPS, PPS)):
        raise UnknownSyntaxError("there is not one set of each kind")
    sps, pps = (Bits(raw(units[kinds.index(kind)])) for kind in (SPS, PPS))
    return Sets(units=tuple(units), **_read_sps(sps), **_read_pps(pps))


def sps_number(unit: bytes) -> int:
    """The number of a sequence's set, whoever wrote it."""
    bits = Bits(raw(unit))
    bits.place = _HEADER * 8
    _skip_to_number(bits)
    return bits.golomb()


def pps_number(unit: bytes) -> int:
    """The number of a picture's set, whoever wrote it."""
    bits = Bits(raw(unit))
    bits.place = _HEADER * 8
    return bits.golomb()


def _skip_to_number(bits: Bits) -> None:
    bits.number(4)
    layers = bits.number(3)
    bits.number(1 + 96)
    present = [(bits.number(), bits.number()) for _ in range(8 if layers else 0)][:layers]
    for has_profile, has_level in present:
        bits.number(88 * has_profile)
        bits.number(8 * has_level)


def _read_sps(bits: Bits) -> dict[str, Any]:
    bits.place = _HEADER * 8
    _skip_to_number(bits)
    place = bits.place
    bits.golomb()
    chroma = bits.golomb()
    if chroma == 3:
        bits.refuse("planes apart")
    bits.golomb(), bits.golomb()  # size
    for _ in range(4 * bits.number()):  # what is cut off at the edges
        bits.golomb()
    bits.golomb(), bits.golomb()  # depths
    order = bits.golomb() + 4
    bits.number()
    for _ in range(3 + 6):  # buffers; sizes of blocks
        bits.golomb()
    bits.refuse("scaling lists")
    bits.number()
    sao = bits.number()
    bits.refuse("uncompressed blocks")
    if bits.golomb():
        raise UnknownSyntaxError("references listed in advance")
    bits.refuse("long-term references")
    return {
        "sps_place": place,
        "order_bits": order,
        "has_sao": sao,
        "has_chroma": chroma != 0,
        "has_temporal": bits.number(),
    }


def _read_pps(bits: Bits) -> dict[str, Any]:
    bits.place = _HEADER * 8
    bits.golomb(), bits.golomb()
    bits.number()
    fields: dict[str, Any] = {"has_output_flag": bits.number(), "extra_bits": bits.number(3)}
    bits.number()
    fields |= {"has_cabac_init": bits.number(), "references": bits.golomb() + 1}
    bits.golomb(), bits.golomb()
    bits.number(2)
    if bits.number():
        bits.golomb()
    bits.golomb(), bits.golomb()
    fields["has_chroma_offsets"] = bits.number()
    bits.refuse("weights")
    bits.refuse("weights")
    bits.number()
    bits.refuse("tiles")
    fields |= {"has_entry_points": bits.number(), "filters_across": bits.number()}
    controls = bits.number()
    fields |= {"has_deblocking_override": controls and bits.number(), "deblocks": not (controls and bits.number())}
    if controls and fields["deblocks"]:
        bits.golomb(), bits.golomb()
    bits.refuse("scaling lists")
    bits.refuse("reordered lists")
    bits.golomb()
    bits.refuse("longer headers")
    return fields


def _renumbered_slice(unit: bytes, sets: Sets, number: int) -> bytes:
    data = raw(unit)
    bits = Bits(data[:_SLICE_HEADER])
    bits.place = _HEADER * 8
    if not bits.number():
        raise UnknownSyntaxError("several slices")
    kind = type_of(unit)
    if _FIRST_RESTART <= kind <= _LAST_RESTART:
        bits.number()
    before = bits.text[: bits.place]
    bits.golomb()
    begin = bits.place
    _skip_slice_header(bits, sets, is_idr=kind in _IDR)
    header = ended(before + golomb_bits(number) + bits.text[begin : bits.place])
    if not bits.number():
        raise UnknownSyntaxError("another header")
    rest = data[-(-bits.place // 8) :]
    return stuffed(to_bytes(header) + rest)


def _skip_slice_header(bits: Bits, sets: Sets, *, is_idr: bool) -> None:
    bits.number(sets.extra_bits)
    kind = bits.golomb()
    if kind not in (_INTRA, _PREDICTED):
        raise UnknownSyntaxError("pictures that refer to later ones")
    bits.number(sets.has_output_flag)
    temporal = 0 if is_idr else _skip_order(bits, sets)
    smooths = [bits.number() for _ in range(sets.has_sao * (1 + sets.has_chroma))]
    if kind == _PREDICTED:
        count = bits.golomb() + 1 if bits.number() else sets.references
        bits.number(sets.has_cabac_init)
        if temporal and count > 1:
            bits.golomb()
        bits.golomb()
    for _ in range(1 + 2 * sets.has_chroma_offsets):
        bits.golomb()
    deblocks = sets.deblocks
    if sets.has_deblocking_override and bits.number():
        deblocks = not bits.number()
        if deblocks:
            bits.golomb(), bits.golomb()
    if sets.filters_across and (any(smooths) or deblocks):
        bits.number()
    if sets.has_entry_points and (entries := bits.golomb()):
        length = bits.golomb() + 1
        for _ in range(entries):
            bits.number(length)


def _skip_order(bits: Bits, sets: Sets) -> int:
    """When a picture is shown, and to which it refers; whether it also takes movements from them."""
    bits.number(sets.order_bits)
    bits.refuse("references listed in advance")
    for _ in range(bits.golomb() + bits.golomb()):
        bits.golomb()
        bits.number()
    return bits.number(sets.has_temporal)
