"""Names of files that open the file where a terminal knows links (OSC 8)."""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path
from urllib.parse import quote_from_bytes

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from r2cli.present.text import visible

_HOST = re.compile(r"[A-Za-z0-9.-]*")


def linked(path: Path) -> Text:
    """A path as it was named, fit to be looked at; to be opened, where a terminal knows how to."""
    address = file_url(path)
    return Text(visible(str(path)), style=Style(link=address) if address else "")


def file_url(path: Path) -> str:
    """Where a file is, also for a terminal on another machine; empty where no file can be called so.

    The host is named as in GNU's `ls --hyperlink`, so that a terminal at the other end of ssh opens nothing of its own.
    Nothing but letters, digits and `-._~/%` is in it: no name ends the sequence that a terminal reads it from.
    """
    absolute = path.absolute()
    try:
        if os.name == "nt":  # there a host would be one that shares files
            return absolute.as_uri()
        return f"file://{_host()}{quote_from_bytes(os.fsencode(absolute))}"
    except UnicodeEncodeError:
        return ""


def _host() -> str:
    name = socket.gethostname()
    return name if _HOST.fullmatch(name) else ""


class Unlinked:
    """The same without links."""

    def __init__(self, shown: RenderableType) -> None:
        self.shown = shown

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """All segments, none of which leads anywhere."""
        yield from Segment.strip_links(console.render(self.shown, options))
