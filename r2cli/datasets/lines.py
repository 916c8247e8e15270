"""Annotation files, line by line: whatever is wrong is said with the file and the number of the line."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from r2cli.errors import UnreadableInputError

_REQUIRED: Any = object()


@dataclass(frozen=True)
class Line:
    """One line of a file, or one entry of it, taken apart."""

    place: str
    """Where it is, for people: the file, and the line's number."""
    fields: Mapping[str, Any]

    def take(self, name: str, kind: type | tuple[type, ...], default: Any = _REQUIRED) -> Any:  # noqa: ANN401
        """The value of a field.

        Raises:
            UnreadableInputError: It is missing and must not be, or is of another kind.
        """
        if name not in self.fields:
            if default is _REQUIRED:
                raise self.complaint(f"{name!r} is missing")
            return default
        value = self.fields[name]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.complaint(f"{name!r} has a value of the wrong kind")
        return value

    def text(self, name: str) -> str:
        """A text that is not empty.

        Raises:
            UnreadableInputError: It is.
        """
        value = str(self.take(name, (str, int))).strip()
        if not value:
            raise self.complaint(f"{name!r} is empty")
        return value

    def number(self, name: str, default: Any = _REQUIRED) -> Any:  # noqa: ANN401 - a float, or the default
        """A finite number.

        Raises:
            UnreadableInputError: It is none.
        """
        value = self.take(name, (int, float), default)
        if isinstance(value, (int, float)) and not math.isfinite(value):
            raise self.complaint(f"{name!r} is not a finite number")
        return value

    def numbers(self, name: str) -> tuple[float, ...]:
        """A list of finite numbers; none where there is no such field.

        Raises:
            UnreadableInputError: It is something else.
        """
        given = self.take(name, list, default=[])
        if not all(isinstance(value, (int, float)) and math.isfinite(value) for value in given):
            raise self.complaint(f"{name!r} must be a list of numbers")
        return tuple(float(value) for value in given)

    def spans(self, name: str) -> tuple[tuple[float, float], ...] | None:
        """A list of [start, end] in seconds; None where there is no such field.

        Raises:
            UnreadableInputError: It is something else.
        """
        given = self.take(name, list, default=None)
        if given is None:
            return None
        for pair in given:
            numbers = pair if isinstance(pair, list) and len(pair) == 2 else [math.nan]
            if not all(isinstance(value, (int, float)) and math.isfinite(value) for value in numbers):
                raise self.complaint(f"{name!r} must be a list of [start, end] in seconds")
        return tuple((float(start), float(end)) for start, end in given)

    def complaint(self, what: str) -> UnreadableInputError:
        """What to raise when something about this line is wrong."""
        return UnreadableInputError(f"{self.place}: {what}", "mend that line")


def text_lines(path: Path) -> Iterator[tuple[str, str]]:
    """The lines of a text file that hold anything, each with its place.

    Raises:
        UnreadableInputError: It cannot be read, or is no UTF-8.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield f"{path}, line {number}", line.rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error


def json_lines(path: Path) -> Iterator[Line]:
    """The objects of a JSONL file.

    Raises:
        UnreadableInputError: It cannot be read, or a line of it is no JSON object.
    """
    for place, line in text_lines(path):
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UnreadableInputError(f"{place}: no JSON", "each line is one JSON object") from error
        if not isinstance(fields, dict):
            raise UnreadableInputError(f"{place}: no JSON object", "each line is one JSON object")
        yield Line(place, fields)


def csv_lines(path: Path) -> Iterator[Line]:
    """The rows of a CSV file with a heading.

    Raises:
        UnreadableInputError: It cannot be read, or a row of it has more fields than the heading.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            for row in reader:
                line = Line(f"{path}, line {reader.line_num}", {k: v for k, v in row.items() if v not in (None, "")})
                if None in row:
                    raise line.complaint("more fields than the heading names")
                yield line
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _unreadable(path, error) from error


def json_file(path: Path) -> Line:
    """A file that is one JSON object.

    Raises:
        UnreadableInputError: It cannot be read, or is something else.
    """
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise _unreadable(path, error) from error
    if not isinstance(fields, dict):
        raise UnreadableInputError(f"{path} is no JSON object", "is it the file that was published?")
    return Line(str(path), fields)


def _unreadable(path: Path, error: Exception) -> UnreadableInputError:
    reason = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
    return UnreadableInputError(f"cannot read {path} ({reason.lower()})", "see: r2 data check")
