"""Fields of JSON that anybody may have written: each is what it should be, or a mistake that says where it is."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, NoReturn

_RATE = re.compile(r"(?:0|[1-9]\d{0,8})/[1-9]\d{0,8}", re.ASCII)
_LATEST = 1e7
"""Seconds, some 115 days: later than any moment, earlier than any overflow."""
_LARGEST_NUMBER = 1e300
_LARGEST_WHOLE = 2**31


class Mistake(Exception):
    """What is wrong with a document, and where."""


@dataclass(frozen=True)
class Fields:
    """An object of a document, and where in it that stands."""

    values: dict[str, Any]
    where: str = ""

    def __contains__(self, key: str) -> bool:
        """Whether there is such a field, and it is not null."""
        return self.values.get(key) is not None

    def text(self, key: str) -> str:
        """A text of any length."""
        value = self.values.get(key)
        if not isinstance(value, str):
            raise self._mistake(key, "not text")
        return value

    def path(self, key: str) -> Path:
        """A file name, which need not be there."""
        text = self.text(key)
        if not text or "\0" in text:
            raise Mistake(f"{self._name(key)} is no file name")
        return Path(text)

    def number(self, key: str) -> float:
        """A finite number, as it was written: a whole one stays whole."""
        value = self.values.get(key)
        # What is not finite is not up to the largest either.
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= _LARGEST_NUMBER:
            raise self._mistake(key, "not a number")
        return value

    def time(self, key: str) -> float:
        """Seconds, from none to some months."""
        time = self.number(key)
        if not 0 <= time <= _LATEST:
            raise self._mistake(key, "not a time in seconds")
        return time

    def span(self) -> tuple[float, float]:
        """The `start` and the `end` of this object."""
        start, end = self.time("start"), self.time("end")
        if end < start:
            raise Mistake(f"{self.where} ends before it starts")
        return start, end

    def whole(self, key: str) -> int:
        """A number without a fraction, neither negative nor huge."""
        value = self.values.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _LARGEST_WHOLE:
            raise self._mistake(key, "not a whole number")
        return value

    def rate(self, key: str) -> Fraction:
        """Frames per second, from an object that says them as an exact fraction; 0: nobody knows."""
        rate = self.object(key)
        exact = rate.text("exact")
        if not _RATE.fullmatch(exact):
            raise rate._mistake("exact", "not a rate as 30000/1001")
        return Fraction(exact)

    def choice(self, key: str, choices: tuple[str, ...]) -> str:
        """One of some words."""
        text = self.text(key)
        if text not in choices:
            raise self._mistake(key, f"not one of {', '.join(choices)}")
        return text

    def object(self, key: str) -> Fields:
        """An object in this one."""
        return _fields(self.values.get(key), self._name(key))

    def objects(self, key: str) -> tuple[Fields, ...]:
        """A list of objects."""
        values = self.values.get(key)
        if not isinstance(values, list):
            raise self._mistake(key, "not a list")
        return tuple(_fields(value, f"{self._name(key)}[{index}]") for index, value in enumerate(values))

    def _name(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key

    def _mistake(self, key: str, wanted: str) -> Mistake:
        return Mistake(f"{self._name(key)} is {shown(self.values.get(key))}, {wanted}")


def parse(text: str) -> Fields:
    """Read JSON that is one object.

    Raises:
        Mistake: It is something else, or holds what is no number.
        ValueError: It is no JSON.
        RecursionError: It is too deep.
    """
    return _fields(json.loads(text, parse_constant=_no_number), "")


def _no_number(text: str) -> NoReturn:
    raise Mistake(f"{text} is not a number")


def _fields(value: object, where: str) -> Fields:
    if not isinstance(value, dict):
        raise Mistake(f"{where or 'it'} is {shown(value)}, not an object")
    return Fields(value, where)


def shown(value: object) -> str:
    """A value in a few words, for a message."""
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "a list"
    text = "missing" if value is None else repr(value) if not isinstance(value, int) or abs(value) < 1e12 else "huge"
    return text if len(text) <= 40 else f"{text[:37]}..."
