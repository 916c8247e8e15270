"""Bits of H.264 and HEVC parameter sets and headers: read one after the other, and written back."""

from __future__ import annotations

import re

_STUFFED, _TO_STUFF = re.compile(b"\0\0\3"), re.compile(b"\0\0(?=[\0-\3])")


class UnknownSyntaxError(ValueError):
    """A bit stream is damaged, or not what is known here."""


class Bits:
    """Bits that are read from the first one on."""

    def __init__(self, data: bytes) -> None:
        self.text = "".join(f"{byte:08b}" for byte in data)
        self.place = 0

    def number(self, count: int = 1) -> int:
        """An unsigned number of so many bits.

        Raises:
            UnknownSyntaxError: There are not so many left.
        """
        begin, self.place = self.place, self.place + count
        if self.place > len(self.text):
            raise UnknownSyntaxError("it ends too soon")
        return int(self.text[begin : self.place], 2) if count else 0

    def golomb(self) -> int:
        """An unsigned number of variable length (ITU-T H.265, 9.2); a signed one takes as many bits.

        Raises:
            UnknownSyntaxError: The data ends before it does.
        """
        zeros = 0
        while not self.number():
            zeros += 1
        return (1 << zeros) - 1 + self.number(zeros)

    def refuse(self, what: str) -> None:
        """Read a flag that must not be set.

        Raises:
            UnknownSyntaxError: It is.
        """
        if self.number():
            raise UnknownSyntaxError(what)


def golomb_bits(number: int) -> str:
    """An unsigned number of variable length."""
    digits = f"{number + 1:b}"
    return "0" * (len(digits) - 1) + digits


def content(text: str) -> str:
    """Bits without those that fill up the last byte."""
    return text[: text.rindex("1")]


def ended(text: str) -> str:
    """Bits with those that fill up the last byte."""
    return text + "1" + "0" * (-(len(text) + 1) % 8)


def to_bytes(text: str) -> bytes:
    """Bits whose number is a multiple of eight."""
    return int(text, 2).to_bytes(len(text) // 8, "big")


def packed(text: str) -> bytes:
    """Bits as they stand in a stream."""
    return stuffed(to_bytes(text))


def raw(unit: bytes) -> bytes:
    """A unit without the bytes that keep it from looking like a start code."""
    return _STUFFED.sub(b"\0\0", unit)


def stuffed(data: bytes) -> bytes:
    """A unit with the bytes that keep it from looking like a start code."""
    return _TO_STUFF.sub(b"\0\0\3", data)
