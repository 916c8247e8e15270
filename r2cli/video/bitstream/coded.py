"""What a packet's first bytes tell, without decoding: may others be predicted from its picture, and is it shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from r2cli.video.bitstream.bits import Bits, UnknownSyntaxError, raw

_NAL_CODE = b"\0\0\1"
_MPEG_PICTURE = b"\0\0\1\0"
_MPEG4_PICTURE = b"\0\0\1\xb6"
_MPEG_B, _MPEG4_B = 3, 2
_H264_SLICES = (1, 2, 5)
_H264_IDR, _H264_SEI, _RECOVERY_POINT = 5, 6, 6
_LONGEST_SEI = 4096
"""Bytes that are looked at; what tells of recovery is short, and captions beside it hold some hundred."""
_LONGEST_NUMBER = 16
_MOST_FRAMES = 1 << 16
"""H.264 counts them no further."""
_HEVC_SLICES, _HEVC_LAST_SUBLAYER_TYPE = 32, 14


@dataclass(frozen=True)
class Coded:
    """One coded picture."""

    is_reference: bool = True
    """Whether pictures of its own sub-layer may be predicted from it."""
    layer: int = 0
    """Temporal sub-layer: pictures of higher ones may be predicted from it, whatever `is_reference` says."""
    is_shown: bool = True
    restarts: bool = True
    """If it is a keyframe: whether a decoder forgets all others with it."""
    recovery: int = 0
    """How many references more must be decoded before a decoder that begins here shows what it should: a film that
    refreshes its pictures little by little has recovery points for keyframes (ITU-T H.264, D.2.8)."""


@cache
def _coded(
    is_reference: bool, layer: int = 0, is_shown: bool = True, restarts: bool = True, recovery: int = 0
) -> Coded:
    """The few that there are, each made once."""
    return Coded(is_reference, layer, is_shown, restarts, recovery)


Look = Callable[[memoryview], Coded]

INTRA_CODECS = {"mjpeg", "prores", "dnxhd", "rawvideo"}
PREDICTED_CODECS = {"h264", "hevc", "mpeg1video", "mpeg2video", "mpeg4", "vp8", "vp9", "av1", "ffv1"}
"""Codecs whose keyframes begin anew, as tests show; of others nobody can say before they are decoded."""


def look_for(codec: str, extradata: bytes) -> Look:
    """How to look at the packets of a stream.

    Args:
        codec: FFmpeg's name of the format.
        extradata: The stream's parameter sets, as the container keeps them.
    """
    if codec == "h264":
        return _h264(_length_bytes(extradata, 4))
    if codec == "hevc":
        return _hevc(_length_bytes(extradata, 21))
    looks: dict[str, Look] = {"mpeg1video": _mpeg, "mpeg2video": _mpeg, "mpeg4": _mpeg4, "vp8": _vp8}
    return looks.get(codec, lambda data: _coded(True))


def _length_bytes(extradata: bytes, place: int) -> int:
    """Bytes before each NAL unit that say how long it is; 0 if start codes part them."""
    return (extradata[place] & 3) + 1 if len(extradata) > place and extradata[0] == 1 else 0


def _units(data: memoryview, length_bytes: int) -> Iterator[memoryview]:
    """The NAL units of a packet; those between start codes with what follows them."""
    place = 0
    if length_bytes:
        while place + length_bytes < len(data):
            size = int.from_bytes(data[place : place + length_bytes], "big")
            place += length_bytes
            yield data[place : place + size]
            place += size
        return
    whole = bytes(data)
    while (place := whole.find(_NAL_CODE, place)) >= 0:
        place += len(_NAL_CODE)
        yield data[place:]


def _h264(length_bytes: int) -> Look:
    def look(data: memoryview) -> Coded:
        units = [unit for unit in _units(data, length_bytes) if unit]
        slices = [unit[0] for unit in units if unit[0] & 31 in _H264_SLICES]
        is_reference = not slices or any(header & 0x60 for header in slices)  # two fields may differ
        restarts = any(header & 31 == _H264_IDR for header in slices)
        told = (_recovery(unit) for unit in units if unit[0] & 31 == _H264_SEI)
        return _coded(is_reference, restarts=restarts, recovery=0 if restarts else next(filter(None, told), 0))

    return look


def _recovery(unit: memoryview) -> int:
    """What a unit of supplemental information says about recovery; 0 if nothing."""
    data, place = raw(bytes(unit[1:_LONGEST_SEI]).partition(_NAL_CODE)[0]), 0
    try:
        while place + 2 < len(data):
            kind, place = _sei_number(data, place)
            size, place = _sei_number(data, place)
            if kind == _RECOVERY_POINT:
                return min(Bits(data[place : place + min(size, _LONGEST_NUMBER)]).golomb(), _MOST_FRAMES)
            place += size
    except (IndexError, UnknownSyntaxError):
        pass  # damaged: what is there then says nothing
    return 0


def _sei_number(data: bytes, place: int) -> tuple[int, int]:
    """A number in bytes of which all but the last are 255, and where it ends."""
    number = 0
    while data[place] == 0xFF:
        number, place = number + 0xFF, place + 1
    return number + data[place], place + 1


def _hevc(length_bytes: int) -> Look:
    def look(data: memoryview) -> Coded:
        for unit in _units(data, length_bytes):
            if len(unit) > 1 and (kind := unit[0] >> 1 & 63) < _HEVC_SLICES:
                is_reference = kind % 2 == 1 or kind > _HEVC_LAST_SUBLAYER_TYPE
                return _coded(is_reference, max((unit[1] & 7) - 1, 0))
        return _coded(True)

    return look


def _mpeg(data: memoryview) -> Coded:
    whole = bytes(data)
    place = whole.find(_MPEG_PICTURE)
    kind = whole[place + 5] >> 3 & 7 if 0 <= place < len(whole) - 5 else 0
    return _coded(kind != _MPEG_B)


def _mpeg4(data: memoryview) -> Coded:
    whole = bytes(data)
    place = whole.find(_MPEG4_PICTURE)
    kind = whole[place + 4] >> 6 if 0 <= place < len(whole) - 4 else 0
    return _coded(kind != _MPEG4_B)


def _vp8(data: memoryview) -> Coded:
    return _coded(True, is_shown=not data or bool(data[0] & 0x10))
