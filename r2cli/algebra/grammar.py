"""Expressions as they are typed: `"a dog" and not "people"`.

    expression = seq { "or" seq }
    seq        = both { ("then" | "before") both [within] }
    both       = part { "and" part | "near" part [within] | "during" part }
    part       = "not" part | ( quoted | "(" expression ")" ) [ "^" number ]
    within     = "within" length

Queries are always quoted, so that no word of theirs is taken for one of these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, cast

from r2cli.algebra.expression import (
    Expression,
    Link,
    Linked,
    Weighted,
    Words,
    all_of,
    any_of,
    depth_of,
    negated,
    says_what_is_there,
)
from r2cli.algebra.tokens import Token, misread, tokens_of
from r2cli.algebra.writing import written
from r2cli.errors import CommandLineError
from r2cli.timecode import parse_length

LONGEST = 20_000
"""Characters."""
MOST_PARTS = 200
"""Quoted queries; each is asked of the model."""
DEEPEST = 50
"""Nodes above one another."""
LIGHTEST, HEAVIEST = 0.1, 10.0
"""Weights."""


def parse(text: str, name: str) -> Expression:
    """Read an expression.

    Args:
        text: As it was typed, by anybody.
        name: What to call it in messages, as `--expr`.

    Raises:
        CommandLineError: It is none; the message says where, and a caret shows it.
    """
    _require_short(text, name)
    found = _Parser(text, name).parse()
    _require_short(written(found), name)  # so that it can be read again
    if not says_what_is_there(found):
        raise CommandLineError(
            f'{name}: "not" alone says nothing that could be shown',
            'name what is there too, as: "a dog" and not "people"',
        )
    return found


def _require_short(text: str, name: str) -> None:
    if len(text) > LONGEST:
        raise CommandLineError(f"{name}: {len(text)} characters", f"{LONGEST} are the most")


class _Parser:
    """One reading of one text, by recursive descent."""

    def __init__(self, text: str, name: str) -> None:
        self.text, self.name = text, name
        self.tokens = tokens_of(text, name)
        self.at, self.parts, self.depth = 0, 0, 0
        self.idle: list[tuple[Weighted, Token]] = []
        """Weights that have not met another part yet."""

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def parse(self) -> Expression:
        found = self._expression()
        if self.next.kind != "end":
            self._fail(f"expected {_EXPECTED} {self._after()}")
        if self.idle:
            _, token = self.idle[0]
            self._fail('a weight counts beside other parts alone, of "and", "then" and their like', token)
        if depth_of(found) > DEEPEST:
            raise CommandLineError(f"{self.name}: more than {DEEPEST} parts within or after one another", "split it")
        return found

    def _expression(self) -> Expression:
        parts = [self._sequence()]
        while self._takes("or"):
            parts.append(self._sequence())
        return any_of(*parts)

    def _sequence(self) -> Expression:
        return self._chain(self._both, ("then", "before"))

    def _both(self) -> Expression:
        return self._chain(self._part, ("and", "near", "during"))

    def _chain(self, operand: Callable[[], Expression], words: tuple[str, ...]) -> Expression:
        found = operand()
        while word := next((word for word in words if self._takes(word)), None):
            second = operand()
            self.idle = [one for one in self.idle if one[0] is not found and one[0] is not second]
            if word == "and":
                found = all_of(found, second)
            else:
                found = Linked(cast(Link, word), found, second, self._within() if word != "during" else None)
        return found

    def _part(self) -> Expression:
        self.depth += 1
        if self.depth > DEEPEST:
            self._fail(f"nested more than {DEEPEST} deep")
        found = negated(self._part()) if self._takes("not") else self._weighted(self._primary())
        self.depth -= 1
        return found

    def _primary(self) -> Expression:
        token = self.next
        if token.kind == "quoted":
            self.at += 1
            return self._words(token)
        if not self._takes("("):
            self._fail(f'expected a query in quotes, "not" or "(" {self._after()}')
        found = self._expression()
        if not self._takes(")"):
            self._fail(f'expected {_EXPECTED} or the ")" of column {token.at + 1}')
        return found

    def _words(self, token: Token) -> Words:
        self.parts += 1
        if self.parts > MOST_PARTS:
            self._fail(f"more than {MOST_PARTS} queries", token)
        if not token.value:
            self._fail("there is nothing in these quotes", token)
        return Words(token.value)

    def _weighted(self, part: Expression) -> Expression:
        token = self.next
        if not self._takes("^"):
            return part
        amount = self._amount("a weight")
        try:
            weight = round(float(amount.value), 6)
        except ValueError:
            weight = 0.0
        if not LIGHTEST <= weight <= HEAVIEST:
            self._fail(f"a weight is a number from {LIGHTEST:g} to {HEAVIEST:g}", amount)
        if not says_what_is_there(part):
            self._fail("what is to be missing has no weight", token)
        found = Weighted(part, weight)
        self.idle.append((found, token))
        return found

    def _within(self) -> float | None:
        if not self._takes("within"):
            return None
        amount = self._amount("a length")
        if amount.value.strip("0:.s") == "":
            return 0.0
        try:
            return round(parse_length(amount.value), 6)
        except CommandLineError:
            self._fail("no length: write one as 10s, 2m or 1:30", amount)

    def _amount(self, what: str) -> Token:
        token = self.next
        if token.kind != "amount":
            self._fail(f"expected {what} {self._after()}")
        self.at += 1
        return token

    def _takes(self, word: str) -> bool:
        """Whether the next token is this one; then it is read."""
        token = self.next
        if token.kind not in ("word", "sign") or token.value != word:
            return False
        self.at += 1
        return True

    def _after(self) -> str:
        if self.at == 0:
            return "at the beginning"
        return f"after {self.tokens[self.at - 1].shown}"

    def _fail(self, reason: str, token: Token | None = None) -> NoReturn:
        if token is None and self.next.kind == "bare":
            reason = "put what to look for in quotes"
        raise misread(self.name, self.text, reason, (token or self.next).at)


_EXPECTED = '"and", "or", "then", "before", "near" or "during"'
