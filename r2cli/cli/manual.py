"""The manual page: all that the help of r2 and of its commands says, in roff, for `man`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import Any

from r2cli.cli.app import load_command
from r2cli.cli.commands import COMMANDS
from r2cli.cli.versions import version_line
from r2cli.errors import ExitCode
from r2cli.settings import SETTINGS

_WIDTH = 70
_OTHER_VARIABLES = (
    ("R2_CONFIG_DIR", "the folder of the file of settings"),
    ("R2_DEBUG", "1 shows tracebacks, and what libraries say"),
    ("NO_COLOR", "no colours"),
)
"""Those that are no settings."""
_EXAMPLES = "\b"
"""What begins a paragraph whose lines stay as they are."""


def manual_page(root: Any) -> Iterator[str]:  # noqa: ANN401 - typer does not export the class
    """The lines of the page, in ASCII.

    Args:
        root: The application, as `build_app` makes it.
    """
    top = root.context_class(root, info_name="r2", **root.context_settings)
    tagline, *rest = _paragraphs(root.help)
    yield f'.TH R2 1 "" "{version_line()}" "User Commands"'
    yield from (".nh", ".ad l")  # what somebody may copy is neither torn nor stretched
    yield from (".SH NAME", rf"r2 \- {_text(' '.join(tagline.split())).removesuffix('.')}")
    yield from (".SH SYNOPSIS", r".B r2", r"\fICOMMAND\fR [\fIOPTIONS\fR] ...")
    yield ".SH DESCRIPTION"
    yield from _prose(rest)
    yield ".SH OPTIONS"
    yield from _definitions(_records(root, top))
    yield ".SH COMMANDS"
    for row in COMMANDS:
        yield from _command(load_command(row), top)
    yield ".SH EXIT STATUS"
    yield from _definitions((str(int(code)), code.words) for code in ExitCode)
    yield ".SH ENVIRONMENT"
    yield from _definitions((one.variable, one.about) for one in SETTINGS.values())
    yield from _definitions(_OTHER_VARIABLES)


def _command(command: Any, above: Any) -> Iterator[str]:  # noqa: ANN401
    """One command with its options, and those that can follow it."""
    context = command.context_class(command, info_name=command.name, parent=above, **command.context_settings)
    words = [context.command_path, *command.collect_usage_pieces(context)]
    yield f'.SS "{_text(" ".join(words)).replace(chr(34), chr(34) * 2)}"'
    yield from _prose(_paragraphs(command.help))
    sections = getattr(command, "sections", None)
    for title, records in sections(context).items() if sections else [("Options", _records(command, context))]:
        if records:
            yield from (".PP", rf"\fB{_text(title)}\fR")
            yield from _definitions(records)
    for one in getattr(command, "commands", {}).values():
        yield from _command(one, context)


def _records(command: Any, context: Any) -> list[tuple[str, str]]:  # noqa: ANN401
    records = (param.get_help_record(context) for param in command.get_params(context))
    return [record for record in records if record]


def _paragraphs(text: str | None) -> list[str]:
    return [part for part in (text or "").split("\n\n") if part.strip()]


def _prose(paragraphs: Iterable[str]) -> Iterator[str]:
    for place, paragraph in enumerate(paragraphs):
        if place:
            yield ".PP"
        if paragraph.lstrip(" \n").startswith(_EXAMPLES):
            yield from (".RS 4", ".nf")
            yield from (_line(line) for line in paragraph.replace(_EXAMPLES, "").strip("\n").split("\n"))
            yield from (".fi", ".RE")
        else:
            yield from _wrapped(paragraph)


def _definitions(records: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, about in records:
        yield from (".TP", rf"\fB{_text(name)}\fR", *_wrapped(about))


def _wrapped(text: str) -> Iterator[str]:
    """Prose in lines that editors show."""
    return map(_line, wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False))


def _line(text: str) -> str:
    """Text as a line of its own: what begins with a dot or a quote would be a request."""
    escaped = _text(text)
    return rf"\&{escaped}" if escaped[:1] in (".", "'") else escaped


def _text(text: str) -> str:
    """Text in which nothing means anything to roff, and a hyphen is what somebody can copy into a shell."""
    plain = text.replace("\\", r"\e").replace("-", r"\-").replace("`", r"\(ga").replace("'", r"\(aq")
    plain = plain.replace("^", r"\(ha").replace("~", r"\(ti")
    return "".join(char if char.isascii() else rf"\[u{ord(char):04X}]" for char in plain)
