"""From a name or a suffix to a format."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from r2cli.errors import ArgumentError, option
from r2cli.export.formats import FORMATS, Format, by_suffix
from r2cli.export.template import is_template, read_template


def format_of(file: Path) -> Format:
    """The format that a file's suffix stands for.

    Raises:
        ArgumentError: It stands for none.
    """
    form = by_suffix(file)
    if form is None:
        known = listed(row.suffixes[0] for row in FORMATS.values() if row.suffixes)
        raise ArgumentError(
            f"{file}: no format is known by that suffix", f"take {known}, or add {option('format')} NAME"
        )
    return form


def format_called(name: str) -> Format:
    """The format of a name, or of a template.

    Raises:
        ArgumentError: There is none of that name, or the template makes no sense.
    """
    if is_template(name):
        return Format("a template", (), "", read_template(name))
    try:
        return FORMATS[name.lower()]
    except KeyError:
        raise ArgumentError(
            f"there is no format {name!r}", f"there are: {', '.join(FORMATS)}, and templates as '{{path}} {{start}}'"
        ) from None


def listed(words: Iterable[str]) -> str:
    """Words as people list them: `a, b or c`."""
    *all_but_last, last = words
    return f"{', '.join(all_but_last)} or {last}" if all_but_last else last
