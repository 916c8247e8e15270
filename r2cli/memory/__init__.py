"""From a video to what the model remembers of it, once and for all queries."""

from __future__ import annotations

from r2cli.memory.compute import compute
from r2cli.memory.encoded import Chunk, EncodedVideo, encode
from r2cli.memory.reader import EncodedWindow, Stretch, VideoReader
from r2cli.memory.reading import OnProgress, Reading, ReadingReport

__all__ = [
    "Chunk",
    "EncodedVideo",
    "EncodedWindow",
    "OnProgress",
    "Reading",
    "ReadingReport",
    "Stretch",
    "VideoReader",
    "compute",
    "encode",
]
