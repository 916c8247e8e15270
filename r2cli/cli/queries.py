"""Queries from a file: one per line."""

from __future__ import annotations

from pathlib import Path

from r2cli.cli.inputs import name_of, read_whole
from r2cli.errors import CommandLineError, UnreadableInputError

_LARGEST_FILE = 1 << 20
"""Bytes; thousands of queries."""
_MOST_QUERIES = 1000
"""Each takes some hundredths of a second, and more about a long video."""
_EXAMPLE = "write one query per line, as: a dog jumps"


def read_queries(file: Path) -> tuple[str, ...]:
    """The queries in a text file, each once, in its order; empty lines and lines that begin with # say nothing.

    Args:
        file: UTF-8; `-` is standard input.

    Raises:
        UnreadableInputError: It is missing, too large, or no text.
        CommandLineError: It holds no query, too many, or one that is too long.
    """
    name = name_of(file)
    content = read_whole(file, largest=_LARGEST_FILE, what="a list of queries", hint=_EXAMPLE)
    lines = (line.strip() for line in _decode(content, name).splitlines())
    queries = tuple(dict.fromkeys(line for line in lines if line and not line.startswith("#")))
    if len(queries) > _MOST_QUERIES:
        raise CommandLineError(f"{name}: {len(queries)} queries", f"{_MOST_QUERIES} at a time are the most: split it")
    if not queries:
        raise CommandLineError(f"{name}: there is no query in it", _EXAMPLE)
    return queries


def _decode(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableInputError(f"{name}: this is not text in UTF-8", "save it as UTF-8") from error
