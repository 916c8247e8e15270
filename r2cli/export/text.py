"""Text from outside, made fit for one line of a file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path

from r2cli.export.document import Document

_UNFIT = frozenset({"Cc", "Zl", "Zp", "Cs"})
"""Categories of what ends a line, is obeyed by terminals, or is no text: controls, separators, surrogates."""
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the order of what follows around. Those that join emoji and letters stay as they are."""


def one_line(text: str) -> str:
    """Text in which all is spelled out that would end a line, be obeyed by a terminal, or disguise a name."""
    return "".join(_spelled(char) if _is_unfit(char) else char for char in text)


def words(text: str) -> str:
    """The same for people, where a name need not be found again: with spaces in place of it, and none too many."""
    return " ".join("".join(" " if _is_unfit(char) else char for char in text).split())


def for_terminal(content: bytes) -> bytes:
    """A file's content as somebody looks at it: names that a format keeps to the byte are made harmless."""
    pieces = re.split(r"([\n\t])", content.decode("utf-8", errors="surrogateescape"))
    return "".join(piece if piece in ("\n", "\t") else one_line(piece) for piece in pieces).encode("utf-8")


def _is_unfit(char: str) -> bool:
    return unicodedata.category(char) in _UNFIT or char in _BIDI


def _spelled(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def as_text(lines: Callable[[Document], Iterable[str]]) -> Callable[[Document], bytes]:
    """The writer of a format that consists of lines, from what yields them without their ends."""

    def write(document: Document) -> bytes:
        return "".join(f"{line}\n" for line in lines(document)).encode("utf-8")

    return write


def address(path: Path) -> str:
    """A path that is true in every folder; as a URI if not every character of it can stand in a line."""
    absolute = path.absolute()
    if one_line(str(absolute)) == str(absolute):
        return str(absolute)
    try:
        return absolute.as_uri()
    except UnicodeEncodeError:  # no file can be called so
        return one_line(str(absolute))


def uri(path: Path) -> str:
    """Where a file is, for programs on the same machine; a name that no file can have is spelled out."""
    absolute = path.absolute()
    try:
        return absolute.as_uri()
    except UnicodeEncodeError:
        return Path(one_line(str(absolute))).as_uri()
