"""The parts of the screen: the list of moments, the curve of the video, and what is said of the one that is chosen."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text
from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.widgets import DataTable, Static

from r2cli.findings import Findings
from r2cli.picking.curve import bars_of, columns_of, heights_of
from r2cli.picking.review import Candidate, Mark, Review
from r2cli.present.text import visible
from r2cli.timecode import format_time

_TICKS = {True: "[x]", False: "[ ]"}
_TICK_COLUMN = 0
_LONGEST_NAME = 40
"""Characters of a query or a path in the list; below it, they are shown whole."""


class MomentList(DataTable[Text]):
    """All moments, best first; a click on a tick is one on the tick, anywhere else it chooses the moment."""

    BINDINGS = [
        Binding("enter", "app.play", show=False),
        Binding("home", "scroll_top", show=False),
        Binding("end", "scroll_bottom", show=False),
    ]

    @dataclass
    class Ticked(Message):
        """Somebody clicked on the tick of a moment."""

        row: int

    def __init__(self) -> None:
        super().__init__(cursor_type="row", zebra_stripes=False, cell_padding=1, id="moments")
        self._several: list[str] = []

    def fill(self, review: Review) -> None:
        """Make a row for each moment."""
        findings = review.document.findings
        names = {"query": len({one.query for one in findings}), "video": len({one.video.path for one in findings})}
        self._several = [name for name, count in names.items() if count > 1]
        self.add_columns("", "#", "start - end", "score", *self._several)
        for candidate, mark in zip(review.candidates, review.marks, strict=True):
            self.add_row(*self._cells(candidate, mark))

    def show(self, index: int, candidate: Candidate, mark: Mark) -> None:
        """Show a moment as it is now."""
        for column, cell in enumerate(self._cells(candidate, mark)):
            self.update_cell_at((index, column), cell, update_width=True)  # type: ignore[arg-type]

    def _cells(self, candidate: Candidate, mark: Mark) -> list[Text]:
        """What its row says; its query and its video where there are several."""
        style = "" if mark.kept else "dim"
        names = {"query": candidate.found.query, "video": str(candidate.found.video.path)}
        return [
            Text(_TICKS[mark.kept], style),
            Text(str(candidate.rank), style, justify="right"),
            Text(_span(candidate, mark), f"{style} bold" if mark.is_moved else style),
            Text(f"{candidate.moment.score:.2f}", style),
            *(Text(_shortened(visible(names[name])), style) for name in self._several),
        ]

    def on_click(self, event: events.Click) -> None:
        """Tell a click on a tick from others."""
        at = event.style.meta
        if at.get("column") == _TICK_COLUMN and at.get("row", -1) >= 0:
            self.post_message(self.Ticked(at["row"]))


def _span(candidate: Candidate, mark: Mark) -> str:
    decimals = 3 if mark.is_moved else 1  # a nudge by one picture would not be seen in tenths
    return " - ".join(format_time(time, decimals) for time in candidate.span(mark))


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


class Facts(Static):
    """What there is to say of the chosen moment."""

    def show(self, review: Review) -> None:
        """Show it."""
        candidate, mark = review.candidate, review.mark
        start, end = review.span
        said = Text(no_wrap=True, overflow="ellipsis")
        said.append(f"{format_time(start, 3)} - {format_time(end, 3)}", "bold")
        said.append(f"  {end - start:.3f} s")
        said.append(f"  {_moved(mark)}" if mark.is_moved else "", "yellow")
        if not candidate.found.video.rate:
            said.append(f"  at {candidate.rate} pictures a second, for want of its rate", "yellow")
        said.append(f"\n{visible(candidate.found.query)}")
        said.append(f"\n{visible(str(candidate.found.video.path))}", "dim")
        self.update(said)


def _moved(mark: Mark) -> str:
    said = ", ".join(f"{name} {by:+d}" for name, by in (("start", mark.start), ("end", mark.end)) if by)
    return f"{said} picture{'s' * (abs(mark.start or mark.end) != 1)}"


class Curve(Static):
    """The curve of a video for a query, its moments below, and its first and last second."""

    @dataclass
    class Clicked(Message):
        """Somebody clicked at a time of the video."""

        seconds: float

    def __init__(self) -> None:
        super().__init__(id="curve")
        self._review: Review | None = None

    def show(self, review: Review) -> None:
        """Draw it for the moment that is chosen."""
        self._review = review
        self._draw()

    def on_resize(self) -> None:
        """Draw it as wide as there is room now."""
        self._draw()

    def on_click(self, event: events.Click) -> None:
        """Say which time that is."""
        if self._review is not None and self.size.width:
            duration = self._review.candidate.found.video.duration
            self.post_message(self.Clicked(duration * (event.x + 0.5) / self.size.width))

    def _draw(self) -> None:
        width, rows = self.size.width, max(self.size.height - 2, 1)
        if self._review is not None and width > 0:
            self.update(draw_curve(self._review, width, rows))


def draw_curve(review: Review, width: int, rows: int) -> Text:
    """A curve, a row of bands, and a row of times, of the video and the query of the chosen moment.

    Args:
        review: What was decided of all moments.
        width: Columns.
        rows: Of the curve itself.
    """
    found = review.candidate.found
    chosen = set(_columns(found, *review.span, width))
    drawn = Text(no_wrap=True, overflow="crop")
    for line in bars_of(heights_of(found, width), rows) or [" " * width] * rows:
        for column, bar in enumerate(line):
            drawn.append(bar, "bold yellow" if column in chosen else "cyan")
        drawn.append("\n")
    drawn.append_text(_bands(review, width, chosen))
    first, last = format_time(0), format_time(found.video.duration)
    drawn.append(f"\n{first}{last:>{max(width - len(first), 0)}}", "dim")
    return drawn


def _bands(review: Review, width: int, chosen: set[int]) -> Text:
    found = review.candidate.found
    bands = [(" ", "")] * width
    for candidate, mark in zip(review.candidates, review.marks, strict=True):
        if candidate.found is found:
            for column in _columns(found, *candidate.span(mark), width):
                bands[column] = ("━", "green") if mark.kept else ("╌", "dim")
    for column in chosen:
        bands[column] = ("█" if review.mark.kept else "░", "bold yellow")
    return Text.assemble(*bands)


def _columns(found: Findings, start: float, end: float, width: int) -> range:
    return columns_of(start, end, found.video.duration, width)
