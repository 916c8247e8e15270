"""Where the rooms meet: a video and a sentence go in, findings come out.

A video is encoded once and can be asked many times: `index` keeps what the model needs of it, `find` asks while it
reads and keeps nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from r2cli.encoding import EncodedWindow, OnProgress, VideoReader, compute
from r2cli.errors import CommandLineError, ModelUnavailableError
from r2cli.findings import Findings, ModelSource, Moment, Saliency, Sampling, VideoSource
from r2cli.windows import Extent, Floats, WindowAnswer, merge_moments, merge_saliency

if TYPE_CHECKING:
    from torch import Tensor

    from r2cli.checkpoints.checkpoint import Checkpoint
    from r2cli.checkpoints.load import LoadedModel
    from r2cli.model import Prediction
    from r2cli.video.probe import VideoInfo

DEFAULT_MODEL = "qvhighlights"
DEFAULT_TOP = 5


def load(
    model: str = DEFAULT_MODEL,
    *,
    device: str = "auto",
    precision: str = "auto",
    on_note: Callable[[str], None] = lambda line: None,
) -> LoadedModel:
    """Load a model once, to hand it to `find` and `index`.

    Args:
        model: A checkpoint's name, or the path of a checkpoint.
        device: `auto`, `cuda`, `mps` or `cpu`.
        precision: `auto`, `fp32`, `bf16` or `fp16`; see `r2cli.backbones.settle`.
        on_note: Told in one line what is about to be downloaded, and when a device cannot be used.

    Raises:
        ModelUnavailableError: There is no such model, or it cannot be had.
        CommandLineError: There is no such device or precision.
    """
    from r2cli.checkpoints.load import find_source, open_checkpoint

    require_moments(find_source(model))  # before anything is downloaded
    loaded = open_checkpoint(model, device=device, precision=precision, on_note=on_note)
    require_moments(loaded.checkpoint)  # what a file holds shows only when it is open
    return loaded


def find(
    video: str | Path,
    query: str,
    *,
    model: str | LoadedModel = DEFAULT_MODEL,
    top: int | None = DEFAULT_TOP,
    min_score: float | None = None,
    device: str = "auto",
) -> Findings:
    """Find the moments of a video that match a sentence.

    Args:
        video: Path of the video, of any length.
        query: What to look for, in English.
        model: A checkpoint's name, the path of one, or what `load` returned.
        top: At most so many moments; None: all.
        min_score: Leave out moments with a lower score, 0 to 1; None: the checkpoint's own threshold.
        device: `auto`, `cuda`, `mps` or `cpu`; of no meaning when `model` is loaded already.

    Returns:
        Moments, best first, and the saliency of every clip. No moment is an answer too: nothing matched.

    Raises:
        UnreadableInputError: The video is missing, damaged, or holds no picture.
        ModelUnavailableError: There is no such model, or it cannot be had.
        CommandLineError: The query is empty, or there is no such device.
        FFmpegError: FFmpeg is missing or failed.
    """
    from r2cli.video.probe import probe

    query, info = require_query(query), probe(video)
    loaded = load(model, device=device) if isinstance(model, str) else model
    return select(search(info, query, loaded), top=top, min_score=_threshold(loaded, min_score))


def index(video: str | Path, *, model: str | LoadedModel = DEFAULT_MODEL, device: str = "auto") -> VideoIndex:
    """Encode a video once, to ask it many times.

    Keeps about 15 MB per window (every 76 s of film) of the default model in memory.

    Args:
        video: Path of the video.
        model: A checkpoint's name, the path of one, or what `load` returned.
        device: `auto`, `cuda`, `mps` or `cpu`; of no meaning when `model` is loaded already.

    Raises:
        R2Error: As `find` does.
    """
    from r2cli.video.probe import probe

    info = probe(video)
    return index_video(info, load(model, device=device) if isinstance(model, str) else model)


@dataclass(frozen=True)
class VideoIndex:
    """A video as the model remembers it, ready for queries."""

    video: VideoInfo
    model: LoadedModel
    windows: tuple[EncodedWindow, ...]
    extent: Extent
    embeddings: NDArray[np.float32] | None = None
    """[T, E], CLIP's embedding of every clip, where the model's scores take it into account."""

    def find(self, query: str, *, top: int | None = DEFAULT_TOP, min_score: float | None = None) -> Findings:
        """Find the moments that match a sentence; see `r2cli.find`."""
        query = require_query(query)
        tokens = encode_query(query, self.model)
        answers = [_ask(window, tokens, self.model) for window in self.windows]
        everything = _conclude(query, self.video, self.model, answers, self.extent, self.embeddings)
        return select(everything, top=top, min_score=_threshold(self.model, min_score))


def index_video(video: VideoInfo, model: LoadedModel, on_progress: OnProgress = lambda clips: None) -> VideoIndex:
    """`index`, for a video that is probed and a model that is loaded."""
    reader = VideoReader(model, on_progress)
    windows = tuple(reader.read(video))
    return VideoIndex(video, model, windows, reader.extent(video), reader.embeddings())


def search(video: VideoInfo, query: str, model: LoadedModel, on_progress: OnProgress = lambda clips: None) -> Findings:
    """Ask one query while the video is read, in constant memory.

    Returns:
        Every moment that the model sees, however low its score; `select` picks from them.
    """
    reader = VideoReader(model, on_progress)
    tokens = encode_query(query, model)
    answers = [_ask(window, tokens, model) for window in reader.read(video)]
    return _conclude(query, video, model, answers, reader.extent(video), reader.embeddings())


def select(findings: Findings, *, top: int | None, min_score: float) -> Findings:
    """Leave out moments below a score, and all but the best few. Nothing else about them changes."""
    moments = tuple(moment for moment in findings.moments if moment.score >= min_score)
    return replace(findings, moments=moments[:top])


def require_query(query: str) -> str:
    """The query without white space around it.

    Raises:
        CommandLineError: Nothing is left.
    """
    if not query.strip():
        raise CommandLineError("the query is empty", 'say what to look for, as "a dog jumps"')
    return query.strip()


def require_moments(checkpoint: Checkpoint) -> None:
    """Refuse a model that knows only highlights.

    Raises:
        ModelUnavailableError: It is one.
    """
    if checkpoint.task != "moments":
        raise ModelUnavailableError(
            f"{checkpoint.name} rates highlights and cannot say where a moment begins and ends",
            "choose a model for moments, as --model qvhighlights",
        )


def query_notes(query: str, model: LoadedModel) -> tuple[str, ...]:
    """What a user should know about how a model reads a query; mostly nothing."""
    from r2cli.backbones.tokenizer import UNKNOWN, Tokenizer

    tokenizer = model.backbone.tokenizer
    name, notes = model.checkpoint.name, []
    # One token more than the model reads tells a query that just fits from one that is cut.
    if bool(Tokenizer(tokenizer.context + 1)([query])[0, -1]):
        notes.append(f"the query is longer than {name} can read; what comes after its first words does not count")
    if tokenizer.rows is not None:
        unknown = [word for word in query.split() if bool((tokenizer([word]) == UNKNOWN).any())]
        if unknown:
            notes.append(f"{name} has never seen: {', '.join(dict.fromkeys(unknown))}")
    elif any(letter.isalpha() and not letter.isascii() for letter in query):
        notes.append(f"{name} learned from English sentences; a query in another language finds little")
    return tuple(notes)


def encode_query(query: str, model: LoadedModel) -> Tensor:
    """Tokens [K, L, Dq] of a query, on the model's device."""
    return compute(model, lambda: model.backbone.encode_query(query))


def _threshold(model: LoadedModel, min_score: float | None) -> float:
    return model.checkpoint.min_score if min_score is None else min_score


def _ask(encoded: EncodedWindow, query_tokens: Tensor, model: LoadedModel) -> WindowAnswer:
    rate = model.checkpoint.clips_per_second

    def predict() -> list[Prediction]:
        memory, tokens = encoded.memory.to(model.device), query_tokens[None].to(model.device)
        return model.model.predict(memory, tokens, clips_per_second=rate)

    (prediction,) = compute(model, predict)
    return WindowAnswer(encoded.window, _floats(prediction.boundary), _floats(prediction.saliency))


def _floats(tensor: Tensor) -> Floats:
    return tensor.numpy().astype(np.float64)


def _weigh_similarity(
    moments: list[Moment], query: str, model: LoadedModel, embeddings: NDArray[np.float32]
) -> list[Moment]:
    from r2cli.select.similarity import weigh_similarity

    checkpoint = model.checkpoint
    (embedded,) = compute(model, lambda: model.backbone.embed_queries([query])).cpu().numpy()
    return weigh_similarity(
        moments,
        (embeddings @ embedded).astype(np.float64),
        checkpoint.clips_per_second,
        weight=checkpoint.similarity_weight,
        level=checkpoint.similarity_level,
    )


def _conclude(
    query: str,
    video: VideoInfo,
    model: LoadedModel,
    answers: list[WindowAnswer],
    extent: Extent,
    embeddings: NDArray[np.float32] | None,
) -> Findings:
    from r2cli.select.postprocess import select_moments

    checkpoint = model.checkpoint
    alone = len(answers) == 1 and len(answers[0].window) == extent.clips
    boundary = answers[0].boundary if alone else merge_moments(answers, extent)
    moments = select_moments(boundary, extent.end, unit=checkpoint.unit, suppression=checkpoint.suppression)
    if embeddings is not None:
        moments = _weigh_similarity(moments, query, model, embeddings)
    scores = merge_saliency(answers, extent.clips)
    times = (np.arange(extent.clips) + 0.5) / extent.clips_per_second
    return Findings(
        query=query,
        video=VideoSource(video.path, video.duration, video.rate),
        model=ModelSource(checkpoint.name, model.sha256, model.backbone.name),
        sampling=Sampling(checkpoint.clips_per_second, checkpoint.window),
        moments=tuple(moments),
        saliency=tuple(Saliency(*pair) for pair in zip(times.tolist(), scores.tolist(), strict=True)),
    )
