"""What is wrong with a command line, in words of r2's own: typer's speak of types, and of the library behind it."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Any

_IN_WORDS = (
    (r"Value error, ", ""),
    (r"Input should be a valid integer\b.*", "it takes a whole number"),
    (r"Input should be a valid number\b.*", "it takes a number"),
    (r"Input should be greater than or equal to (\S+)", r"it takes \1 or more"),
    (r"Input should be less than or equal to (\S+)", r"it takes \1 or less"),
)


def usage_line(error: Exception) -> str:
    """One line about an error of typer's: what is wrong, and where to read what is right."""
    message = " ".join(_message(error).split()).rstrip(".")
    context = getattr(error, "ctx", None)
    where = context.command_path if context is not None else "r2"
    return f"{message} - see: {where} --help"


def _message(error: Exception) -> str:
    known = getattr(error, "possibilities", None)
    if known and (option := getattr(error, "option_name", "")):
        return f"{getattr(error, 'message', error)}. Did you mean {_nearest(option, known)!r}?"
    parameter, message = getattr(error, "param", None), getattr(error, "message", "")
    options = [one for one in getattr(parameter, "opts", ()) if one.startswith("--")]
    if not (message and options):
        return str(getattr(error, "format_message", lambda: error)())
    for pattern, words in _IN_WORDS:
        message = re.sub(pattern, words, message)
    if " is not one of " in message:
        message = re.sub(r"(?<=[ ,])'([\w-]+)'", r"\1", message)
    origin = _origin(getattr(error, "ctx", None), getattr(parameter, "name", ""))
    return f"{origin or options[0]}: {message}"


def _origin(context: Any, parameter: str) -> str:  # noqa: ANN401 - typer does not export the class
    """Where a value is from that nobody typed: the setting's name, and the file or the variable."""
    source = None if context is None else context.get_parameter_source(parameter)
    if source is None or source.name != "DEFAULT_MAP":
        return ""
    from r2cli.settings import SETTINGS, given_to

    known = given_to(context.info_name, parameter)
    if known is None:
        return ""
    name, one = known
    return one.origin if one.origin == SETTINGS[name].variable else f"{one.origin}: {name}"


def _nearest(option: str, known: list[str]) -> str:
    """Of options that are alike, the one of the same letters, in whatever order, comes first."""
    letters = sorted(option)
    return max(known, key=lambda one: (sorted(one) == letters, SequenceMatcher(None, option, one).ratio()))
