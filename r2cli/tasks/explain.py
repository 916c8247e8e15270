"""Why a moment has its score: the query is asked once more, and what came of it on the way is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from r2cli.errors import R2Error
from r2cli.explanation import ClipFacts, Explanation, LayerFacts, Similarity
from r2cli.findings import Findings, Moment
from r2cli.memory import compute
from r2cli.select.similarity import clips_of, most_similar
from r2cli.tasks.ask import Asked

if TYPE_CHECKING:
    from r2cli.memory import Chunk, EncodedVideo
    from r2cli.models.trace import Trace
    from r2cli.windows import Window


def explain(encoded: EncodedVideo, query: str, moment: Moment, *, rank: int, threshold: float) -> Explanation:
    """Say what made the score of a moment.

    Args:
        encoded: Of the moment's video, by the model that found it.
        query: What was looked for.
        moment: One of its answer.
        rank: Its place among all that were shown.
        threshold: The least score of a moment that is shown.

    Raises:
        R2Error: Asked again, the model does not say the same: some graphics cards do not compute alike twice.
    """
    asked, moment = Asked(query, encoded.model), moment.as_seen
    for chunk in encoded.chunks():
        asked.about(chunk)
    found = asked.conclude(encoded)
    if moment not in found.moments:
        raise R2Error(f"{encoded.video.path}: asked again, the model gives another score", "add --device cpu")
    kept = _same_span(asked.kept(encoded), moment)
    said = _same_span(asked.said(encoded), moment)
    source = _source(asked, encoded, said)
    return Explanation(
        query=query,
        video=encoded.video.path,
        moment=moment,
        rank=rank,
        threshold=threshold,
        window=(max(source.span[0], 0.0), min(source.span[1], found.video.duration)),
        said=said.score,
        kept=kept.score,
        similarity=_similarity(asked, encoded, moment),
        clips=_clips(found, moment, source),
        layers=_layers(moment, source),
        following=next(iter(found.moments[found.moments.index(moment) + 1 :]), None),
        elsewhere=next((one for one in found.moments if not _share_time(one, moment)), None),
    )


def _same_span(moments: Sequence[Moment], wanted: Moment) -> Moment:
    """The best of the same start and end: of boundaries that agree in both, suppression leaves one."""
    return next(one for one in moments if (one.start, one.end) == (wanted.start, wanted.end))


def _share_time(one: Moment, other: Moment) -> bool:
    return one.start < other.end and other.start < one.end


@dataclass(frozen=True)
class _Source:
    """The window in which a moment was seen best, and what the model's family says about it."""

    window: Window
    rate: float
    """Clips per second."""
    trace: Trace | None

    @property
    def span(self) -> tuple[float, float]:
        """Seconds that it sees."""
        return self.window.first / self.rate, self.window.stop / self.rate

    def place(self, clip: int) -> int | None:
        """Where a clip of the video is in the window; None: the window does not see it, or there is no trace."""
        is_seen = self.trace is not None and self.window.first <= clip < self.window.stop
        return clip - self.window.first if is_seen else None


def _source(asked: Asked, encoded: EncodedVideo, said: Moment) -> _Source:
    """Find the boundary of that score; among equals the one that shares most time with the moment.

    Where a model leans on similarity, no score is as it was said: there, the one of at most twice its length.
    """
    rate, leans = encoded.model.checkpoint.clips_per_second, encoded.model.checkpoint.leans
    best = (-np.inf, 0)
    for number, answer in enumerate(asked.answers):
        first, rows = answer.window.first / rate, answer.boundary
        is_it = rows[:, 1] - rows[:, 0] <= 2 * (said.end - said.start) if leans else rows[:, 2] == said.score
        rows = rows[is_it]
        shared = np.minimum(rows[:, 1] + first, said.end) - np.maximum(rows[:, 0] + first, said.start)
        best = max(best, (float(shared.max(initial=-np.inf)), -number))
    number = -best[1]
    for chunk in encoded.chunks():
        if number < len(chunk.windows):
            return _Source(chunk.windows[number], rate, _trace(asked, chunk, number))
        number -= len(chunk.windows)
    raise AssertionError("the chunks are the same each time")


def _trace(asked: Asked, chunk: Chunk, number: int) -> Trace | None:
    model = asked.model

    def look() -> list[Trace]:
        memories = [memory.to(model.device) for memory in chunk.memories]
        query = asked.tokens.to(model.device)
        return model.family.trace(model.model, memories, query, clips_per_second=model.checkpoint.clips_per_second)

    traces = compute(model, look)
    return traces[number] if traces else None


def _similarity(asked: Asked, encoded: EncodedVideo, moment: Moment) -> Similarity | None:
    checkpoint = asked.model.checkpoint
    if not checkpoint.similarity_weight:
        return None
    similarity, rate = asked.similarity(encoded), checkpoint.clips_per_second
    clip = most_similar(moment, similarity, rate)
    time, value = (clip + 0.5) / rate, float(similarity[clip])
    return Similarity(time, value, checkpoint.similarity_level, checkpoint.similarity_weight)


def _clips(found: Findings, moment: Moment, source: _Source) -> tuple[ClipFacts, ...]:
    facts = []
    for clip in clips_of(moment, len(found.saliency), source.rate):
        place, known = source.place(clip), found.saliency[clip]
        if place is None or source.trace is None:
            facts.append(ClipFacts(known.time, known.score, None, None))
        else:
            certainty, fit = float(source.trace.certainty[place]), float(source.trace.fit[place])
            facts.append(ClipFacts(known.time, known.score, certainty, fit))
    return tuple(facts)


def _layers(moment: Moment, source: _Source) -> tuple[LayerFacts, ...]:
    if source.trace is None:
        return ()
    fits, gates = source.trace.layer_fit, source.trace.gates.tolist()
    is_inside = np.zeros(fits.shape[1], dtype=np.bool_)
    seen = clips_of(moment, source.window.stop, source.rate)
    is_inside[[place for place in map(source.place, seen) if place is not None]] = True
    inside = fits[:, is_inside].mean(dim=1).tolist()
    outside = [None] * len(gates) if is_inside.all() else fits[:, ~is_inside].mean(dim=1).tolist()
    lowest_first = zip(range(len(gates), 0, -1), gates, inside, outside, strict=True)
    return tuple(LayerFacts(*facts) for facts in lowest_first)[::-1]
