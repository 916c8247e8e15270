"""Windows in a file, one after the other, as they lie in memory: read by mapping, never by copying."""

from __future__ import annotations

import math
import mmap
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import xxhash
from numpy.typing import NDArray

if TYPE_CHECKING:
    from r2cli.models.r2 import WindowMemory

_ALIGNMENT = 64
"""Bytes; what processors load at once."""

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Layout:
    """How a window of some clips lies in the file: its patches in 8 bits [K, T, P, D], then their scale [K, T, P]."""

    layers: int
    clips: int
    patches: int
    width: int

    @property
    def scale_offset(self) -> int:
        """Bytes from the window's first to its scale's."""
        return _aligned(self.layers * self.clips * self.patches * self.width)

    @property
    def size(self) -> int:
        """Bytes."""
        return _aligned(self.scale_offset + 4 * self.layers * self.clips * self.patches)

    def pack(self, memory: WindowMemory) -> Bytes:
        """The bytes of one quantised window.

        Raises:
            ValueError: It has another shape.
        """
        if memory.scale is None or tuple(memory.patches.shape) != (1, *self._patches_shape):
            raise ValueError(f"not a quantised window of {self._patches_shape}")
        content = np.zeros(self.size, dtype=np.uint8)
        patches, scale = self._views(content[None])
        patches[:], scale[:] = memory.patches.numpy(), memory.scale.numpy()
        return content

    def unpack(self, content: Bytes) -> WindowMemory:
        """The windows in bytes [V, size], without a copy."""
        import torch

        from r2cli.models.r2 import WindowMemory

        patches, scale = self._views(content)
        return WindowMemory(torch.from_numpy(patches), scale=torch.from_numpy(scale))

    def scale(self, content: Bytes) -> NDArray[np.float32]:
        """The scale of one window in its bytes."""
        return self._views(content[None])[1]

    @property
    def _patches_shape(self) -> tuple[int, int, int, int]:
        return self.layers, self.clips, self.patches, self.width

    def _views(self, content: Bytes) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
        patches_bytes, scale_bytes = math.prod(self._patches_shape), 4 * math.prod(self._patches_shape[:3])
        patches = content[:, :patches_bytes].view(np.int8).reshape(-1, *self._patches_shape)
        scale = content[:, self.scale_offset : self.scale_offset + scale_bytes].view(np.float32)
        return patches, scale.reshape(-1, *self._patches_shape[:3])


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
