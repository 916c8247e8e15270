"""Windows in a file, one after the other, as they lie in memory: read by mapping, never by copying."""

from __future__ import annotations

import mmap
import os
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import xxhash
from numpy.typing import NDArray

from r2cli.models.family import Array, Memory

_ALIGNMENT = 64
"""Bytes; what processors load at once."""

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Layout:
    """How a window of some clips lies in the file: the arrays that its model remembers, one after the other."""

    arrays: tuple[Array, ...]
    clips: int

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(_aligned(self._bytes(array)) for array in self.arrays)

    def pack(self, memory: Memory) -> Bytes:
        """The bytes of one window.

        Raises:
            ValueError: It has other arrays, or they have another shape.
        """
        content = np.zeros(self.size, dtype=np.uint8)
        for name, place in self._views(content[None]).items():
            given = memory.arrays[name].numpy() if name in memory.arrays else None
            if given is None or (given.shape, given.dtype) != (place.shape, place.dtype):
                raise ValueError(f"not a window of {self.clips} clips with {self.arrays}")
            place[:] = given
        return content

    def unpack(self, content: Bytes) -> Memory:
        """The windows in bytes [V, size], without a copy."""
        import torch

        return Memory({name: torch.from_numpy(array) for name, array in self._views(content).items()})

    def is_finite(self, content: Bytes) -> bool:
        """Whether one window's bytes hold nothing that is no number."""
        arrays = self._views(content[None]).values()
        return all(bool(np.isfinite(array).all()) for array in arrays if array.dtype.kind == "f")

    def _views(self, content: Bytes) -> dict[str, NDArray[Any]]:
        views, place = {}, 0
        for array in self.arrays:
            part = content[:, place : place + self._bytes(array)]
            views[array.name] = part.view(array.dtype).reshape(-1, *array.shape_of(self.clips))
            place += _aligned(self._bytes(array))
        return views

    def _bytes(self, array: Array) -> int:
        return np.dtype(array.dtype).itemsize * array.values(self.clips)


def map_bytes(stream: BinaryIO, offset: int, size: int) -> Bytes:
    """A part of a file, mapped; it stays readable when the file is removed, and is let go with the array.

    Raises:
        ValueError: The file does not reach so far.
    """
    if os.fstat(stream.fileno()).st_size < offset + size:
        raise ValueError("the file is too short")
    start = offset - offset % mmap.ALLOCATIONGRANULARITY
    # A private copy on write, which never happens: torch does not take arrays that cannot be written to.
    mapped = mmap.mmap(stream.fileno(), offset - start + size, access=mmap.ACCESS_COPY, offset=start)
    return np.frombuffer(mapped, dtype=np.uint8, count=size, offset=offset - start)


def checksum(content: Bytes) -> int:
    """Of a window's bytes."""
    return xxhash.xxh3_64_intdigest(content.data)


def _aligned(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT
