"""`r2 help`: what `--help` shows, for those who ask in words."""

from __future__ import annotations

from typing import Annotated

import typer


def help_(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[COMMAND...]", help="Of which command.", show_default=False)
    ] = None,
) -> int:
    """Show the help of r2, or of a command.

    \b
    r2 help
    r2 help find
    r2 help models pull
    """  # noqa: D301 - typer wants the control character itself: it keeps the lines apart
    from r2cli.cli.app import build_app

    build_app()(args=[*(words or []), "--help"], prog_name="r2", standalone_mode=False)
    return 0
