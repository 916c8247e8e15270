"""Pictures of moments between lines of text."""

from __future__ import annotations

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from r2cli.findings import Findings, Moment
from r2cli.present.links import linked
from r2cli.timecode import format_time

_COLUMNS, _LINES = 48, 12
"""The most that a picture takes up: a terminal of 80 by 24 shows one with the words about it."""


class Thumb:
    """A picture, as large as it may be without being distorted.

    Args:
        picture: A renderable that fits itself into the room that it is given.
    """

    def __init__(self, picture: RenderableType) -> None:
        self.picture = picture

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The picture at the left."""
        room = options.update(width=min(_COLUMNS, options.max_width), height=_LINES)
        yield from console.render(self.picture, room)


def caption(rank: int, moment: Moment, found: Findings, peak: float, *, is_damaged: bool) -> Text:
    """What a picture shows."""
    span = f"{format_time(moment.start)} - {format_time(moment.end)}"
    about = ": this picture cannot be read" if is_damaged else ""
    return Text.assemble(f"{rank}   {span} of ", linked(found.video.path), f", at {format_time(peak)}{about}")
