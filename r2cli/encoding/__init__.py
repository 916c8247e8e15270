"""From a video to what the model remembers of it, once and for all queries."""

from __future__ import annotations

from r2cli.encoding.devices import compute
from r2cli.encoding.reader import EncodedWindow, Stretch, VideoReader
from r2cli.encoding.reading import OnProgress, Reading, ReadingReport
from r2cli.encoding.video import Chunk, EncodedVideo, encode

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
