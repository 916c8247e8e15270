"""Times, shares and videos as people type them: one vocabulary for every option that takes one."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from r2cli.cuts import Pad
from r2cli.errors import CommandLineError, UnreadableInputError
from r2cli.timecode import parse_length

if TYPE_CHECKING:
    from r2cli.video.cutting.names import NamedSpan

_NOTHING = re.compile(r"(?:0+:){0,2}0*\.?0+(?:ms|s|m)?")
_LINK = re.compile(r"(?!file:)[a-z][a-z0-9+.-]+://\S", re.IGNORECASE)
_LONGEST = 40
"""Characters of a value that are repeated."""


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
    """As `read_length`; it may be 0."""
    return 0.0 if _NOTHING.fullmatch(text.strip()) else read_length(text)


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


def _fraction(text: str) -> float:
    """A number, or so many of a hundred; not a number for what is neither."""
    number, percent, rest = text.strip().partition("%")
    try:
        return math.nan if rest else float(number) / (100 if percent else 1)
    except ValueError:
        return math.nan


def read_naming(template: str) -> Callable[[NamedSpan], str]:
    """How clips are to be called.

    Raises:
        ValueError: It makes no sense.
    """
    from r2cli.video.cutting.names import NAME_FIELDS, read_name

    try:
        return read_name(template)
    except ValueError as error:
        fields = ", ".join(f"{{{field}}}" for field in NAME_FIELDS)
        raise ValueError(f"{template[:_LONGEST]!r} names no clips ({error}); there are {fields}") from error


def read_video(text: str) -> Path:
    """The path of a video.

    Raises:
        UnreadableInputError: It is a link. A path would not keep its two slashes.
    """
    if _LINK.match(text):
        raise UnreadableInputError(f"{text} is a link", "download it first (yt-dlp can), then name the file")
    return Path(text)
