"""What an expression means: from what its queries find to the spans of the whole; README.md says it in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial, reduce

from r2cli.algebra.expression import And, Expression, Linked, Not, Or, Words, parts_of, says_what_is_there, weight_of
from r2cli.algebra.links import Test, alone, chosen, during, following, follows, near
from r2cli.algebra.values import Value, any_value, both_values, distinct, limited, make_value, opposite, possible


@dataclass(frozen=True)
class World:
    """What an expression is about: one film, and how sure and how exact its spans are."""

    duration: float
    """Of the film, seconds."""
    level: float
    """The score at which a thing may as well be there as not, in (0, 1): the model's own least score."""
    slack: float
    """Seconds by which edges may be off, a clip: by so much may overlap what follows each other."""

    @property
    def shortest(self) -> float:
        """Seconds of an answer, at least: what is shorter may be made by two edges that are both off."""
        return 2 * self.slack


@dataclass(frozen=True)
class Meaning:
    """An expression with what it finds, and so for each of its parts."""

    expression: Expression
    value: Value
    parts: tuple[Meaning, ...]


def mean(expression: Expression, found: Mapping[str, Value], world: World) -> Meaning:
    """Work out an expression from the bottom up.

    Args:
        expression: What is asked.
        found: [N, 3] for each of its texts: what the model finds for that query.
        world: What it is about.
    """
    if isinstance(expression, Words):
        return Meaning(expression, distinct(make_value(found[expression.text])), ())
    parts = tuple(mean(part, found, world) for part in parts_of(expression))
    return Meaning(expression, _combined(expression, parts, world), parts)


def told(meaning: Meaning, world: World) -> Value:
    """The answer to a whole expression, best first: one span for each event."""
    if isinstance(meaning.expression, Words):
        return meaning.value
    return answer(meaning.value, world.shortest)


def answer(value: Value, shortest: float) -> Value:
    """One span for each event, none shorter than so many seconds; best first."""
    # A hair less: the difference of two times is not exact.
    return distinct(value[value[:, 1] - value[:, 0] > shortest - 1e-6])


def _combined(expression: Expression, parts: tuple[Meaning, ...], world: World) -> Value:
    match expression:
        case And():
            return _all(parts)
        case Or():
            return reduce(any_value, (part.value for part in parts))
        case Not():
            return opposite(parts[0].value, world.duration, possible(world.level))
        case Linked():
            return _linked(expression, parts, world)
        case _:
            return parts[0].value


def _all(parts: tuple[Meaning, ...]) -> Value:
    """What is there counts together, by weight; what is to be missing only limits that."""
    there = [part for part in parts if says_what_is_there(part.expression)]
    value, weight = None, 0.0
    for part in there:
        added = weight_of(part.expression)
        value = part.value if value is None else both_values(value, part.value, (weight, added))
        weight += added
    missing = [part.value for part in parts if not says_what_is_there(part.expression)]
    return reduce(limited, missing if value is None else [value, *missing])


def _linked(expression: Linked, parts: tuple[Meaning, ...], world: World) -> Value:
    first, second = parts
    test, one = _test(expression, world), answer(first.value, world.slack)
    if isinstance(second.expression, Not):
        (missing,) = second.parts
        return alone(one, answer(missing.value, world.slack), test, possible(world.level))
    other = answer(second.value, world.slack)
    weights = weight_of(expression.first), weight_of(expression.second)
    if expression.link == "then":
        return following(one, other, expression.reach, world.slack, weights)
    return chosen(one, other, test, weights)


def _test(expression: Linked, world: World) -> Test:
    match expression.link:
        case "during":
            return during
        case "near":
            return partial(near, reach=expression.reach)
        case _:
            return partial(follows, reach=expression.reach, slack=world.slack)
