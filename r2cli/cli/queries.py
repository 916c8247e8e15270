"""Queries from a file: one per line, a sentence or an expression."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from r2cli.cli.inputs import name_of, read_whole
from r2cli.errors import CommandLineError, UnreadableInputError

if TYPE_CHECKING:
    from r2cli.tasks.combine import Question

_LARGEST_FILE = 1 << 20
"""Bytes; thousands of queries."""
_MOST_QUERIES = 1000
"""Each takes some hundredths of a second, and more about a long video."""
_EXAMPLE = "write one query per line, as: a dog jumps"
EXPRESSION = "expr:"
"""How a line begins that is an expression."""


def read_queries(file: Path) -> tuple[Question, ...]:
    """The queries in a text file, each once, in its order; empty lines and lines that begin with # say nothing.

    A line that begins with `expr:` is an expression; every other one is a sentence.

    Args:
        file: UTF-8; `-` is standard input.

    Raises:
        UnreadableInputError: It is missing, too large, or no text.
        CommandLineError: It holds no query, too many, one that is too long, or an expression that is none.
    """
    name = name_of(file)
    content = read_whole(file, largest=_LARGEST_FILE, what="a list of queries", hint=_EXAMPLE)
    lines = enumerate(map(str.strip, _decode(content, name).splitlines()), start=1)
    told = ((line, f"{name}, line {number}") for number, line in lines if line and not line.startswith("#"))
    queries = tuple(dict.fromkeys(_question(line, place) for line, place in told))
    if len(queries) > _MOST_QUERIES:
        raise CommandLineError(f"{name}: {len(queries)} queries", f"{_MOST_QUERIES} at a time are the most: split it")
    if not queries:
        raise CommandLineError(f"{name}: there is no query in it", _EXAMPLE)
    return queries


def _question(line: str, place: str) -> Question:
    from r2cli.tasks.ask import require_query
    from r2cli.tasks.combine import read_expression

    if line.startswith(EXPRESSION):
        return read_expression(line.removeprefix(EXPRESSION), place)
    return require_query(line)


def _decode(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableInputError(f"{name}: this is not text in UTF-8", "save it as UTF-8") from error
