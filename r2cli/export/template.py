r"""A line per moment after a pattern of the user's, as ``{path}\t{start:timecode}\t{score:.2f}``.

Braces hold one of a few names and perhaps a format; nothing else is looked up, and nothing is run.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable

from r2cli.errors import CommandLineError
from r2cli.export.document import Document
from r2cli.export.rows import Row, rows_of
from r2cli.export.text import one_line
from r2cli.timecode import format_time

Value = str | float | None

FIELDS: dict[str, Callable[[Row], Value]] = {
    "rank": lambda row: row.rank,
    "path": lambda row: str(row.video),
    "name": lambda row: row.video.name,
    "stem": lambda row: row.video.stem,
    "query": lambda row: row.query,
    "start": lambda row: row.start,
    "end": lambda row: row.end,
    "length": lambda row: row.end - row.start,
    "score": lambda row: row.score,
    "peak": lambda row: row.peak,
    "duration": lambda row: row.duration,
    "clip": lambda row: None if row.clip is None else str(row.clip),
}
"""What can stand in braces. Times are seconds; what a document does not know is empty."""
_TEXTS = frozenset({"path", "name", "stem", "query", "clip"})
_TIMECODE = re.compile(r"timecode(?:\.(\d))?", re.ASCII)
_FOR_TEXT = re.compile(r"[<>^]?\d{0,3}", re.ASCII)
_FOR_NUMBERS = re.compile(r"[<>^]?\+?0?\d{0,3}(\.\d{1,2}[fg]|[fg])?", re.ASCII)
_ESCAPES = {"t": "\t", "n": "\n", "0": "\0", "\\": "\\"}
_AS_IN = r"as in: --format '{path}\t{start:timecode}\t{end:timecode}\t{score:.2f}\n'"

_Piece = Callable[[Row], str]


def is_template(text: str) -> bool:
    """Whether somebody means a template, and not the name of a format."""
    return "{" in text or "}" in text


def read_template(text: str) -> Callable[[Document], bytes]:
    r"""Make a writer out of a template.

    Args:
        text: With fields in braces; ``{{`` and ``}}`` are braces, and ``\t``, ``\n``, ``\0``, ``\\`` what they are
            elsewhere. A line ends with a newline if the template ends in neither that nor a zero byte.

    Raises:
        CommandLineError: It is no template.
    """
    pattern = re.sub(r"\\([tn0\\])", lambda found: _ESCAPES[found[1]], text)
    pattern += "" if pattern.endswith(("\n", "\0")) else "\n"
    try:
        parts = list(string.Formatter().parse(pattern))
    except ValueError as error:
        raise CommandLineError(f"{text!r} is no template: {error}", _AS_IN) from error
    pieces = [piece for literal, *field in parts for piece in (_literal(literal), *_field(text, *field))]

    def write(document: Document) -> bytes:
        lines = ["".join(piece(row) for piece in pieces) for row in rows_of(document)]
        return "".join(lines).encode("utf-8", errors="backslashreplace")

    return write


def _literal(text: str) -> _Piece:
    return lambda row: text


def _field(template: str, name: str | None, form: str | None, conversion: str | None) -> list[_Piece]:
    if name is None:
        return []
    if name not in FIELDS or conversion:
        shown = f"{name}!{conversion}" if conversion else name
        raise CommandLineError(f"there is no {{{shown}}} in templates", f"there are: {', '.join(FIELDS)}")
    form, value = form or "", FIELDS[name]
    is_time = name not in _TEXTS and _TIMECODE.fullmatch(form)
    if not is_time and not (_FOR_TEXT if name in _TEXTS else _FOR_NUMBERS).fullmatch(form):
        raise CommandLineError(f"{name} cannot be written as {form!r}", _AS_IN)
    if is_time:
        decimals = int(is_time[1] or 1)
        return [lambda row: _timecode(value(row), decimals)]
    return [lambda row: _formatted(value(row), form)]


def _timecode(value: Value, decimals: int) -> str:
    return "" if value is None else format_time(float(value), decimals)


def _formatted(value: Value, form: str) -> str:
    if value is None:
        return ""
    return format(one_line(value) if isinstance(value, str) else value, form)
