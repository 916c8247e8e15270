"""The tree of an expression: quoted queries, and how they are combined."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Link = Literal["then", "before", "during", "near"]

USUAL_WITHIN: dict[str, float | None] = {"then": 30.0, "before": None, "during": None, "near": 5.0}
"""Seconds that may lie between the two parts where nobody says; None: any time, or, of `during`, of no meaning."""


@dataclass(frozen=True)
class Words:
    """What is asked of the model, as any other query."""

    text: str


@dataclass(frozen=True)
class Weighted:
    """A part that counts more, or less, than those that it is combined with."""

    part: Expression
    weight: float
    """As of so many parts; others have 1."""


@dataclass(frozen=True)
class Not:
    """When a part is not there."""

    part: Expression


@dataclass(frozen=True)
class And:
    """When all parts are there at once."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True)
class Or:
    """When any part is there."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True)
class Linked:
    """Two parts that stand in some relation in time."""

    link: Link
    first: Expression
    second: Expression
    within: float | None = None
    """Seconds; None: as usual for this link."""

    @property
    def reach(self) -> float | None:
        """Seconds that may lie between the two; None: any."""
        return USUAL_WITHIN[self.link] if self.within is None else self.within


Expression = Words | Weighted | Not | And | Or | Linked


def parts_of(expression: Expression) -> tuple[Expression, ...]:
    """The parts that a node combines, in the order in which they are written."""
    match expression:
        case Words():
            return ()
        case And(parts) | Or(parts):
            return parts
        case Weighted(part) | Not(part):
            return (part,)
        case Linked(first=first, second=second):
            return first, second


def weight_of(part: Expression) -> float:
    """How much a part counts beside others."""
    return part.weight if isinstance(part, Weighted) else 1.0


def texts_of(expression: Expression) -> tuple[str, ...]:
    """Every quoted query, once, in the order in which they are written."""
    return tuple(dict.fromkeys(_texts(expression)))


def _texts(expression: Expression) -> Iterator[str]:
    if isinstance(expression, Words):
        yield expression.text
    for part in parts_of(expression):
        yield from _texts(part)


def depth_of(expression: Expression) -> int:
    """How many nodes lie above one another; of a quoted query 1."""
    return 1 + max(map(depth_of, parts_of(expression)), default=0)


def says_what_is_there(expression: Expression) -> bool:
    """Whether it names something to be seen, and not only what is to be missing: the rest of a film is no answer."""
    match expression:
        case Words():
            return True
        case Not():
            return False
        case Weighted(part):
            return says_what_is_there(part)
        case And(parts):
            return any(map(says_what_is_there, parts))
        case Or(parts):
            return all(map(says_what_is_there, parts))
        case Linked(first=first, second=second):
            return says_what_is_there(first) and (isinstance(second, Not) or says_what_is_there(second))


def negated(part: Expression) -> Expression:
    """What says the opposite; of an opposite, the thing itself."""
    return part.part if isinstance(part, Not) else Not(part)


def all_of(*parts: Expression) -> Expression:
    """Parts that are there at once; what is such a thing already is taken apart."""
    return _flat(And, parts)


def any_of(*parts: Expression) -> Expression:
    """Parts of which one is there."""
    return _flat(Or, parts)


def _flat(kind: type[And] | type[Or], parts: tuple[Expression, ...]) -> Expression:
    inner = [piece for part in parts for piece in (part.parts if isinstance(part, kind) else (part,))]
    return inner[0] if len(inner) == 1 else kind(tuple(inner))
