"""Damage: to any bytes, to those that say how long something is, and to values of JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any

_BIG = (0x00000000, 0x00000001, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x40000000, 0x00FFFFFF, 0x10000000)
_BOX = re.compile(rb"[a-z][a-zA-Z0-9 ]{3}")
_HEAD = 1024
"""Bytes in which most of what a header says lies."""
_ODD: tuple[Any, ...] = (
    *(None, True, -1, 0, 1.5, 1e300, -1e-300, 10**30, 2**63, "", "x" * 5000, "\0", "../..", "\x1b[2J", "日本"),
    *([], {}, [[]] * 3, [None], {"": None}),
)

Change = Callable[[bytearray, Random, bytes], None]


def flip_bits(data: bytearray, random: Random, other: bytes) -> None:
    """Anywhere."""
    for _ in range(random.choice((1, 3, 10, 40))):
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def flip_head(data: bytearray, random: Random, other: bytes) -> None:
    """In the header."""
    for _ in range(random.choice((1, 2, 5))):
        data[random.randrange(min(_HEAD, len(data)))] = random.randrange(256)


def claim(data: bytearray, random: Random, other: bytes) -> None:
    """A number of four bytes that is too large, or nothing, in either order of bytes."""
    for _ in range(random.choice((1, 1, 4))):
        place = random.randrange(max(1, random.choice((_HEAD, len(data))) - 4)) % max(1, len(data) - 4)
        data[place : place + 4] = random.choice(_BIG).to_bytes(4, random.choice(("big", "little")))


def resize_boxes(data: bytearray, random: Random, other: bytes) -> None:
    """What stands before the name of a box of MP4 or a chunk of AVI, or the numbers behind it."""
    names = [found.start() for found in _BOX.finditer(data)] or [len(data) // 2]
    for _ in range(random.choice((1, 2, 4))):
        place = max(0, random.choice(names) + random.choice((-4, 4, 8, 12, 16, 20)))
        data[place : place + 4] = random.choice(_BIG).to_bytes(4, random.choice(("big", "big", "little")))


def truncate(data: bytearray, random: Random, other: bytes) -> None:
    """The end is missing, or the beginning."""
    place = random.randrange(len(data))
    data[:] = data[:place] if random.random() < 0.8 else data[place:]


def splice(data: bytearray, random: Random, other: bytes) -> None:
    """Another film from some place on, or a piece of it inside."""
    place, begin = random.randrange(len(data)), random.randrange(len(other))
    if random.random() < 0.5:
        data[place:] = other[begin:]
    else:
        data[place:place] = other[begin : begin + random.randrange(1, 5000)]


def repeat(data: bytearray, random: Random, other: bytes) -> None:
    """A piece twice, or not at all, or zeros in its place."""
    place, length = random.randrange(len(data)), random.randrange(1, max(2, len(data) // 4))
    piece = data[place : place + length]
    data[place : place + length] = random.choice((piece * 2, b"", bytes(len(piece))))


CHANGES: tuple[Change, ...] = (flip_bits, flip_head, claim, claim, resize_boxes, resize_boxes, truncate, splice, repeat)


def damaged(film: bytes, random: Random, other: bytes) -> bytes:
    """A film with one to three kinds of damage."""
    data = bytearray(film)
    for _ in range(random.choice((1, 1, 2, 3))):
        random.choice(CHANGES)(data, random, other)
        data.extend(b"" if data else b"\0")
    return bytes(data)


def odd_json(value: Any, random: Random) -> Any:
    """The same document with one to three odd values in it."""
    value = json.loads(json.dumps(value))
    for _ in range(random.choice((1, 1, 2, 3))):
        place = value
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = random.choice(keys)
            if isinstance(place[key], (dict, list)) and place[key] and random.random() < 0.85:
                place = place[key]
                continue
            if random.random() < 0.15:
                del place[key]
            else:
                place[key] = deepcopy(random.choice(_ODD))
            break
    return value


def odd_text(text: str, random: Random) -> str:
    """Text with damage."""
    data = bytearray(text.encode() or b" ")
    random.choice((flip_bits, truncate, repeat))(data, random, b"[[[{{{")
    return data.decode("utf-8", errors="surrogateescape")
