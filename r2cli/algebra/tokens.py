"""The pieces of a typed expression, and where in it something is wrong."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from r2cli.errors import CommandLineError, shortened

WORDS = frozenset({"and", "or", "not", "then", "before", "near", "during", "within"})
_QUOTES = {'"': '"', "'": "'", "\N{LEFT DOUBLE QUOTATION MARK}": "\N{RIGHT DOUBLE QUOTATION MARK}"}
_AMOUNT = re.compile(r"[0-9.][0-9A-Za-z.:]*(?: (?:s|sec|m|min|h)\b)?", re.ASCII)
_BARE = re.compile(r"[^\s()^\"'\N{LEFT DOUBLE QUOTATION MARK}]+")
_ROOM = 72
"""Columns of the line above the caret."""
_LONGEST_SHOWN = 30


@dataclass(frozen=True)
class Token:
    """One piece."""

    kind: str
    """`quoted`, `word`, `amount`, `sign`, `end`, or `bare`: words without quotes, which mean nothing."""
    value: str
    """Of a quoted text what it says, without its quotes; of a word its small letters."""
    at: int
    """Where it begins in the text, from 0."""

    @property
    def shown(self) -> str:
        """It, for a message."""
        return f'"{shortened(self.value, _LONGEST_SHOWN)}"'


def tokens_of(text: str, name: str) -> list[Token]:
    """The pieces of a text, and an end after the last.

    Raises:
        CommandLineError: A quote is never closed.
    """
    found: list[Token] = []
    at = 0
    while at < len(text):
        char = text[at]
        if char.isspace():
            at += 1
            continue
        if char in _QUOTES:
            token, stop = _quoted(text, name, at)
        elif char in "()^":
            token, stop = Token("sign", char, at), at + 1
        elif match := _AMOUNT.match(text, at):
            token, stop = Token("amount", match[0].replace(" ", ""), at), match.end()
        else:
            bare = _BARE.match(text, at)
            word, stop = (bare[0].lower(), bare.end()) if bare else (char, at + 1)
            token = Token("word" if word in WORDS else "bare", word, at)
        found.append(token)
        at = stop
    return [*found, Token("end", "", len(text))]


def _quoted(text: str, name: str, at: int) -> tuple[Token, int]:
    """A quoted text; a backslash takes a quote, or a backslash, as it is."""
    closing = re.escape(_QUOTES[text[at]])
    match = re.compile(rf"((?:[^\\{closing}]|\\.)*){closing}", re.DOTALL).match(text, at + 1)
    if match is None:
        raise misread(name, text, "this quote is never closed", at)
    said = re.sub(rf"\\([\\{closing}])", r"\1", match[1])
    return Token("quoted", " ".join(said.split()), at), match.end()


def misread(name: str, text: str, reason: str, at: int) -> CommandLineError:
    """An error with a caret below the place where it is.

    Args:
        name: What to call the text.
        text: All of it.
        reason: What is wrong.
        at: Where, from 0.
    """
    first = max(0, min(at - _ROOM // 2, len(text) - _ROOM))
    before, line = (_printable(text[first:stop]) for stop in (at, first + _ROOM))
    return CommandLineError(
        f"{name}: {reason} (column {at + 1})",
        """as in: "a dog" and not "people" """.rstrip(),
        (line, " " * sum(map(_columns, before)) + "^"),
    )


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else " " if char.isspace() else "?" for char in text)


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
