"""What the records of an entry's journal say, each looked at before it is believed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from r2cli.cache.journal import Record

Half = NDArray[np.float16]


class DamagedEntryError(Exception):
    """What is there is not what was written, or was written for something else."""


@dataclass(frozen=True)
class Slot:
    """Where a window is."""

    first: int
    stop: int
    """Clips, [first, stop)."""
    offset: int
    """Bytes."""
    checksum: int


@dataclass(frozen=True)
class Step:
    """How far an entry goes: everything up to a clip is there."""

    clips: int
    black: int
    """Clips before the first picture that is not black."""
    sequential_from: int | None
    """The clip from which on the video had to be decoded from end to end."""
    embeddings: Half
    """CLIP's embedding of every clip since the step before, [T, E]."""


def slot_of(record: Record, offset: int, longest: int) -> Slot:
    """The window that a record names.

    Args:
        record: One with a window.
        offset: Bytes; where the window is.
        longest: Clips that a window can have.

    Raises:
        DamagedEntryError: It names none.
    """
    try:
        first, stop, digest = (int(number) for number in record.facts["window"])
    except (TypeError, ValueError) as error:
        raise DamagedEntryError("a window without numbers") from error
    if not 0 < stop - first <= longest:
        raise DamagedEntryError("a window of no possible length")
    return Slot(first, stop, offset, digest)


def step_of(record: Record, before: int) -> Step:
    """The step that a record names.

    Args:
        record: One with clips.
        before: Clips up to the step before.

    Raises:
        DamagedEntryError: It names none, or none that can follow.
    """
    clips, black, width = (record.facts.get(name) for name in ("clips", "black", "width"))
    if not isinstance(clips, int) or not isinstance(black, int) or not isinstance(width, int):
        raise DamagedEntryError("a step without numbers")
    sequential_from = record.facts.get("sequential_from")
    if not isinstance(sequential_from, int | None):
        raise DamagedEntryError("a step without numbers")
    count = clips - before
    if count < 0 or not 0 <= black <= clips or len(record.payload) != 2 * count * width:
        raise DamagedEntryError("a step of another shape")
    embeddings = np.frombuffer(record.payload, dtype=np.float16).reshape(count, width)
    if not np.isfinite(embeddings).all():
        raise DamagedEntryError("embeddings that nobody wrote")
    return Step(clips, black, sequential_from, embeddings)
