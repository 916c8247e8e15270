"""Seconds to text and back, and exact rational frame rates: the only place that converts either."""

from __future__ import annotations

import math
import re
from fractions import Fraction

from r2cli.errors import CommandLineError

_TIME = re.compile(r"(?:(?:(?P<hours>\d+):)?(?P<minutes>\d+):)?(?P<seconds>\d+(?:\.\d*)?|\.\d+)", re.ASCII)
_LENGTH = re.compile(
    r"(?:(?P<hours>\d+)h)?\s*(?:(?P<minutes>\d+)m(?:in)?)?\s*(?:(?P<seconds>\d+(?:\.\d*)?|\.\d+)s(?:ec)?)?", re.ASCII
)

_NTSC = Fraction(1000, 1001)
_RATE_TOLERANCE = 1e-4
"""Relative. 24 and 24000/1001 lie ten times further apart; the rounding of millisecond containers ten times nearer."""
_LARGEST_DENOMINATOR = 1_000_000
_LONGEST_TEXT = 40
_LONGEST = 1e7
"""Seconds, some 115 days: no length is longer."""


def format_time(seconds: float, decimals: int = 1) -> str:
    """Write a time as people read it: ``0:03.4``, ``12:03.4``, ``1:02:03.4``.

    Args:
        seconds: Any finite time; a negative one gets a leading minus.
        decimals: Digits after the point; rounding carries over (59.96 is ``1:00.0``).

    Raises:
        ValueError: The time is not finite, or `decimals` is negative.
    """
    if not math.isfinite(seconds) or decimals < 0:
        raise ValueError(f"not a time that can be written: {seconds!r} with {decimals!r} decimals")
    scale = 10**decimals
    units = round(abs(Fraction(seconds)) * scale)
    whole, fraction = divmod(units, scale)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    clock = f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"
    sign = "-" if seconds < 0 and units else ""
    return f"{sign}{clock}.{fraction:0{decimals}d}" if decimals else f"{sign}{clock}"


def parse_time(text: str) -> float:
    """Read a time: seconds (``83.5``), minutes (``1:23.5``) or hours (``1:02:03.4``).

    Returns:
        Seconds.

    Raises:
        CommandLineError: The text is none of these, or a part after a colon is 60 or more.
    """
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise CommandLineError(f"{text!r} is not a time", "write seconds, 1:23.4 or 1:02:03.4")
    hours, minutes, seconds = (Fraction(part or 0) for part in match.group("hours", "minutes", "seconds"))
    if (match["minutes"] and seconds >= 60) or (match["hours"] and minutes >= 60):
        raise CommandLineError(f"{text!r} is not a time", "minutes and seconds after a colon go up to 59")
    return float(hours * 3600 + minutes * 60 + seconds)


def parse_length(text: str) -> float:
    """Read how long something shall last: ``60s``, ``2m``, ``1m30s``, ``1h``, or as `parse_time` reads a time.

    Returns:
        Seconds, more than none.

    Raises:
        CommandLineError: The text is no length, or none at all.
    """
    if len(text) > _LONGEST_TEXT:
        raise CommandLineError(f"{text[:_LONGEST_TEXT]!r}... is no length", "write one, as 60s, 2m, 1:30 or 90")
    match = _LENGTH.fullmatch(text.strip().lower())
    if match is not None and any(match.groups()):
        hours, minutes, seconds = (Fraction(part or 0) for part in match.group("hours", "minutes", "seconds"))
        length = float(hours * 3600 + minutes * 60 + seconds)
    else:
        length = parse_time(text)
    if not 0 < length < _LONGEST:
        raise CommandLineError(f"{text!r} is no length", "write one, as 60s, 2m, 1:30 or 90")
    return length


def exact_rate(rate: float | Fraction) -> Fraction:
    """Turn a rate that somebody typed into the fraction they mean: 0.5 is 1/2, 0.333... is 1/3.

    Raises:
        ValueError: The rate is not a positive, finite number.
    """
    if not math.isfinite(rate) or rate <= 0:
        raise ValueError(f"a rate must be positive and finite, not {rate!r}")
    exact = Fraction(rate).limit_denominator(_LARGEST_DENOMINATOR)
    return exact if exact > 0 else Fraction(rate)


def standard_rate(rate: Fraction) -> Fraction:
    """Snap a measured frame rate to the whole or NTSC rate (n or n * 1000/1001) that it plainly is, else leave it.

    Containers with millisecond timestamps report 23.976 or 19001/317 for what was 24000/1001 or 60000/1001.
    """
    whole = (Fraction(round(rate)), round(rate / _NTSC) * _NTSC)
    nearest = min(whole, key=lambda standard: abs(standard - rate))
    return nearest if nearest > 0 and abs(nearest - rate) <= _RATE_TOLERANCE * rate else rate
