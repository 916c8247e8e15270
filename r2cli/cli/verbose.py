"""`--verbose`: what r2 logs of its steps, on standard error while a command runs."""

from __future__ import annotations

import functools
import inspect
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from typing import Annotated, Any, get_args

import typer

from r2cli.cli.console import write_line
from r2cli.errors import CommandLineError

_HELP = "Say step by step what r2 does, and when: which model file, which decoder, what was there before."
_CONTEXT, _QUIET, _VERBOSE = "context", "quiet", "verbose"


class _Teller(logging.Handler):
    """Writes each record in a line, with the seconds since it was made."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._begin = time.monotonic()

    def emit(self, record: logging.LogRecord) -> None:
        """Write it; what terminals would obey is spelled out."""
        write_line(f"{time.monotonic() - self._begin:7.3f} s  {record.getMessage()}")


@contextmanager
def telling() -> Iterator[None]:
    """Say what is logged below `r2cli` while the block runs, and at its end that it has ended."""
    log, teller = logging.getLogger("r2cli"), _Teller()
    before = log.level
    log.addHandler(teller)
    log.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        log.debug("ended")
        log.setLevel(before)
        log.removeHandler(teller)


def with_verbose(command: Callable[..., int]) -> Callable[..., int]:
    """A command with the option `--verbose`, if it is one that can be told to be quiet.

    Args:
        command: Whose parameters are options alone.

    Returns:
        A function for typer; the command itself where there is nothing to be quiet about.
    """
    known = inspect.signature(command, eval_str=True).parameters
    if _QUIET not in known:
        return command

    @functools.wraps(command)
    def run(**values: Any) -> int:  # noqa: ANN401 - whatever typer read
        context = values[_CONTEXT] if _CONTEXT in known else values.pop(_CONTEXT)
        if not values.pop(_VERBOSE):
            return command(**values)
        if values[_QUIET] and context.get_parameter_source(_QUIET).name == "COMMANDLINE":
            raise CommandLineError("--verbose and --quiet contradict each other", "leave one of them out")
        with telling():
            return command(**{**values, _QUIET: False})

    parameters = [*known.values()]
    if _CONTEXT not in known:
        parameters.insert(0, inspect.Parameter(_CONTEXT, inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context))
    parameters.insert([one.name for one in parameters].index(_QUIET) + 1, _beside(known[_QUIET]))
    run.__signature__ = inspect.signature(command).replace(parameters=parameters)  # type: ignore[attr-defined]
    return run


def _beside(quiet: inspect.Parameter) -> inspect.Parameter:
    """The option, in the section of the help in which `--quiet` stands."""
    option: Any = copy(typer.Option("--verbose", "-v", help=_HELP))
    option.rich_help_panel = getattr(get_args(quiet.annotation)[1], "rich_help_panel", None)
    return inspect.Parameter(
        _VERBOSE, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Annotated[bool, option]
    )
