"""Names for clips: readable, in order of time, and harmless on every file system."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from string import Formatter

_LONGEST_PART = 80
"""Bytes of UTF-8: two parts, a time and a number stay below the 255 that file systems take."""


@dataclass(frozen=True)
class NamedSpan:
    """What a clip can be called after."""

    video: Path
    start: float
    end: float
    """Both in seconds from the video's first picture."""
    query: str
    rank: int


NAME_FIELDS = ("video", "start", "end", "query", "rank")
_LONGEST_NAME = 200
"""Bytes of UTF-8, likewise."""
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}
)


def clip_name(video: Path, start: float, query: str, suffix: str) -> str:
    """A name like ``holiday_00-12-03_dog-jumps.mp4``.

    Args:
        video: The file from which the clip is taken.
        start: Seconds from its first picture.
        query: What was looked for; left out when it holds no letter or digit.
        suffix: With its dot.

    Returns:
        A single file name: letters, digits, ``-``, ``_`` and the suffix, whatever the video and the query are called.
        The time in it keeps it from being a device of Windows.
    """
    parts = (_slug(video.stem, keep_case=True) or "video", _clock(start), _slug(query, keep_case=False))
    return "_".join(part for part in parts if part) + suffix


def read_name(template: str) -> Callable[[NamedSpan], str]:
    """Read how clips are to be called: text, and fields as in ``{video}_{start}_{query}``.

    Args:
        template: Its fields are `video`, `start`, `end` and `query`, as in `clip_name`, and `rank`.

    Returns:
        What makes a name without suffix: no part of it is a folder, a device of Windows, or hidden.

    Raises:
        ValueError: It has another field, or a brace that stands alone.
    """
    parts = list(Formatter().parse(template))
    for _, field, form, conversion in parts:
        if field is not None and (field not in NAME_FIELDS or form or conversion):
            raise ValueError(f"there is no {{{field}}}")
    if not any(field for _, field, _, _ in parts):
        raise ValueError("it has no field, and all clips would be called the same")

    def name(span: NamedSpan) -> str:
        values = {
            "video": _slug(span.video.stem, keep_case=True),
            "start": _clock(span.start),
            "end": _clock(span.end),
            "query": _slug(span.query, keep_case=False),
            "rank": str(span.rank),
        }
        text = "".join(_literal(literal) + (values[field] if field else "") for literal, field, _, _ in parts)
        stem = text.encode("utf-8", errors="ignore")[:_LONGEST_NAME].decode("utf-8", errors="ignore").strip(" .-_")
        return f"clip_{stem}" if not stem or stem.partition(".")[0].casefold() in _DEVICES else stem

    return name


def _literal(text: str) -> str:
    return "".join(char if char.isalnum() or _is_mark(char) or char in " ._-+,()[]" else "-" for char in text)


def distinct(names: Iterable[str]) -> list[str]:
    """Number what would be the same name on a file system that does not tell cases apart: a, a-2, a-3."""
    taken: set[str] = set()
    result = []
    for name in names:
        stem, dot, suffix = name.rpartition(".")
        candidate, number = name, 1
        while candidate.casefold() in taken:
            number += 1
            candidate = f"{stem}-{number}{dot}{suffix}"
        taken.add(candidate.casefold())
        result.append(candidate)
    return result


def _slug(text: str, *, keep_case: bool) -> str:
    text = unicodedata.normalize("NFC", text if keep_case else text.lower())
    words = "".join(char if char.isalnum() or _is_mark(char) or char == "_" else "-" for char in text)
    slug = re.sub("-+", "-", words).encode("utf-8", errors="ignore")[:_LONGEST_PART]
    return slug.decode("utf-8", errors="ignore").strip("-_")


def _is_mark(char: str) -> bool:
    return unicodedata.category(char) in ("Mn", "Mc")  # vowels of many scripts; without them words break apart


def _clock(seconds: float) -> str:
    whole = int(max(Fraction(seconds), Fraction(0)))
    return f"{whole // 3600:02d}-{whole // 60 % 60:02d}-{whole % 60:02d}"
