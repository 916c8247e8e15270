"""Which arguments of `r2 find` are videos and which is the query, told before any work is done."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from r2cli.cli.amounts import read_video
from r2cli.cli.folders import VIDEO_SUFFIXES
from r2cli.cli.queries import read_queries
from r2cli.errors import CommandLineError

if TYPE_CHECKING:
    from r2cli.cli.combining import Combining
    from r2cli.tasks.combine import Question

_EXAMPLE = 'r2 find holiday.mp4 "a dog jumps"'
_SUFFIX = re.compile(r"\S\.[A-Za-z0-9]{2,5}$")
"""How the name of a file ends, and no word of a sentence."""


def require_order(typed: list[Path], listed: list[Path], query: str) -> tuple[list[Path], tuple[str, ...]]:
    """See to it that videos come first and a query last.

    Args:
        typed: What stands before the last argument.
        listed: Videos that are named elsewhere.
        query: The last argument.

    Raises:
        CommandLineError: One of the two is missing, they stand the wrong way round, or the query is in pieces.
    """
    read_video(query)
    videos = [*typed, *listed]
    if not videos and not query:
        raise CommandLineError("no video and no query", f"as in: {_EXAMPLE}")
    is_file = _names_file(query)
    if is_file and not videos:
        raise CommandLineError(f"no query after {query!r}", f"say what to look for, as in: {_EXAMPLE}")
    if is_file:
        raise CommandLineError(f"the last argument, {query!r}, names a file and is no query", f"as in: {_EXAMPLE}")
    if not videos:
        raise CommandLineError(f"no video before the query {query!r}", f"name one, as in: {_EXAMPLE}")
    _require_quotes(typed, query, is_first=not listed)
    from r2cli.tasks.ask import require_query

    return videos, (require_query(query),)


def _require_quotes(typed: list[Path], query: str, *, is_first: bool) -> None:
    """See that the query is one argument: words before it that are no files belong to it.

    Args:
        typed: What stands before the last argument.
        query: The last argument.
        is_first: Whether the first of these must be a video.
    """
    words = [str(query)]
    for path in reversed(typed[is_first:]):
        if looks_like_path(str(path)):
            break
        words.insert(0, str(path))
    if len(words) > 1:
        videos = [shlex.quote(str(path)) for path in typed[: len(typed) - len(words) + 1]]
        raise CommandLineError(
            f"the query is {len(words)} arguments: {', '.join(map(repr, words))}",
            f'put the query in quotes, as in: {" ".join(["r2 find", *videos[:1]])} "{" ".join(words)}"; '
            "several queries go into a file: --queries FILE",
        )


def looks_like_path(word: str) -> bool:
    """Whether a word is meant to name a file, there or not."""
    return bool("/" in word or os.sep in word or _SUFFIX.search(word)) or os.path.exists(word)


def order_of(
    typed: list[Path], listed: list[Path], last: str, queries: Path | None, combining: Combining
) -> tuple[list[Path], tuple[Question, ...]]:
    """The videos, and what is asked about them, wherever that stands.

    Raises:
        CommandLineError: Something is missing, stands in the wrong place, or does not go together.
        UnreadableInputError: A file of queries cannot be read.
    """
    if queries is not None:
        combining.require_alone("--queries")
        return require_list([*typed, *listed], last, queries)
    if combining.expr is not None:
        combining.require_sense()
        return _require_expression([*typed, *listed], last, combining.expr)
    videos, (query,) = require_order(typed, listed, last)
    return videos, (combining.around(query),)


def _require_expression(videos: list[Path], last: str, expr: str) -> tuple[list[Path], tuple[Question, ...]]:
    from r2cli.tasks.combine import read_expression

    found = _only_videos(videos, last, "--expr", """r2 find holiday.mp4 --expr '"a dog" and not "people"'""")
    return found, (read_expression(expr, "--expr"),)


def require_list(videos: list[Path], last: str, queries: Path) -> tuple[list[Path], tuple[Question, ...]]:
    """The same where a file holds the queries: then the last argument is a video too.

    Raises:
        CommandLineError: There is no video, or a query besides the file.
        UnreadableInputError: The file cannot be read.
    """
    return _only_videos(videos, last, f"--queries {queries}", "r2 find holiday.mp4 --queries list.txt"), read_queries(
        queries
    )


def _only_videos(videos: list[Path], last: str, option: str, example: str) -> list[Path]:
    """The videos, where no query stands behind them.

    Raises:
        CommandLineError: There is none, or a query besides the option.
    """
    if not last and not videos:
        raise CommandLineError("no video", f"name one, as in: {example}")
    read_video(last)
    if last and not _names_file(last) and not os.path.exists(last):
        raise CommandLineError(
            f"both a query, {last!r}, and {option}", f"leave one out: {option.split()[0]}, or the last argument"
        )
    return [*videos, *([Path(last)] if last else [])]


def _names_file(text: str) -> bool:
    # Unlike Path.is_file, isfile takes sentences of any length.
    return os.path.isfile(text) or (text.split() == [text] and Path(text).suffix.lower() in VIDEO_SUFFIXES)
