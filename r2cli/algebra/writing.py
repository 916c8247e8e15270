"""Expressions in the one way in which they are shown; read again, they mean the same."""

from __future__ import annotations

from r2cli.algebra.expression import And, Expression, Linked, Not, Or, Weighted, Words


def written(expression: Expression) -> str:
    """An expression in a line; whatever is combined stands in parentheses where it is combined again."""
    match expression:
        case Words(text):
            escaped = text.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'
        case Weighted(part, weight):
            return f"{_closed(part)}^{_number(weight)}"
        case Not(part):
            return f"not {_closed(part)}"
        case And(parts):
            return " and ".join(map(_closed, parts))
        case Or(parts):
            return " or ".join(map(_closed, parts))
        case Linked(link, first, second, within):
            end = "" if within is None else f" within {_number(within)}s"
            return f"{_begun(link, first)} {link} {_closed(second)}{end}"


def _closed(part: Expression) -> str:
    """A part, in parentheses if it is combined."""
    return f"({written(part)})" if isinstance(part, (And, Or, Linked)) else written(part)


def _begun(link: str, first: Expression) -> str:
    """What goes on as it began needs none: one thing, then another, then a third."""
    goes_on = link == "then" and isinstance(first, Linked) and first.link == "then"
    return written(first) if goes_on else _closed(first)


def _number(number: float) -> str:
    return f"{number:.6f}".rstrip("0").rstrip(".")
