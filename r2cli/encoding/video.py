"""An encoded video: its windows in order, a few at a time, from the cache or fresh from the film."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from r2cli.encoding.reader import Half, Start, Stretch, VideoReader, window_clips
from r2cli.encoding.reading import OnProgress, Reading, ReadingReport
from r2cli.windows import Extent, Window

if TYPE_CHECKING:
    from r2cli.checkpoints.load import LoadedModel
    from r2cli.model import VideoMemory
    from r2cli.video.probe import VideoInfo


@dataclass(frozen=True)
class Chunk:
    """Neighbouring windows of equal length, to be asked in one call."""

    windows: tuple[Window, ...]
    memory: VideoMemory
    """Of as many videos as there are windows."""


class EncodedVideo:
    """What the model remembers of one video; complete when `chunks` has been read to its end once.

    Args:
        video: Which.
        model: Whose memory it is.
        reader: What reads it.
        keep: Whether windows stay at hand after their first use.
    """

    def __init__(self, video: VideoInfo, model: LoadedModel, reading: Reading, reader: VideoReader, keep: bool) -> None:
        self.video, self.model, self.sampling = video, model, reading.sampling
        self._reader = reader
        self._keep = keep
        self._windows: list[Window] = []
        self._held: dict[int, VideoMemory] = {}  # by place in self._windows
        self._embeddings: list[Half] = []
        self._clips = self._black = 0
        self._stretches: Iterator[Stretch] = iter(())

    @property
    def report(self) -> ReadingReport:
        """Where the tokens of its clips came from."""
        return self._reader.report

    @property
    def embeddings(self) -> NDArray[np.float32]:
        """CLIP's embedding of every clip, [T, E], of unit length."""
        embeddings = np.concatenate(self._embeddings).astype(np.float32)
        unit: NDArray[np.float32] = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
        return unit

    @property
    def extent(self) -> Extent:
        """The time line."""
        rate = self.model.checkpoint.clips_per_second
        cut_short = (self._clips + 1) / rate < self.video.duration
        end = self._clips / rate if cut_short else self.video.duration
        leader = self._black if self._clips > window_clips(self.model) else 0
        return Extent(self._clips, rate, min(leader / rate, end), end)

    def chunks(self) -> Iterator[Chunk]:
        """All windows in order of time, in the same chunks each time; reads the video as far as it must."""
        from r2cli.model import CHUNK

        done = 0
        while True:
            while len(self._windows) < done + CHUNK and self._advance():
                pass
            if done == len(self._windows):
                return
            for windows in _of_equal_length(self._windows[done : done + CHUNK]):
                yield Chunk(tuple(windows), self._memory(done, len(windows)))
                done += len(windows)

    def _advance(self) -> bool:
        stretch = next(self._stretches, None)
        if stretch is None:
            return False
        for encoded in stretch.windows:
            self._held[len(self._windows)] = encoded.memory
            self._windows.append(encoded.window)
        if len(stretch.embeddings):
            self._embeddings.append(stretch.embeddings)
        self._clips, self._black = stretch.clips, stretch.black
        return True

    def _memory(self, first: int, count: int) -> VideoMemory:
        pieces = [self._held[place] if self._keep else self._held.pop(place) for place in range(first, first + count)]
        return _join(pieces)

    def begin(self, stretches: Generator[Stretch, None, None]) -> None:
        """Take what is read of the video from here on."""
        self._stretches = stretches


@contextmanager
def encode(
    video: VideoInfo, model: LoadedModel, reading: Reading, on_progress: OnProgress, *, keep: bool
) -> Iterator[EncodedVideo]:
    """A video to be encoded while its `chunks` are read; closing it ends what reads the film.

    Args:
        video: Which, from `probe`.
        model: With what.
        reading: How.
        on_progress: Told how many clips have been read.
        keep: Whether it will be asked again after its chunks were read once.
    """
    reader = VideoReader(model, reading, on_progress, Start())
    encoded = EncodedVideo(video, model, reading, reader, keep)
    stretches = reader.read(video)
    encoded.begin(stretches)
    with closing(stretches):
        yield encoded


def _of_equal_length(windows: list[Window]) -> Iterator[list[Window]]:
    """A video's windows are all of one length, but for its last."""
    same = [window for window in windows if len(window) == len(windows[0])]
    yield same
    if len(same) < len(windows):
        yield windows[len(same) :]


def _join(pieces: list[VideoMemory]) -> VideoMemory:
    """Quantised memories of equal length in one."""
    import torch

    from r2cli.model import VideoMemory

    if len(pieces) == 1:
        return pieces[0]
    scales = [piece.scale for piece in pieces if piece.scale is not None]
    return VideoMemory(torch.cat([piece.patches for piece in pieces]), scale=torch.cat(scales))
