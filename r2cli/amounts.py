"""Times, shares and counts as people type them: one vocabulary for every option and every setting that takes one."""

from __future__ import annotations

import math
import re

from r2cli.cuts import Pad
from r2cli.errors import CommandLineError
from r2cli.timecode import parse_length

_NOTHING = re.compile(r"(?:0+:){0,2}0*\.?0+(?:ms|s|m)?")
_LONGEST = 40
"""Characters of a value that are repeated."""
_LONGEST_SPAN = 1e6
"""Seconds, some eleven days."""


def read_length(text: str) -> float:
    """How long something lasts, in seconds: ``60s``, ``2m``, ``1:30``, ``90``.

    Raises:
        ValueError: It is no length, or none at all.
    """
    try:
        return parse_length(text)
    except CommandLineError as error:
        raise ValueError(f"{text[:_LONGEST]!r} is no length: write one as 60s, 1.5s, 2m, 1:30 or 90") from error


def read_span(text: str) -> float:
    """As `read_length`; it may be 0, and is no longer than films are."""
    span = 0.0 if _NOTHING.fullmatch(text.strip()) else read_length(text)
    if span > _LONGEST_SPAN:
        raise ValueError(f"{text[:_LONGEST]!r} is no length: it is longer than any film")
    return span


def read_pad(text: str) -> Pad:
    """How much more before and after something: ``1.5s`` for both, ``1.5s,500ms`` for each.

    Raises:
        ValueError: It is neither.
    """
    spans = [read_span(part) for part in text.split(",", 2)]
    if len(spans) > 2:
        raise ValueError(f"{text[:_LONGEST]!r} is more than two times: write 1.5s for both sides, or 1.5s,500ms")
    return Pad(spans[0], spans[-1])


def read_score(text: str) -> float:
    """A score, 0 to 1: ``0.4``, ``40%``.

    Raises:
        ValueError: It is none.
    """
    score = _fraction(text)
    if not 0 <= score <= 1:
        raise ValueError(f"{text[:_LONGEST]!r} is no score: write one from 0 to 1, as 0.4 or 40%")
    return score


def read_share(text: str) -> float:
    """A share of something, more than none and no more than all: ``0.15``, ``15%``.

    Raises:
        ValueError: It is none.
    """
    share = _fraction(text)
    if not 0 < share <= 1:
        raise ValueError(f"{text[:_LONGEST]!r} is no share: write one above 0 and up to 1, as 0.15 or 15%")
    return share


def read_count(text: str) -> int:
    """How many: a whole number from 1.

    Raises:
        ValueError: It is none.
    """
    if not re.fullmatch(r"\d{1,9}", text.strip(), re.ASCII) or int(text) < 1:
        raise ValueError(f"{text[:_LONGEST]!r} is no whole number from 1")
    return int(text)


def _fraction(text: str) -> float:
    """A number, or so many of a hundred; not a number for what is neither."""
    number, percent, rest = text.strip().partition("%")
    try:
        return math.nan if rest else float(number) / (100 if percent else 1)
    except ValueError:
        return math.nan
