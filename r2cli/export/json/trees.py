"""Expressions as JSON: the tree, and what each of its parts finds by itself; and how often something happens."""

from __future__ import annotations

from typing import Any

from r2cli.algebra.expression import Expression, Linked, Weighted, Words, parts_of
from r2cli.algebra.grammar import parse
from r2cli.algebra.tally import Count
from r2cli.algebra.writing import written
from r2cli.errors import CommandLineError
from r2cli.export.json.untrusted import Fields, Mistake
from r2cli.findings import Findings, Moment, Part


def combined_fields(found: Findings) -> dict[str, Any]:
    """The tree of an expression, and the number of occurrences; nothing for what has neither."""
    tree = {} if found.tree is None else {"expression": _node(found.tree)}
    if found.count is None:
        return tree
    count = found.count
    return {
        **tree,
        "count": {
            "occurrences": count.occurrences,
            "low": count.low,
            "high": count.high,
            "certainty": count.certainty,
        },
    }


def _node(part: Part) -> dict[str, Any]:
    return {
        **_own_fields(part.expression),
        "text": written(part.expression),
        "moments": [{"start": one.start, "end": one.end, "score": one.score} for one in part.moments],
        "parts": [_node(one) for one in part.parts],
    }


def _own_fields(expression: Expression) -> dict[str, Any]:
    match expression:
        case Words(text):
            return {"kind": "query", "query": text}
        case Weighted(weight=weight):
            return {"kind": "weighted", "weight": weight}
        case Linked(link=link):
            return {"kind": link, "within": expression.reach}
        case _:
            return {"kind": type(expression).__name__.lower()}


def read_tree(node: Fields) -> Part:
    """The tree that was written; what it says comes from its text, which is read as if somebody had typed it.

    Raises:
        Mistake: It is none.
    """
    try:
        expression = parse(node.text("text"), "the expression")
    except CommandLineError as error:
        raise Mistake(error.message) from error
    return _read_part(node, expression)


def _read_part(node: Fields, expression: Expression) -> Part:
    nodes, expected = node.objects("parts"), parts_of(expression)
    if len(nodes) != len(expected):
        raise Mistake(f"{node.where}.parts are {len(nodes)}, and its text has {len(expected)}")
    moments = tuple(Moment(*one.span(), one.number("score")) for one in node.objects("moments"))
    return Part(expression, moments, tuple(map(_read_part, nodes, expected)))


def read_count(count: Fields) -> Count:
    """How often something happens.

    Raises:
        Mistake: It makes no sense.
    """
    low, high = count.whole("low"), count.whole("high")
    if high < low:
        raise Mistake(f"{count.where}.high is {high}, below the lowest")
    return Count(count.whole("occurrences"), low, high, count.number("certainty"))
