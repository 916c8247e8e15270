"""What the memory of a video depends on: the name under which it is kept, and what makes it another."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r2cli.backbones.spec import BackboneSpec, Pixels
from r2cli.cache import Entry, digest_of
from r2cli.cache.layout import Layout
from r2cli.hub import find_file
from r2cli.memory.reading import Reading
from r2cli.memory.redundancy import BLOCK, LARGEST_DIFFERENCE
from r2cli.models.family import DEFAULT_FAMILY, Array
from r2cli.windows import Window, first_open_window, plan_windows, step_of

if TYPE_CHECKING:
    from r2cli.checkpoints.load import LoadedModel
    from r2cli.video.probe import VideoInfo

VERSION = 2
"""Raised whenever the same film, read in the same way by the same model, gives other numbers than before."""


def window_clips(model: LoadedModel) -> int:
    """How many clips a model sees at once, at most."""
    return max(2, round(model.checkpoint.window * model.checkpoint.clips_per_second))


def facts_of(video: VideoInfo, model: LoadedModel, reading: Reading) -> dict[str, Any]:
    """Everything that what a model remembers of a video depends on.

    The film's name is not among it, nor what decodes it: another decoder gives the same pictures, but for rounding. How
    finely they are looked at is; where that is left to r2, it depends on the device, and is not asked for here, since
    it is found out by looking at frames.

    Raises:
        OSError: The video cannot be read.
    """
    backbone, checkpoint = model.backbone, model.checkpoint
    return {
        "version": VERSION,
        "video": digest_of(video.path),
        "stream": [video.stream_index, video.start, video.duration, video.rotation],
        "sampling": reading.sampling,
        "clips_per_second": checkpoint.clips_per_second,
        "window_clips": window_clips(model),
        "reuse": [BLOCK, LARGEST_DIFFERENCE] if reading.reuse else [],
        "weights": model.sha256,
        "backbone": backbone.name,
        "clip": clip_digest(model),
        "precision": [model.wanted_precision, model.device.type if model.wanted_precision == "auto" else ""],
        **model.family.facts(checkpoint.config, patches=backbone.tokens, embedding=backbone.embedding_width),
        **({} if checkpoint.family == DEFAULT_FAMILY else {"family": checkpoint.family}),
        **_described(checkpoint.backbone),
    }


def expected_size(facts: Mapping[str, Any], arrays: tuple[Array, ...], video: VideoInfo) -> int:
    """Bytes that the windows of a video take, or a window less, if it is as long as it says."""
    from r2cli.video.sampling.frames import clip_count

    clips = clip_count(video.duration, facts["clips_per_second"])
    length = min(clips, facts["window_clips"])
    layout = Layout(arrays, length)
    return layout.size * max(1, clips // step_of(length))


def arrays_of(model: LoadedModel) -> tuple[Array, ...]:
    """What a model's memory of a window consists of."""
    backbone = model.backbone
    return model.family.arrays(model.checkpoint.config, patches=backbone.tokens, embedding=backbone.embedding_width)


def _described(spec: BackboneSpec) -> dict[str, str]:
    """What is said of a CLIP that its weights do not show, as how wide its heads are; nothing where all is known."""
    said = [] if spec.config is None else [spec.config]
    said += [] if spec.pixels == Pixels() else [asdict(spec.pixels)]
    if not said:
        return {}
    text = json.dumps(said, sort_keys=True)
    return {"described": hashlib.blake2b(text.encode("ascii"), digest_size=16).hexdigest()}


def label_of(model: LoadedModel) -> dict[str, str]:
    """What people want to know of an entry besides."""
    return {"model": model.checkpoint.name}


def is_sound(entry: Entry) -> bool:
    """Whether an entry has the windows that its clips make, and no others."""
    windows = [(slot.first, slot.stop) for slot in entry.slots]
    length = entry.facts["window_clips"]
    expected = plan_windows(entry.clips, length) if entry.is_complete else _complete_windows(entry.clips, length)
    is_long = entry.clips > length
    return windows == [(one.first, one.stop) for one in expected if not is_long or one.stop > entry.black]


def _complete_windows(clips: int, length: int) -> tuple[Window, ...]:
    """The windows that a video's first clips complete, however many follow."""
    step = step_of(length)
    return tuple(Window(first, first + length) for first in range(-step, first_open_window(clips, length), step))


def clip_digest(model: LoadedModel) -> str:
    """Of the file with the CLIP's weights; empty when they are in the checkpoint's own."""
    spec = model.checkpoint.backbone
    path: Path | None = spec.weights
    if path is None and spec.source is not None:
        found = find_file(spec.source)
        path = None if found is None else found.path
    return "" if path is None else digest_of(path)
