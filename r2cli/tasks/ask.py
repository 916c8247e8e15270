"""One query: what the windows of a video say about it, and the one answer out of theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np

from r2cli.errors import ArgumentError, shortened
from r2cli.findings import Findings, ModelSource, Moment, Part, Saliency, Sampling, VideoSource
from r2cli.memory import Chunk, EncodedVideo, compute
from r2cli.models.family import Prediction
from r2cli.select.leaning import lean_on_stretches
from r2cli.select.merge import WindowAnswer, merge_moments, merge_saliency
from r2cli.select.postprocess import Suppression, select_moments
from r2cli.select.similarity import weigh_similarity
from r2cli.select.spans import Floats

if TYPE_CHECKING:
    from torch import Tensor

    from r2cli.checkpoints.load import LoadedModel

LONGEST_QUERY = 10_000
"""Characters; a model reads less than a hundred words."""


class Asked:
    """One query, and what the windows say about it.

    Queries are asked one by one: in a batch of several they would have to be padded, and the released checkpoints take
    padding into account.
    """

    def __init__(self, query: str, model: LoadedModel) -> None:
        self.query, self.model = query, model
        self.answers: list[WindowAnswer] = []

    @cached_property
    def tokens(self) -> Tensor:
        """What the model needs of the query."""
        return compute(self.model, lambda: read_query(self.query, self.model))

    def about(self, chunk: Chunk) -> None:
        """Ask the windows of a chunk."""
        rate = self.model.checkpoint.clips_per_second

        def predict() -> list[Prediction]:
            device = self.model.device
            memories = [memory.to(device) for memory in chunk.memories]
            query = self.tokens.to(device)
            return self.model.family.ask(self.model.model, memories, query, clips_per_second=rate)

        for window, said in zip(chunk.windows, compute(self.model, predict), strict=True):
            self.answers.append(WindowAnswer(window, _floats(said.boundary), _floats(said.saliency)))

    def conclude(self, encoded: EncodedVideo) -> Findings:
        """The one answer out of those of all windows."""
        checkpoint, extent, video = self.model.checkpoint, encoded.extent, encoded.video
        scores = merge_saliency(self.answers, extent.clips)
        times = (np.arange(extent.clips) + 0.5) / extent.clips_per_second
        return Findings(
            query=self.query,
            video=VideoSource(video.path, video.duration, video.rate),
            model=ModelSource(checkpoint.name, self.model.sha256, self.model.backbone.name),
            sampling=Sampling(checkpoint.clips_per_second, checkpoint.window, encoded.sampling),
            moments=tuple(self._moments(encoded)),
            saliency=tuple(map(Saliency, times.tolist(), scores.tolist())),
        )

    def said(self, encoded: EncodedVideo) -> list[Moment]:
        """What the windows say, on one time line; best first."""
        return self._selected(encoded, None)

    def kept(self, encoded: EncodedVideo) -> list[Moment]:
        """What is left of it where moments overlap."""
        return self._selected(encoded, self.model.checkpoint.suppression)

    def similarity(self, encoded: EncodedVideo) -> Floats:
        """How near CLIP alone finds every clip's picture to the query, [T]."""
        (embedded,) = compute(self.model, lambda: self.model.backbone.embed_queries([self.query])).cpu().numpy()
        similarity: Floats = (encoded.embeddings @ embedded).astype(np.float64)
        return similarity

    def _selected(self, encoded: EncodedVideo, suppression: Suppression | None) -> list[Moment]:
        extent = encoded.extent
        alone = len(self.answers) == 1 and len(self.answers[0].window) == extent.clips
        boundary = self.answers[0].boundary if alone else merge_moments(self.answers, extent)
        if self.model.checkpoint.leans:
            boundary = self._leaned(boundary, encoded)
        return select_moments(boundary, extent.end, unit=self.model.checkpoint.unit, suppression=suppression)

    def _leaned(self, boundary: Floats, encoded: EncodedVideo) -> Floats:
        extent, rate = encoded.extent, encoded.extent.clips_per_second
        first = round(extent.start * rate)  # the black before it is no part of the film, as it is none of its windows
        seen = encoded.embeddings[first:].astype(np.float64)
        logits = float(self.model.backbone.clip.logit_scale.exp()) * self.similarity(encoded)[first:]
        shift = np.array([extent.start, extent.start, 0.0])
        nearness = (seen[1:] * seen[:-1]).sum(axis=1)
        leaned = lean_on_stretches(boundary - shift, logits, nearness, rate, extent.end - extent.start)
        moved: Floats = leaned + shift
        return moved

    def _moments(self, encoded: EncodedVideo) -> list[Moment]:
        checkpoint, moments = self.model.checkpoint, self.kept(encoded)
        if not checkpoint.similarity_weight:
            return moments
        return weigh_similarity(
            moments,
            self.similarity(encoded),
            checkpoint.clips_per_second,
            weight=checkpoint.similarity_weight,
            level=checkpoint.similarity_level,
        )


def _floats(tensor: Tensor) -> Floats:
    return tensor.numpy().astype(np.float64)


def read_query(query: str, model: LoadedModel) -> Tensor:
    """What a model needs of a query, on its device."""
    tokens: Tensor = model.family.read_query(model.model, model.backbone, query)
    return tokens


def read_queries(asked: Sequence[Asked], model: LoadedModel) -> None:
    """Have the queries' tokens before a video is read."""
    texts = [one.query for one in asked]
    made = compute(model, lambda: model.backbone.read_queries(texts, partial(read_query, model=model)))
    for one, tokens in zip(asked, made, strict=True):
        one.tokens = tokens


def ask_all(encoded: EncodedVideo, asked: Sequence[Asked]) -> list[Findings]:
    """The answers to all queries, out of one pass over the video."""
    for chunk in encoded.chunks():
        for one in asked:
            one.about(chunk)
    return [one.conclude(encoded) for one in asked]


def select(findings: Findings, *, top: int | None, min_score: float) -> Findings:
    """Leave out moments below a score, and all but the best few. Nothing else about them changes."""
    tree = None if findings.tree is None else _without_low(findings.tree, min_score)
    return replace(findings, moments=_reaching(findings.moments, min_score)[:top], tree=tree)


def _without_low(part: Part, min_score: float) -> Part:
    parts = tuple(_without_low(one, min_score) for one in part.parts)
    return replace(part, moments=_reaching(part.moments, min_score), parts=parts)


def _reaching(moments: tuple[Moment, ...], min_score: float) -> tuple[Moment, ...]:
    return tuple(moment for moment in moments if moment.score >= min_score)


def threshold(model: LoadedModel, min_score: float | None) -> float:
    """The least score of a moment that is shown: what was asked for, or the checkpoint's own."""
    return model.checkpoint.min_score if min_score is None else min_score


def require_query(query: str) -> str:
    """The query without white space around it.

    Raises:
        ArgumentError: Nothing is left, or more than a sentence could be.
    """
    query = query.strip()
    if not query:
        raise ArgumentError("the query is empty", 'say what to look for, as "a dog jumps"')
    if len(query) > LONGEST_QUERY:
        raise ArgumentError(
            f"the query has {len(query)} characters ({shortened(query, 60)})",
            f'say what to look for in a sentence, as "a dog jumps"; {LONGEST_QUERY} are the most',
        )
    return query


def query_notes(query: str, model: LoadedModel) -> tuple[str, ...]:
    """What a user should know about how a model reads a query; mostly nothing."""
    from r2cli.backbones.tokenizer import UNKNOWN, Tokenizer

    tokenizer = model.backbone.tokenizer
    name, notes = model.checkpoint.name, []
    # One token more than the model reads tells a query that just fits from one that is cut.
    if bool(Tokenizer(tokenizer.context + 1)([query])[0, -1]):
        notes.append(f"the query is longer than {name} can read; what comes after its first words does not count")
    if tokenizer.rows is not None:
        words = dict.fromkeys(query.split()[: tokenizer.context])
        unknown = [shortened(word, 60) for word in words if bool((tokenizer([word]) == UNKNOWN).any())]
        if unknown:
            notes.append(f"{name} has never seen: {', '.join(unknown)}")
    elif any(letter.isalpha() and not letter.isascii() for letter in query):
        notes.append(f"{name} learned from English sentences; a query in another language finds little")
    return tuple(notes)
