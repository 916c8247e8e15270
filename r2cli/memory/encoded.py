"""An encoded video: its windows in order, a few at a time, from the cache or fresh from the film."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, groupby
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from r2cli import cache
from r2cli.memory.key import arrays_of, expected_size, facts_of, is_sound, label_of, window_clips
from r2cli.memory.reader import LostPicturesError, Stretch, VideoReader
from r2cli.memory.reading import OnProgress, Reading, ReadingReport
from r2cli.memory.store import Keeping
from r2cli.models.family import Memory
from r2cli.process import give_back_memory
from r2cli.timecode import format_time
from r2cli.windows import Extent, Window

if TYPE_CHECKING:
    from r2cli.checkpoints.load import LoadedModel
    from r2cli.video.probe import VideoInfo

_LOG = logging.getLogger(__name__)

_CHUNKS_BETWEEN = 2
"""Chunks that are read before memory is given back: by then, more than it costs is at stake."""


@dataclass(frozen=True)
class Chunk:
    """Neighbouring windows, to be asked in one call."""

    windows: tuple[Window, ...]
    memories: tuple[Memory, ...]
    """Each of windows of equal length; together of all, in their order."""


class EncodedVideo:
    """What the model remembers of one video; complete when `chunks` has been read to its end once.

    Args:
        video: Which.
        model: Whose memory it is.
        sampling: How its clips are sampled.
        keeping: What is known of it.
        reader: What reads the rest; None: there is none.
    """

    def __init__(
        self, video: VideoInfo, model: LoadedModel, sampling: str, keeping: Keeping, reader: VideoReader | None
    ) -> None:
        self.video, self.model, self.sampling = video, model, sampling
        self._keeping, self._reader = keeping, reader
        self._report = ReadingReport(keeping.clips, cached=keeping.clips)
        self._stretches = _nothing() if reader is None else reader.read(video)

    @property
    def report(self) -> ReadingReport:
        """Where the tokens of its clips came from."""
        return self._report if self._reader is None else self._reader.report

    @property
    def is_complete(self) -> bool:
        """Whether nothing of the video has to be read any more."""
        return self._keeping.is_complete

    @cached_property
    def embeddings(self) -> NDArray[np.float32]:
        """CLIP's embedding of every clip, [T, E], of unit length."""
        embeddings = self._keeping.embeddings.astype(np.float32)
        unit: NDArray[np.float32] = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
        return unit

    @property
    def extent(self) -> Extent:
        """The time line."""
        clips, rate = self._keeping.clips, self.model.checkpoint.clips_per_second
        cut_short = (clips + 1) / rate < self.video.duration
        end = clips / rate if cut_short else self.video.duration
        leader = self._keeping.black if clips > window_clips(self.model) else 0
        return Extent(clips, rate, min(leader / rate, end), end)

    def chunks(self) -> Iterator[Chunk]:
        """All windows in order of time, in the same chunks each time; reads the video as far as it must."""
        windows, done, is_read = self._keeping.windows, 0, not self.is_complete
        size = self.model.family.chunk
        while True:
            while len(windows) < done + size and self._advance():
                pass
            if is_read and (done == len(windows) or done % (_CHUNKS_BETWEEN * size) == 0):
                give_back_memory()
            if done == len(windows):
                return
            some = windows[done : done + size]
            counts = [len(list(same)) for _, same in groupby(some, key=len)]
            firsts = accumulate(counts[:-1], initial=done)
            yield Chunk(tuple(some), tuple(map(self._keeping.memory, firsts, counts)))
            done += len(some)

    def close(self) -> None:
        """End what reads the film."""
        self._stretches.close()

    def __getstate__(self) -> dict[str, Any]:
        """What a copy needs, here or in another process: all that is remembered, and nothing that reads."""
        if not self.is_complete:
            raise TypeError("a video that is still being read cannot be copied")
        return {**self.__dict__, "_report": self.report, "_reader": None, "_stretches": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._stretches = _nothing()

    def _advance(self) -> bool:
        if self._keeping.is_complete:
            return False
        try:
            stretch = next(self._stretches, None)
        except LostPicturesError:
            self._keeping.forget()
            raise
        if stretch is None:
            self._keeping.finish()
            return False
        self._keeping.take(stretch)
        return True


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
        keep: Whether its chunks will be read more than once.

    Raises:
        CommandLineError: The limit that is set for the cache is no size.
    """
    with _entry_of(video, model, reading) as entry:
        keeping = Keeping(entry, keep=keep, on_note=model.on_note)
        _LOG.debug("%s: %s", video.path, _known(keeping, entry))
        if keeping.is_complete:
            on_progress(keeping.clips)
            encoded = EncodedVideo(video, model, reading.sampling, keeping, None)
            _warn_of_damage(encoded)
            yield encoded
            return
        reader = VideoReader(model, reading, on_progress, keeping.start)
        with closing(EncodedVideo(video, model, reading.sampling, keeping, reader)) as encoded:
            yield encoded


@contextmanager
def _entry_of(video: VideoInfo, model: LoadedModel, reading: Reading) -> Iterator[cache.Entry | None]:
    if not reading.cache or cache.limit() == 0:
        yield None
        return
    try:
        facts = facts_of(video, model, reading)
    except OSError as error:  # the film itself cannot be read; FFmpeg will say so better
        model.on_note(cache.no_cache_note(error))
        yield None
        return
    with cache.taken(
        facts,
        arrays_of(model),
        label_of(model),
        expected=expected_size(facts, arrays_of(model), video),
        is_sound=is_sound,
        name=video.path.name,
        on_note=model.on_note,
    ) as entry:
        yield entry


def _known(keeping: Keeping, entry: cache.Entry | None) -> str:
    """What the cache has of a video, in words."""
    if entry is None:
        return "the cache is not used"
    part = "all" if keeping.is_complete else f"{keeping.clips} clips" if keeping.clips else "nothing"
    return f"{part} of it is in the cache, {entry.folder}"


def _warn_of_damage(encoded: EncodedVideo) -> None:
    """Say again what was said when the film was read: that some of it is missing."""
    extent, video = encoded.extent, encoded.video
    if (extent.clips + 1.5) / extent.clips_per_second >= video.duration:
        return
    from r2cli.video.probe import DamagedVideoWarning

    reached = f"{format_time(extent.end)} of {format_time(video.duration)}"
    warnings.warn(f"{video.path}: damaged: {reached} can be decoded", DamagedVideoWarning, stacklevel=2)


def _nothing() -> Generator[Stretch, None, None]:
    yield from ()
