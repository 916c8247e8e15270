"""A video becomes what the model remembers of it: read step by step, encoded window by window.

A *step* is half a window. Frames of one step go through CLIP together, always from the same clips, and a window is two
steps: so a reading that begins in the middle of a video, or after whole steps of black, computes the very same numbers.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from r2cli.errors import UnreadableInputError
from r2cli.memory.compute import compute
from r2cli.memory.key import window_clips
from r2cli.memory.reading import OnProgress, Reading, ReadingReport
from r2cli.memory.redundancy import find_models
from r2cli.models.family import Clips, Memory
from r2cli.windows import Window, first_open_window, step_of

if TYPE_CHECKING:
    from r2cli.checkpoints.load import LoadedModel
    from r2cli.video.probe import VideoInfo
    from r2cli.video.sampling.sample import FrameBatch

BLACKEST = 8
"""Of 255; a frame in which nothing is brighter is black, noise of the encoder included."""

Half = NDArray[np.float16]


class LostPicturesError(UnreadableInputError):
    """A film ends earlier than it did when it was read before."""


@dataclass(frozen=True)
class EncodedWindow:
    """One window, seen by the query-independent half of the model."""

    window: Window
    memory: Memory
    """On the processor."""


@dataclass(frozen=True)
class Stretch:
    """What one more step of a video brought."""

    clips: int
    """Known by now, from the video's first; never fewer than before."""
    black: int
    """Of these, how many come before the first picture that is not black."""
    embeddings: Half
    """[n, E], of the clips that are new."""
    windows: tuple[EncodedWindow, ...]
    """That are complete now, and in which there is something to see."""
    sequential_from: int | None = None
    """The clip from which on the film had to be decoded from end to end."""


@dataclass(frozen=True)
class Start:
    """Where an earlier reading broke off."""

    clips: int = 0
    """Whose embeddings are there; all windows that they complete are there too."""
    black: int = 0
    sequential_from: int | None = None


class VideoReader:
    """Reads a video in steps, never holding more than three of them.

    How long the video really is shows only at its end, so the windows of `windows.plan_windows` are cut on the way.
    """

    def __init__(self, model: LoadedModel, reading: Reading, on_progress: OnProgress, start: Start) -> None:
        self._model, self._reading, self._on_progress = model, reading, on_progress
        self._length = window_clips(model)
        self._step = step_of(self._length)
        self._known = start.clips
        self._next = first_open_window(start.clips, self._length)  # first clip of the window to come
        self._first = max(self._next, 0)  # clip to begin with: the window to come needs its tokens
        self.clips = self._first
        self.black = start.black
        self._sequential_from = start.sequential_from
        self._held: list[tuple[int, Clips]] = []  # each with its first clip
        self._encoded = self._reused = self._decoded = 0

    @property
    def report(self) -> ReadingReport:
        """Where the tokens came from, up to now."""
        return ReadingReport(self.clips, self._encoded, self._reused, self._first, self._decoded)

    def read(self, video: VideoInfo) -> Generator[Stretch, None, None]:
        """What each step brings, in order of time, and at last what the end of the video completes."""
        from r2cli.video.sampling.sample import sample_frames

        self._on_progress(self.clips)
        frames = sample_frames(
            video,
            self._model.checkpoint.clips_per_second,
            self._model.backbone.size,
            self._step,
            sampling=self._reading.sampling,
            hwaccel=self._reading.hwaccel,
            first_clip=self._first,
            sequential_from=self._sequential_from,
            interpolation=self._model.backbone.pixels.interpolation,
            resize=self._model.backbone.pixels.resize,
        )
        with closing(frames):  # whatever happens, Ctrl-C included, the decoder goes with it
            for batch in frames:
                yield self._take(batch)
        if self.clips < self._known:
            raise LostPicturesError(
                f"{video.path}: fewer pictures came out of it than the last time", "run the same command again"
            )
        yield self._stretch(self._last_windows(), np.zeros((0, 0), dtype=np.float16))

    def _take(self, batch: FrameBatch) -> Stretch:
        first, self.clips = self.clips, self.clips + len(batch.times)
        if self.black == first:
            bright = batch.pixels.max(axis=(1, 2, 3)) > BLACKEST
            self.black += int(bright.argmax()) if bright.any() else len(bright)
        if batch.sequential and self._sequential_from is None:
            self._sequential_from = self.clips - batch.sequential
        clips = self._encode(batch.pixels)
        self._held.append((first, clips))
        self._decoded += batch.decoded
        self._on_progress(self.clips)
        embeddings = clips.embeddings.cpu().numpy().astype(np.float16)
        return self._stretch(self._complete_windows(), embeddings[max(self._known - first, 0) :])

    def _stretch(self, windows: Iterable[Window], embeddings: Half) -> Stretch:
        visible = (window for window in windows if not self._is_dark(window))
        encoded = tuple(self._remember(window) for window in visible)
        self._held = [(first, clips) for first, clips in self._held if first + len(clips) > self._next]
        return Stretch(max(self.clips, self._known), self.black, embeddings, encoded, self._sequential_from)

    def _complete_windows(self) -> list[Window]:
        # What is read again of an earlier run may be too little to complete the windows that it completed.
        begin, self._next = self._next, max(self._next, first_open_window(self.clips, self._length))
        return [Window(first, first + self._length) for first in range(begin, self._next, self._step)]

    def _last_windows(self) -> list[Window]:
        if self.clips <= self._length:
            return [Window(0, self.clips)]
        is_open = self._next - self._step + self._length < self.clips
        return [Window(self._next, self.clips)] if is_open else []

    def _is_dark(self, window: Window) -> bool:
        """Whether nothing is to be seen in a window of a long video but the black that it opens with."""
        return self.clips > self._length and window.stop <= self.black

    def _encode(self, pixels: NDArray[np.uint8]) -> Clips:
        models = find_models(pixels) if self._reading.reuse else np.arange(len(pixels))
        needed, places = np.unique(models, return_inverse=True)
        self._encoded += len(needed)
        self._reused += len(pixels) - len(needed)
        return compute(self._model, lambda: self._look(pixels[needed], places))

    def _look(self, pixels: NDArray[np.uint8], places: NDArray[np.intp]) -> Clips:
        """What CLIP makes of frames, of which frame i is picture `places[i]`."""
        import torch

        backbone = self._model.backbone
        tokens = backbone.encode_frames(pixels)
        embeddings = backbone.embed_tokens(tokens).float()
        if len(pixels) < len(places):
            index = torch.as_tensor(places, device=tokens.device)
            tokens, embeddings = tokens.index_select(1, index), embeddings.index_select(0, index)
        return Clips(tokens, embeddings)

    def _remember(self, window: Window) -> EncodedWindow:
        before = [self._black_step()[: -window.first]] if window.first < 0 else []
        held = [
            clips[max(window.first - first, 0) : window.stop - first]
            for first, clips in self._held
            if first < window.stop and first + len(clips) > window.first
        ]
        return EncodedWindow(window, compute(self._model, lambda: self._map([*before, *held])))

    def _map(self, parts: list[Clips]) -> Memory:
        # Tokens from before a device was given up are brought along.
        model = self._model
        return model.family.remember(model.model, [part.to(model.device) for part in parts]).to("cpu")

    def _black_step(self) -> Clips:
        """A step of black, computed as that of a film that begins with one is."""
        size = self._model.backbone.size
        models = np.zeros(self._step, dtype=np.intp) if self._reading.reuse else np.arange(self._step)
        needed, places = np.unique(models, return_inverse=True)
        black = np.zeros((len(needed), 3, size, size), dtype=np.uint8)
        return compute(self._model, lambda: self._look(black, places))
