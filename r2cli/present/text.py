"""Text from outside, made safe to look at."""

from __future__ import annotations


def visible(text: str) -> str:
    """Text with every character that a terminal would obey, or cannot show, spelled out.

    File names may hold newlines, escape sequences, bytes that are no text, and marks that reverse what follows.
    """
    return "".join(char if char.isprintable() else _spelled(char) for char in text)


def _spelled(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
