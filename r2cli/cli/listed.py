"""Videos that another program or a file lists, as `find -print0` does."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import typer

from r2cli.cli.amounts import read_video
from r2cli.cli.inputs import STANDARD_INPUT, name_of, read_whole
from r2cli.errors import CommandLineError

_LARGEST_FILE = 1 << 26
"""Bytes; names of some hundred thousand videos."""
_HINT = "one name in each line, or -0 for names that end with a zero byte"


@dataclass(frozen=True)
class Listing:
    """Where further videos are named."""

    SECTION: ClassVar[str] = "Many videos"

    from_file: Annotated[
        Path | None,
        typer.Option(
            "--from-file",
            metavar="FILE",
            help="Take the videos that this file names too, one in each line; - is standard input.",
            show_default=False,
        ),
    ] = None
    ended_by_zero: Annotated[
        bool,
        typer.Option("--null", "-0", help="Names there end with a zero byte; without --from-file: on standard input."),
    ] = False

    def videos(self, *, but_not: Path | None = None) -> list[Path]:
        """The videos that are named there, if somewhere.

        Args:
            but_not: A file that is read for something else.

        Raises:
            UnreadableInputError: They cannot be read.
            CommandLineError: There is none, or both come from standard input.
        """
        is_piped = self.from_file == STANDARD_INPUT or (self.from_file is None and self.ended_by_zero)
        if is_piped and but_not == STANDARD_INPUT:
            raise CommandLineError("standard input cannot name both videos and queries", "put one into a file")
        return listed_videos(self.from_file, ended_by_zero=self.ended_by_zero)


def listed_videos(file: Path | None, *, ended_by_zero: bool = False) -> list[Path]:
    """The videos that a file names, each once, in its order.

    Args:
        file: A name in each line; `-` is standard input. None: no file, or standard input if names end with a zero.
        ended_by_zero: Whether names end with a zero byte, and may hold everything else.

    Raises:
        UnreadableInputError: It cannot be read.
        CommandLineError: It names none, or what can be no name.
    """
    if file is None and not ended_by_zero:
        return []
    source = file or STANDARD_INPUT
    content = read_whole(source, largest=_LARGEST_FILE, what="a list of videos", hint=_HINT)
    if not ended_by_zero and b"\0" in content:
        raise CommandLineError(f"{name_of(source)}: names in it end with a zero byte", "add -0")
    names = content.split(b"\0") if ended_by_zero else _lines(content)
    paths = [read_video(os.fsdecode(name)) for name in dict.fromkeys(names) if name]
    if not paths:
        raise CommandLineError(f"{name_of(source)}: there is no video in it", _HINT)
    return paths


def _lines(content: bytes) -> list[bytes]:
    # A name may end in a space, and hold what Unicode counts among the ends of lines.
    return [line.removesuffix(b"\r") for line in content.removeprefix(b"\xef\xbb\xbf").split(b"\n")]
