"""A file of records that only grows: what was written before a crash can be told from what was not.

Every record carries a checksum over its content and its place, so that a record that is torn, altered or moved ends
the journal where it stands.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import xxhash

MAGIC = b"r2 journal\n\x00\x1a\n\x0d\n"
_HEAD = struct.Struct("<IIQ")  # bytes of facts, bytes of payload, checksum
_LONGEST_FACTS = 1 << 20
_LONGEST_PAYLOAD = 1 << 28


@dataclass(frozen=True)
class Record:
    """One entry of a journal."""

    facts: Mapping[str, Any]
    payload: bytes
    end: int
    """Where in the file the next record begins."""


def write_record(stream: BinaryIO, facts: Mapping[str, Any], payload: bytes = b"") -> None:
    """Append a record, in one write, to a file that is open at its end; an empty one gets its first line."""
    start = stream.tell()
    head = b"" if start else MAGIC
    body = json.dumps(facts, sort_keys=True, allow_nan=False).encode("ascii")
    place = start + len(head)
    stream.write(head + _HEAD.pack(len(body), len(payload), _checksum(body, payload, place)) + body + payload)
    stream.flush()


def read_records(stream: BinaryIO) -> Iterator[Record]:
    """The records of a file up to the first that is not whole; none of a file that is no journal."""
    if stream.read(len(MAGIC)) != MAGIC:
        return
    place = len(MAGIC)
    while len(head := stream.read(_HEAD.size)) == _HEAD.size:
        body_bytes, payload_bytes, checksum = _HEAD.unpack(head)
        if body_bytes > _LONGEST_FACTS or payload_bytes > _LONGEST_PAYLOAD:
            return
        body, payload = stream.read(body_bytes), stream.read(payload_bytes)
        if (len(body), len(payload)) != (body_bytes, payload_bytes) or checksum != _checksum(body, payload, place):
            return
        try:
            facts = json.loads(body)
        except (ValueError, RecursionError):
            return
        if not isinstance(facts, dict):
            return
        place += _HEAD.size + body_bytes + payload_bytes
        yield Record(facts, payload, place)


def _checksum(body: bytes, payload: bytes, place: int) -> int:
    digest = xxhash.xxh3_64(body, seed=place)
    digest.update(payload)
    return digest.intdigest()
