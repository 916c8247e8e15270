"""Several queries in one: an expression, or options for the simple cases, which make the same tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Annotated, ClassVar

import typer

from r2cli.algebra.expression import Expression, Link, Linked, Not, Words, all_of, any_of
from r2cli.algebra.grammar import parse
from r2cli.algebra.writing import written
from r2cli.amounts import read_span
from r2cli.errors import CommandLineError


def _several(flag: str, help: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(flag, metavar="QUERY", help=help, show_default=False)
    return option


@dataclass(frozen=True)
class Combining:
    """What else is to be there, or not, or before or after."""

    SECTION: ClassVar[str] = "Combining queries"

    expr: Annotated[
        str | None,
        typer.Option(
            "--expr",
            metavar="EXPRESSION",
            help="Instead of QUERY: several, each in quotes, with and, or, not, then, before, near, during, within "
            'TIME, parentheses and weights, as \'"she waves" then "he falls" within 10s\'.',
            show_default=False,
        ),
    ] = None
    or_: Annotated[list[str] | None, _several("--or", "Or this; may be given several times, as the next ones.")] = None
    and_: Annotated[list[str] | None, _several("--and", "Only where this is there at the same time.")] = None
    not_: Annotated[list[str] | None, _several("--not", "Only where this is not.")] = None
    during: Annotated[list[str] | None, _several("--during", "Only moments of which most lies in one of this.")] = None
    near: Annotated[list[str] | None, _several("--near", "Only moments with one of this at most 5 s away.")] = None
    before: Annotated[list[str] | None, _several("--before", "Only moments after which this follows.")] = None
    then: Annotated[
        list[str] | None, _several("--then", "And after that this, at most 30 s later: from the one to the other.")
    ] = None
    within: Annotated[
        float | None,
        typer.Option(
            "--within",
            parser=read_span,
            metavar="TIME",
            help="How much later, or how far away, at most, for --then, --before and --near, as 10s.",
            show_default=False,
        ),
    ] = None
    count: Annotated[
        bool, typer.Option("--count", help="Also tell how often it happens, and between which numbers that lies.")
    ] = False

    @property
    def names_parts(self) -> bool:
        """Whether there is something to combine a query with."""
        return any(getattr(self, one.name) for one in fields(self) if one.name not in ("expr", "within", "count"))

    def around(self, query: str) -> str | Expression:
        """The query with what is to be combined with it; alone, it stays a sentence.

        Whatever their order on the command line: first `--or`, then `--and` and `--not`, then `--during`, `--near` and
        `--before`, each about all that came before it, and at last every `--then`.

        Raises:
            CommandLineError: `--within` has nothing to say something about.
        """
        self.require_sense()
        if not self.names_parts:
            return query
        found = any_of(*_words([query, *(self.or_ or ())]))
        found = all_of(found, *_words(self.and_ or ()), *map(Not, _words(self.not_ or ())))
        found = self._linked("during", found, self.during)
        for link, parts in (("near", self.near), ("before", self.before), ("then", self.then)):
            found = self._linked(link, found, parts, self.within)  # type: ignore[arg-type]
        return parse(written(found), "the query with its options")  # within the limits of any expression

    def _linked(
        self, link: Link, found: Expression, parts: Sequence[str] | None, within: float | None = None
    ) -> Expression:
        for part in _words(parts or ()):
            found = Linked(link, found, part, within)
        return found

    def require_sense(self) -> None:
        """See to it that options that need each other are there together.

        Raises:
            CommandLineError: They are not.
        """
        if self.expr is not None and (self.names_parts or self.within is not None):
            raise CommandLineError("both --expr and options that combine", "write all of it into the expression")
        if self.within is not None and not (self.then or self.before or self.near):
            raise CommandLineError("--within needs --then, --before or --near", 'as in: --then "he falls" --within 10')

    def require_alone(self, other: str) -> None:
        """See to it that nothing is combined where queries come from elsewhere.

        Raises:
            CommandLineError: Something is.
        """
        self.require_sense()
        if self.expr is not None:
            raise CommandLineError(f"both --expr and {other}", "leave one out; a line of the file may be: expr: ...")
        if self.names_parts:
            raise CommandLineError(f"both {other} and options that combine", "a line of the file may be: expr: ...")


def _words(texts: Sequence[str]) -> list[Expression]:
    from r2cli.tasks.ask import require_query

    return [Words(" ".join(require_query(text).split())) for text in texts]
