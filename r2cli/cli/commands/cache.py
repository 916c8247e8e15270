"""`r2 cache`: what is kept of videos, so that the next query is quick."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from r2cli.cli.console import Answer, Talk
from r2cli.cli.options import JsonOption

if TYPE_CHECKING:
    from r2cli.cache import Freed


def cache(context: typer.Context, as_json: JsonOption = False) -> int:
    """Show what r2 keeps of the videos it has seen, make room.

    Nothing in it is lost for good: what is gone is computed again when it is needed.

    \b
    r2 cache
    r2 cache list
    r2 cache prune --to "2 GB"
    r2 cache clear
    """  # noqa: D301 - typer wants the control character itself: it keeps the lines apart
    return info(as_json) if context.invoked_subcommand is None else 0


def info(as_json: JsonOption = False) -> int:
    """Where the cache is, how large it is and may become.

    \b
    r2 cache info
    """  # noqa: D301 - typer wants the control character itself: it keeps the lines apart
    from r2cli.cache import info as look

    found, answer = look(), Answer()
    if as_json:
        from r2cli.export.json.cache import write_info

        answer.write(write_info(found))
    else:
        from r2cli.present.cache import info_lines

        answer.write(info_lines(found))
    return 0


def list_(as_json: JsonOption = False) -> int:
    """Every video in the cache, what was used last first.

    \b
    r2 cache list
    """  # noqa: D301 - as above
    from r2cli.cache import entries

    found, answer = entries(), Answer()
    if as_json:
        from r2cli.export.json.cache import write_entries

        answer.write(write_entries(found))
    elif found:
        from r2cli.present.cache import entry_table

        answer.show(entry_table(found))
    else:
        Talk().note("nothing is kept yet: r2 find and r2 index do so")
    return 0


def prune(
    to: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="SIZE", help='As "2 GB"; otherwise the limit, see: r2 config.', show_default=False
        ),
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Remove what was not used for longest.

    Until the rest fits a size; r2 does this by itself when something new is kept.

    \b
    r2 cache prune --to "2 GB"
    """  # noqa: D301 - as above
    from r2cli.cache import parse_size
    from r2cli.cache import prune as make_room

    return _say(make_room(None if to is None else parse_size(to)), as_json)


def clear(as_json: JsonOption = False) -> int:
    """Remove everything from the cache.

    Except what another r2 is writing at the moment.

    \b
    r2 cache clear
    """  # noqa: D301 - as above
    from r2cli.cache import clear as remove_all

    return _say(remove_all(), as_json)


def _say(freed: Freed, as_json: bool) -> int:
    from r2cli.cache import info as look

    answer = Answer()
    if as_json:
        from r2cli.export.json.cache import write_freed

        answer.write(write_freed(freed, look()))
    else:
        from r2cli.present.cache import freed_line

        answer.write(freed_line(freed, look()))
    return 0
