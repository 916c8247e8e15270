"""Readers of bits meet bytes that nobody vouches for: they say what they know, or that they do not."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

import av
from hypothesis import example, given, settings
from hypothesis import strategies as some

from r2cli.video.bitstream.bits import Bits, UnknownSyntaxError, content, ended, golomb_bits, raw, stuffed, to_bytes
from r2cli.video.bitstream.coded import INTRA_CODECS, PREDICTED_CODECS, Coded, look_for
from r2cli.video.bitstream.hevc import pps_number, read_sets, renumber, split, sps_number
from r2cli.video.bitstream.parameter_sets import AvcSets, HvcSets, read_avcc, read_hvcc
from tests.films import make_film

settings.register_profile("r2", deadline=None, derandomize=True, database=None, max_examples=200)
settings.load_profile("r2")

ZEROS = some.sampled_from([b"\0", b"\0\0", b"\0\0\3", b"\0\0\1", b"\xff", b"\x80\0\0\0"])
BYTES = some.one_of(some.binary(max_size=200), some.lists(some.one_of(ZEROS, some.binary(max_size=9))).map(b"".join))
UNITS = some.lists(some.binary(max_size=60), max_size=5)
"""Of NAL: with their lengths before them they make a packet."""


def packet_of(units: list[bytes]) -> bytes:
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)


@given(some.integers(0, 1 << 70))
def test_a_number_of_variable_length_is_read_as_it_was_written(number: int) -> None:
    bits = Bits(to_bytes(ended(golomb_bits(number))))
    assert bits.golomb() == number
    assert content(bits.text) == golomb_bits(number)
    assert len(golomb_bits(number)) == 2 * (number + 1).bit_length() - 1  # ITU-T H.265, 9.2


@given(BYTES)
def test_stuffing_hides_start_codes_and_comes_off_again(data: bytes) -> None:
    assert raw(stuffed(data)) == data
    assert not any(code in stuffed(data) for code in (b"\0\0\0", b"\0\0\1", b"\0\0\2"))


@given(UNITS.filter(lambda units: all(units)))
def test_units_are_those_that_were_joined(units: list[bytes]) -> None:
    assert list(split(packet_of(units))) == units
    look = look_for("h264", b"\1ddd\xff" + bytes(20))
    assert look(memoryview(packet_of(units))).restarts == any(unit[0] & 31 == 5 for unit in units)


@given(BYTES)
@example(b"\0")
@example(b"\0\0\1")
@example(b"\0\0\1\6\6\xff\xff")  # a recovery point without an end
@example(b"\0\0\0\4\6\6\xff\xff")
def test_any_packet_can_be_looked_at(data: bytes) -> None:
    for codec in sorted(PREDICTED_CODECS | INTRA_CODECS | {"", "theora"}):
        for extradata in (b"", data, b"\1" * 30, b"\1" + b"\xff" * 30):
            assert isinstance(look_for(codec, extradata)(memoryview(data)), Coded)
    assert b"".join(split(data)) in data or len(data) > 4


@given(BYTES)
def test_any_parameter_sets_are_read_or_refused(data: bytes) -> None:
    for read, kind in ((read_avcc, AvcSets), (read_hvcc, HvcSets)):
        for start in (b"", b"\1dddd\xff", b"\1" + b"\xff" * 20 + b"\3\3"):
            found = read(start + data)
            assert found is None or isinstance(found, kind)
    for number in (sps_number, pps_number):
        with suppress(UnknownSyntaxError):
            assert number(data) >= 0


@given(UNITS, some.sampled_from([0, 1, 15]), some.integers(0, 2**16))
def test_any_units_are_numbered_anew_or_refused(units: list[bytes], number: int, place: int) -> None:
    with suppress(UnknownSyntaxError):
        read_sets(units)
    all_sets, one_slice = encoded()
    sets = read_sets(all_sets)
    for damaged in (units, [*units, *all_sets], [_with_bit_flipped(one_slice, place), *units]):
        with suppress(UnknownSyntaxError):
            assert isinstance(renumber(packet_of(damaged), sets, number), bytes)


@given(some.sampled_from([0, 1, 2]), some.integers(0, 2**16), some.integers(0, 15))
def test_damaged_sets_are_read_or_refused(which: int, place: int, number: int) -> None:
    units, one_slice = list(encoded()[0]), encoded()[1]
    units[which] = _with_bit_flipped(units[which], place)
    with suppress(UnknownSyntaxError):
        sets = read_sets(units)
        assert len(sets.renumbered(number)) == 3
        renumber(packet_of([one_slice]), sets, number)


def _with_bit_flipped(unit: bytes, place: int) -> bytes:
    changed = bytearray(unit)
    changed[place // 8 % len(unit)] ^= 1 << place % 8
    return bytes(changed)


@cache
def encoded() -> tuple[list[bytes], bytes]:
    """Parameter sets and a slice of libx265, as smart cuts have it encode."""
    with tempfile.TemporaryDirectory() as folder:
        options = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:bframes=0:slices=1")
        film = make_film(Path(folder) / "film.mp4", frames=8, encoder=(*options, "-pix_fmt", "yuv420p"))
        with av.open(str(film)) as container:
            found = read_hvcc(bytes(container.streams.video[0].codec_context.extradata))
            packet = next(bytes(packet) for packet in container.demux(video=0))
    assert found is not None
    kinds = {unit[0] >> 1 & 63: unit for unit in found.units}
    return [kinds[kind] for kind in (32, 33, 34)], next(unit for unit in split(packet) if unit[0] >> 1 & 63 < 32)
