"""Seconds to text and back, and exact rational frame rates: the only place that converts either."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction

from r2cli.errors import CommandLineError

_TIME = re.compile(r"(?:(?:(?P<hours>\d+):)?(?P<minutes>\d+):)?(?P<seconds>\d+(?:\.\d*)?|\.\d+)", re.ASCII)
_LENGTH = re.compile(
    r"(?:(?P<hours>\d+)h)?\s*(?:(?P<minutes>\d+)m(?:in)?)?\s*(?:(?P<seconds>\d+(?:\.\d*)?|\.\d+)s(?:ec)?)?"
    r"\s*(?:(?P<thousandths>\d+(?:\.\d*)?|\.\d+)ms)?",
    re.ASCII,
)

_NTSC = Fraction(1000, 1001)
_RATE_TOLERANCE = 1e-4
"""Relative. 24 and 24000/1001 lie ten times further apart; the rounding of millisecond containers ten times nearer."""
_LARGEST_DENOMINATOR = 1_000_000
_LONGEST_TEXT = 40
_DAY = 24 * 60 * 60
_TIMECODE = re.compile(r"(\d\d):(\d\d):(\d\d)([:;.,])(\d{2,3})", re.ASCII)
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
    """Read how long something shall last.

    ``60s``, ``2m``, ``1m30s``, ``1h``, ``500ms``, or as `parse_time` reads a time.

    Returns:
        Seconds, more than none.

    Raises:
        CommandLineError: The text is no length, or none at all.
    """
    if len(text) > _LONGEST_TEXT:
        raise CommandLineError(f"{text[:_LONGEST_TEXT]!r}... is no length", "write one, as 60s, 2m, 1:30 or 90")
    match = _LENGTH.fullmatch(text.strip().lower())
    if match is not None and any(match.groups()):
        parts = match.group("hours", "minutes", "seconds", "thousandths")
        hours, minutes, seconds, thousandths = (Fraction(part or 0) for part in parts)
        length = float(hours * 3600 + minutes * 60 + seconds + thousandths / 1000)
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


@dataclass(frozen=True)
class FrameCount:
    """How SMPTE timecode (ST 12-1) counts the pictures of a rate.

    At 29.97 and 59.94 pictures a second, *drop-frame* leaves out the first two (four) numbers of every minute but each
    tenth, so that the clock keeps to real time. No picture is left out.
    """

    rate: Fraction
    """Pictures per second, exact."""
    drop: bool = False

    @property
    def nominal(self) -> int:
        """Numbers per second of the clock: 30 for 30000/1001; halves go up, as FFmpeg has it."""
        return max(math.floor(self.rate + Fraction(1, 2)), 1)

    @property
    def can_drop(self) -> bool:
        """Whether drop-frame is defined for this rate; for a true 30 and 60 too, as some phones write it."""
        return self.nominal in (30, 60)

    def label(self, frames: int) -> str:
        """The timecode of a picture: ``01:00:00:00``, with drop-frame ``01:00:00;00``; it starts anew after a day.

        Args:
            frames: Pictures since midnight, not negative.
        """
        number = frames
        if self.drop:
            tens, rest = divmod(frames, self._per_ten_minutes)
            minutes = max(rest - self._dropped, 0) // (self.nominal * 60 - self._dropped)
            number += self._dropped * (9 * tens + minutes)
        seconds, frame = divmod(number % (_DAY * self.nominal), self.nominal)
        clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        return f"{clock}{';' if self.drop else ':'}{frame:02d}"

    def frames(self, label: str) -> int:
        """The picture that a timecode names, counted from midnight.

        Raises:
            ValueError: It is no timecode of this rate.
        """
        match = _TIMECODE.fullmatch(label.strip())
        if match is None:
            raise ValueError(f"{label!r} is no timecode")
        hours, minutes, seconds, frame = (int(match[group]) for group in (1, 2, 3, 5))
        if hours > 23 or minutes > 59 or seconds > 59 or frame >= self.nominal:
            raise ValueError(f"{label!r} is no timecode of {self.nominal} pictures a second")
        number = ((hours * 60 + minutes) * 60 + seconds) * self.nominal + frame
        if not self.drop:
            return number
        if seconds == 0 and frame < self._dropped and minutes % 10:
            raise ValueError(f"drop-frame leaves out {label!r}")
        passed = hours * 60 + minutes
        return number - self._dropped * (passed - passed // 10)

    @property
    def _dropped(self) -> int:
        return self.nominal // 15

    @property
    def _per_ten_minutes(self) -> int:
        return self.nominal * 600 - 9 * self._dropped


def is_drop_frame(label: str) -> bool:
    """Whether a timecode says that numbers are left out: by a semicolon (or, on tapes, a comma) before its pictures."""
    match = _TIMECODE.fullmatch(label.strip())
    return match is not None and match[4] in ";,"
