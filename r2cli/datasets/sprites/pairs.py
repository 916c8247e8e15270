"""Questions about two things at once, or one after the other: exact answers follow from a film's script."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from r2cli.datasets.sprites.script import STANDS, Film, Question, phrasings, true_moments

KINDS = ("and", "not", "then")
WITHIN = 10.0
"""Seconds from the first to the second, at most."""
_SHORTEST = 1.0
"""Seconds: a question with a shorter true moment is not asked, since nobody would see it."""
_MARGIN = 2.0
"""Seconds by which what never follows misses it."""

Spans = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Pair:
    """Two questions in one."""

    kind: str
    """One of `KINDS`: both at once, the first without the second, the second after the first."""
    first: Question
    second: Question
    moments: Spans
    """Seconds, in order."""


def single_questions(film: Film, rng: random.Random) -> tuple[Question, ...]:
    """Every thing of a film, and every deed of each, whether that can be told from the thing alone or not."""
    found = []
    for thing in sorted({actor.thing for actor in film.actors}):
        done = {act.deed for actor in film.actors if actor.thing == thing for act in actor.acts} - {STANDS}
        for deed in (None, *sorted(done)):
            text = rng.choice(phrasings(thing, deed))
            found.append(Question(text, "deed" if deed else "thing", thing, deed, true_moments(film, thing, deed)))
    return tuple(found)


def pairs(kind: str, questions: Sequence[Question]) -> Iterator[Pair]:
    """Every sensible pair of a film's questions with an answer.

    Two at once are about different things; a first without a second loses something by it; what follows are deeds.
    """
    for first in questions:
        for second in questions:
            moments = _moments(kind, first, second)
            if first is not second and moments and all(end - start >= _SHORTEST for start, end in moments):
                yield Pair(kind, first, second, moments)


def never(kind: str, questions: Sequence[Question]) -> Iterator[Pair]:
    """Every pair of a film's questions of which both have an answer, and both together none, by some seconds."""
    for first in questions:
        for second in questions:
            if first.thing != second.thing and not _nearly(kind, first, second):
                yield Pair(kind, first, second, ())


def _nearly(kind: str, first: Question, second: Question) -> bool:
    if kind == "and":
        return bool(shared(first.moments, second.moments))
    ends, starts = [end for _, end in first.moments], [start for start, _ in second.moments]
    return any(-_MARGIN <= start - end <= WITHIN + _MARGIN for end in ends for start in starts)


def _moments(kind: str, first: Question, second: Question) -> Spans:
    if kind == "and":
        return () if first.thing == second.thing else shared(first.moments, second.moments)
    if kind == "not":
        left = without(first.moments, second.moments)
        return () if left == first.moments else left
    return followed(first.moments, second.moments, WITHIN) if first.deed and second.deed else ()


def shared(one: Spans, other: Spans) -> Spans:
    """What spans of both share."""
    both = ((max(a, c), min(b, d)) for a, b in one for c, d in other)
    return tuple(sorted((start, end) for start, end in both if end > start))


def without(one: Spans, other: Spans) -> Spans:
    """What is left of spans when others are taken out of them."""
    for start, end in other:
        pieces = (piece for a, b in one for piece in ((a, min(b, start)), (max(a, end), b)))
        one = tuple(sorted({(a, b) for a, b in pieces if b > a}))
    return one


def followed(one: Spans, other: Spans, within: float) -> Spans:
    """From the start of a span to the end of the next one of the others, if nothing of either comes between."""
    found = []
    for a, b in one:
        after = [span for span in other if 0 <= span[0] - b <= within]
        if after and not any(b < end <= min(after)[0] for _, end in one):
            found.append((a, min(after)[1]))
    return tuple(found)
