"""A video is looked at once, and can be asked many times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from r2cli.findings import DEFAULT_TOP, Findings
from r2cli.memory import EncodedVideo, OnProgress, Reading, ReadingReport, encode
from r2cli.tasks.arguments import checked
from r2cli.tasks.ask import Asked, ask_all, select, threshold
from r2cli.tasks.combine import Question, answer_questions, require_question, with_count
from r2cli.tasks.load import DEFAULT_MODEL, opened
from r2cli.tasks.open_video import open_video
from r2cli.tasks.telling import OnNote, OnWork, counted
from r2cli.windows import Extent

if TYPE_CHECKING:
    from r2cli.checkpoints.load import LoadedModel
    from r2cli.video.probe import VideoInfo


@checked
def remember(
    video: str | Path,
    *,
    model: str | Path | LoadedModel = DEFAULT_MODEL,
    device: str = "auto",
    precision: str = "auto",
    sampling: str = "auto",
    cache: bool = True,
    on_note: OnNote | None = None,
    on_progress: OnWork | None = None,
) -> VideoMemory:
    """Encode a video once, to ask it many times.

    >>> memory = r2cli.remember("holiday.mp4")
    >>> dogs, cats = memory.find("a dog jumps"), memory.find("a cat sleeps")

    Without the cache, keeps about 4 MB per window (every 76 s of film) of the default model in memory.

    Args:
        video: Path of the video.
        model: A checkpoint's name, the path of one, or what `load` returned.
        device: As for `find`.
        precision: As for `find`.
        sampling: As for `find`.
        cache: As for `find`.
        on_note: As for `find`.
        on_progress: As for `find`.

    Raises:
        R2Error: As `find` does.
    """
    info = open_video(video)
    loaded = opened(model, device=device, precision=precision, on_note=on_note)
    watch = counted(on_progress, info, loaded.checkpoint.clips_per_second)
    return remember_video(info, loaded, Reading(sampling=sampling, cache=cache), watch)


@dataclass(frozen=True)
class VideoMemory:
    """A video as the model remembers it, ready for queries."""

    encoded: EncodedVideo

    def __repr__(self) -> str:
        seconds = self.video.duration
        return f"<{type(self).__name__} of {str(self.video.path)!r}: {seconds:.1f} s, {self.model.checkpoint.name}>"

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

    @checked
    def ask(self, queries: Sequence[str]) -> list[Findings]:
        """Ask several queries at once.

        Returns:
            For each query every moment that the model sees, however low its score; `select` picks from them.
        """
        return ask_all(self.encoded, [Asked(query, self.model) for query in queries])

    def answer(self, questions: Sequence[Question]) -> list[Findings]:
        """The same for sentences and expressions."""
        return answer_questions(questions, self.model, self.ask)

    @checked
    def find(
        self,
        query: str | None = None,
        *,
        expr: str | None = None,
        count: bool = False,
        top: int | None = DEFAULT_TOP,
        min_score: float | None = None,
    ) -> Findings:
        """Find the moments that match a sentence, or an expression; see `r2cli.find`.

        Raises:
            ArgumentError: An argument makes no sense.
        """
        (everything,) = self.answer([require_question(query, expr)])
        if count:
            everything = with_count(everything, self.model)
        return select(everything, top=top, min_score=threshold(self.model, min_score))


def remember_video(
    video: VideoInfo,
    model: LoadedModel,
    reading: Reading = Reading(),  # noqa: B008 - it is frozen
    on_progress: OnProgress = lambda clips: None,
) -> VideoMemory:
    """`remember`, for a video that is probed and a model that is loaded, for moments or for highlights."""
    with encode(video, model, reading, on_progress, keep=True) as encoded:
        for _ in encoded.chunks():
            pass
    return VideoMemory(encoded)
