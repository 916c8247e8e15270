"""A video becomes what the model remembers of it: read in batches, encoded window by window."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from r2cli.errors import ModelUnavailableError
from r2cli.windows import Extent, Window, step_of

if TYPE_CHECKING:
    from torch import Tensor

    from r2cli.checkpoints.load import LoadedModel
    from r2cli.model import VideoMemory
    from r2cli.video.probe import VideoInfo
    from r2cli.video.sample import FrameBatch

BLACKEST = 8
"""Of 255; a frame in which nothing is brighter is black, noise of the encoder included."""

Result = TypeVar("Result")
OnProgress = Callable[[int], None]
"""Told how many clips have been read so far."""


@dataclass(frozen=True)
class EncodedWindow:
    """One window, seen by the query-independent half of the model."""

    window: Window
    memory: VideoMemory


class VideoReader:
    """Reads a video in batches and encodes it window by window, never holding more than a window and a batch.

    How long the video really is shows only at its end, so the windows of `windows.plan_windows` are cut on the way.
    """

    def __init__(self, model: LoadedModel, on_progress: OnProgress) -> None:
        self.clips = 0
        self.black = 0  # clips before the first picture that is not black
        self._model = model
        self._on_progress = on_progress
        self._length = max(2, round(model.checkpoint.window * model.checkpoint.clips_per_second))
        self._held: list[Tensor] = []  # of [K, P, Dv], one per clip, from clip self._first_held on
        self._first_held = 0
        self._embeddings: list[NDArray[np.float32]] = []

    def read(self, video: VideoInfo) -> Iterator[EncodedWindow]:
        """The windows of a video in which there is something to see, in order of time."""
        from r2cli.video.sample import sample_frames

        frames = sample_frames(video, self._model.checkpoint.clips_per_second, self._model.backbone.size)
        with closing(frames):  # whatever happens, Ctrl-C included, the decoder goes with it
            yield from self._windows(frames)

    def _windows(self, batches: Iterable[FrameBatch]) -> Iterator[EncodedWindow]:
        for window in self._cut(batches):
            if not self._is_dark(window):
                yield self._encode(window)

    def _cut(self, batches: Iterable[FrameBatch]) -> Iterator[Window]:
        """Each window as soon as its clips are there, and before more than a batch of others is."""
        step, first = step_of(self._length), -step_of(self._length)
        for batch in batches:
            self._take(batch)
            while self.clips > self._length and self.clips >= first + self._length:
                yield Window(first, first + self._length)
                first += step
        if self.clips <= self._length:
            yield Window(0, self.clips)
        elif first - step + self._length < self.clips:
            yield Window(first, self.clips)

    def embeddings(self) -> NDArray[np.float32] | None:
        """CLIP's embedding [T, E] of every clip read, where the checkpoint's scores take it into account."""
        return np.concatenate(self._embeddings) if self._embeddings else None

    def extent(self, video: VideoInfo) -> Extent:
        """The time line, once everything is read."""
        rate = self._model.checkpoint.clips_per_second
        cut_short = (self.clips + 1) / rate < video.duration
        end = self.clips / rate if cut_short else video.duration
        leader = self.black if self.clips > self._length else 0
        return Extent(self.clips, rate, min(leader / rate, end), end)

    def _take(self, batch: FrameBatch) -> None:
        if self.black == self.clips:
            bright = batch.pixels.max(axis=(1, 2, 3)) > BLACKEST
            self.black += int(bright.argmax()) if bright.any() else len(bright)
        tokens = compute(self._model, lambda: self._model.backbone.encode_frames(batch.pixels))
        self._held += tokens.unbind(1)
        if self._model.checkpoint.similarity_weight:
            embedded = compute(self._model, lambda: self._model.backbone.embed_tokens(tokens.to(self._model.device)))
            self._embeddings.append(embedded.cpu().numpy())
        self.clips += len(batch.times)
        self._on_progress(self.clips)

    def _is_dark(self, window: Window) -> bool:
        """Whether nothing is to be seen in a window of a long video but the black that it opens with."""
        return self.clips > self._length and window.stop <= self.black

    def _encode(self, window: Window) -> EncodedWindow:
        self._drop_before(window.first)
        held = self._held[max(window.first, 0) - self._first_held : window.stop - self._first_held]
        before = [self._black_clip()] * -window.first if window.first < 0 else []
        return EncodedWindow(window, compute(self._model, lambda: self._remember(before + held)))

    def _remember(self, clips: list[Tensor]) -> VideoMemory:
        import torch

        with torch.inference_mode():
            # T x [K, P, Dv] -> [K, T, P, Dv]; clips from before a device was given up are brought along
            tokens = torch.stack([clip.to(self._model.device) for clip in clips], dim=1)
            return self._model.model.encode_video(tokens[None])

    def _drop_before(self, clip: int) -> None:
        surplus = max(clip - self._first_held, 0)
        del self._held[:surplus]
        self._first_held += surplus

    def _black_clip(self) -> Tensor:
        size = self._model.backbone.size
        black = np.zeros((1, 3, size, size), dtype=np.uint8)
        return compute(self._model, lambda: self._model.backbone.encode_frames(black))[:, 0]


def compute(model: LoadedModel, work: Callable[[], Result]) -> Result:
    """Do some work on a model's device; if the device fails, do it again on the processor, to which the model moves.

    Args:
        model: Whose device it is.
        work: Brings what it needs to `model.device` by itself.

    Raises:
        ModelUnavailableError: The device leaves nothing that could be moved.
    """
    try:
        return work()
    except RuntimeError as error:  # torch has no narrower kind for most of what a graphics card cannot do
        device = model.device
        if device.type == "cpu":
            raise
        fault = error
    try:
        model.fall_back(device, fault)
        return work()
    except RuntimeError as error:
        raise ModelUnavailableError(
            f"{model.checkpoint.name} cannot run on {device.type} ({fault})", "try again with --device cpu"
        ) from error
