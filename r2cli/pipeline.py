"""Where the rooms meet: a video and a sentence go in, findings come out.

A video is encoded once and can be asked many times: `index` keeps what the model needs of it, `find` asks while it
reads and keeps nothing.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from r2cli.asking import Asked
from r2cli.cache import known_video, remember_video
from r2cli.encoding import EncodedVideo, OnProgress, Reading, ReadingReport, encode
from r2cli.errors import CommandLineError, ModelUnavailableError
from r2cli.findings import Findings
from r2cli.windows import Extent

if TYPE_CHECKING:
    from r2cli.checkpoints.checkpoint import Checkpoint
    from r2cli.checkpoints.load import LoadedModel
    from r2cli.video.probe import VideoInfo

DEFAULT_MODEL = "qvhighlights"
DEFAULT_TOP = 5
OnReport = Callable[[ReadingReport], None]


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
    sampling: str = "auto",
    cache: bool = True,
) -> Findings:
    """Find the moments of a video that match a sentence.

    Args:
        video: Path of the video, of any length.
        query: What to look for, in English.
        model: A checkpoint's name, the path of one, or what `load` returned.
        top: At most so many moments; None: all.
        min_score: Leave out moments with a lower score, 0 to 1; None: the checkpoint's own threshold.
        device: `auto`, `cuda`, `mps` or `cpu`; of no meaning when `model` is loaded already.
        sampling: Which picture stands for a clip: `exact`, the one in its middle; `auto`, a keyframe where the clip
            has one of its own; `keyframes`, the nearest keyframe always.
        cache: Keep what is computed of the video, for the next query, and use what was kept.

    Returns:
        Moments, best first, and the saliency of every clip. No moment is an answer too: nothing matched.

    Raises:
        UnreadableInputError: The video is missing, damaged, or holds no picture.
        ModelUnavailableError: There is no such model, or it cannot be had.
        CommandLineError: The query is empty, or there is no such device.
        FFmpegError: FFmpeg is missing or failed.
    """
    query, info = require_query(query), look(video)
    loaded = load(model, device=device) if isinstance(model, str) else model
    (everything,) = search(info, [query], loaded, Reading(sampling=sampling, cache=cache))
    return select(everything, top=top, min_score=_threshold(loaded, min_score))


def index(
    video: str | Path,
    *,
    model: str | LoadedModel = DEFAULT_MODEL,
    device: str = "auto",
    sampling: str = "auto",
    cache: bool = True,
) -> VideoIndex:
    """Encode a video once, to ask it many times.

    Without the cache, keeps about 4 MB per window (every 76 s of film) of the default model in memory.

    Args:
        video: Path of the video.
        model: A checkpoint's name, the path of one, or what `load` returned.
        device: `auto`, `cuda`, `mps` or `cpu`; of no meaning when `model` is loaded already.
        sampling: As for `find`.
        cache: As for `find`.

    Raises:
        R2Error: As `find` does.
    """
    info = look(video)
    loaded = load(model, device=device) if isinstance(model, str) else model
    return index_video(info, loaded, Reading(sampling=sampling, cache=cache))


@dataclass(frozen=True)
class VideoIndex:
    """A video as the model remembers it, ready for queries."""

    encoded: EncodedVideo

    @property
    def video(self) -> VideoInfo:
        """Which video it is."""
        return self.encoded.video

    @property
    def model(self) -> LoadedModel:
        """Whose memory it is."""
        return self.encoded.model

    @property
    def extent(self) -> Extent:
        """Its time line."""
        return self.encoded.extent

    @property
    def embeddings(self) -> NDArray[np.float32]:
        """CLIP's embedding of every clip, [T, E], of unit length."""
        return self.encoded.embeddings

    @property
    def report(self) -> ReadingReport:
        """Where the tokens of its clips came from."""
        return self.encoded.report

    def ask(self, queries: Sequence[str]) -> list[Findings]:
        """Ask several queries at once.

        Returns:
            For each query every moment that the model sees, however low its score; `select` picks from them.
        """
        return _ask(self.encoded, [Asked(query, self.model) for query in queries])

    def find(self, query: str, *, top: int | None = DEFAULT_TOP, min_score: float | None = None) -> Findings:
        """Find the moments that match a sentence; see `r2cli.find`."""
        (everything,) = self.ask([require_query(query)])
        return select(everything, top=top, min_score=_threshold(self.model, min_score))


def look(path: str | Path) -> VideoInfo:
    """What a video file holds, as `video.probe` says; remembered for as long as the file does not change.

    Raises:
        UnreadableInputError: As `probe` does.

    Warns:
        DamagedVideoWarning: As `probe` does.
    """
    if known := known_video(Path(path)):
        info, notes = known
    else:
        from r2cli.video.probe import probe

        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            info = probe(path)
        notes = tuple(str(warning.message) for warning in caught)
        remember_video(info, notes)
    for note in notes:
        from r2cli.video.probe import DamagedVideoWarning

        warnings.warn(note, DamagedVideoWarning, stacklevel=2)
    return info


def index_video(
    video: VideoInfo,
    model: LoadedModel,
    reading: Reading = Reading(),  # noqa: B008 - it is frozen
    on_progress: OnProgress = lambda clips: None,
) -> VideoIndex:
    """`index`, for a video that is probed and a model that is loaded, for moments or for highlights."""
    with encode(video, model, reading, on_progress, keep=True) as encoded:
        for _ in encoded.chunks():
            pass
    return VideoIndex(encoded)


def search(
    video: VideoInfo,
    queries: Sequence[str],
    model: LoadedModel,
    reading: Reading = Reading(),  # noqa: B008 - it is frozen
    on_progress: OnProgress = lambda clips: None,
    on_report: OnReport = lambda report: None,
) -> list[Findings]:
    """Ask queries while the video is read, in constant memory.

    Args:
        video: From `look`, or `video.probe`.
        queries: What to look for.
        model: From `load`.
        reading: How to read the video.
        on_progress: Told how many clips have been read.
        on_report: Told at the end where the tokens of the clips came from.

    Returns:
        For each query every moment that the model sees, however low its score; `select` picks from them. An answer
        does not depend on what else is asked, nor on what the cache holds.
    """
    with encode(video, model, reading, on_progress, keep=False) as encoded:
        asked = [Asked(query, model) for query in queries]
        if not encoded.is_complete:
            _read_queries(asked, model)
        findings = _ask(encoded, asked)
        on_report(encoded.report)
        return findings


def _read_queries(asked: Sequence[Asked], model: LoadedModel) -> None:
    """Have the queries' tokens before a video is read: of the two towers, never more than one is whole in memory."""
    model.backbone.settle()
    for one in asked:
        _ = one.tokens
    model.backbone.let_go_of_text()


def _ask(encoded: EncodedVideo, asked: Sequence[Asked]) -> list[Findings]:
    for chunk in encoded.chunks():
        for one in asked:
            one.about(chunk)
    return [one.conclude(encoded) for one in asked]


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


def _threshold(model: LoadedModel, min_score: float | None) -> float:
    return model.checkpoint.min_score if min_score is None else min_score
