"""`r2 help`: what `--help` shows, for those who ask in words."""

from __future__ import annotations

from typing import Annotated

import typer

from r2cli.cli.app import build_app
from r2cli.cli.console import Answer
from r2cli.cli.manual import manual_page
from r2cli.errors import CommandLineError, ExitCode


def help_(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[COMMAND...]", help="Of which command.", show_default=False)
    ] = None,
    man: Annotated[bool, typer.Option("--man", help="Write the manual page of r2 and all commands, for man.")] = False,
) -> int:
    """Show the help of r2, or of a command.

    \b
    r2 help
    r2 help find
    r2 help models pull
    r2 help --man | man -l -
    """  # noqa: D301 - typer wants the control character itself: it keeps the lines apart
    if man and words:
        raise CommandLineError("the manual page is of all commands", "leave the command out")
    root = build_app()
    if man:
        Answer().write("".join(f"{line}\n" for line in manual_page(root)))
        return ExitCode.FOUND
    root(args=[*(words or []), "--help"], prog_name="r2", standalone_mode=False)
    return 0
