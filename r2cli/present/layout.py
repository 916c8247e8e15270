"""A table of times and names for terminals of any width: a name that does not fit beside its row stands below it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

_GAP = 3
"""Columns between two cells."""
_LEAST = 20
"""Columns of a name, unless it is shorter; with less it would be a column of letters."""


class NameTable:
    """Rows of short cells, each about something with a name.

    Args:
        headers: Of the short cells.
        names: Headers of the names, which come last.
        left: Headers of cells that begin at the left; the others end at the right.
        spare: How many of the short cells, the last ones, are left out unless everything stands in a line with them.
    """

    def __init__(
        self, headers: Sequence[str], names: Sequence[str] = (), *, left: Sequence[str] = (), spare: int = 0
    ) -> None:
        self.headers, self.names, self.left = tuple(headers), tuple(names), frozenset(left)
        self.spare = spare
        self.rows: list[tuple[tuple[str, ...], tuple[Text, ...]]] = []

    def add_row(self, cells: Sequence[str], names: Sequence[str | Text] = ()) -> None:
        """One more row; what a terminal would obey is spelled out already."""
        self.rows.append((tuple(cells), tuple(Text(name) if isinstance(name, str) else name for name in names)))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """A plain table where there is room for one."""
        widths = self._widths(self.headers, [cells for cells, _ in self.rows])
        named = self._widths(self.names, [[name.plain for name in names] for _, names in self.rows])
        if self.spare and _wide(widths, named) > options.max_width:
            yield self._without_spare()
            return
        if _wide(widths, [min(_LEAST, width) for width in named]) <= options.max_width:
            yield self._table(self.headers, [cells for cells, _ in self.rows], names=True)
            return
        shown = self._fitting(widths, options.max_width)
        heads = self._table(self.headers[:shown], [cells[:shown] for cells, _ in self.rows], names=False)
        below = [
            [*map(Text, map(" ".join, zip(self.headers[shown:], cells[shown:], strict=True))), *names]
            for cells, names in self.rows
        ]
        lines = console.render_lines(heads, options.update(width=options.max_width), pad=False)
        for line, rest in zip(lines, [[], *below], strict=True):
            yield from line
            yield Text("")
            for one in rest:
                yield Padding(Text("", overflow="fold").append(one), (0, 0, 0, 2))

    def _without_spare(self) -> NameTable:
        table = NameTable(self.headers[: -self.spare], self.names, left=tuple(self.left))
        table.rows = [(cells[: -self.spare], names) for cells, names in self.rows]
        return table

    def _fitting(self, widths: Sequence[int], room: int) -> int:
        """How many of the short cells fit into a line; one at least."""
        fitting = [n for n in range(1, len(widths) + 1) if sum(widths[:n]) + _GAP * (n - 1) <= room]
        return max(fitting, default=1)

    def _widths(self, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
        return [max(map(cell_len, column)) for column in zip(headers, *rows, strict=True)]

    def _table(self, headers: Sequence[str], rows: Sequence[Sequence[str]], *, names: bool) -> Table:
        table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold")
        for header in headers:
            table.add_column(header, justify="left" if header in self.left else "right", no_wrap=True)
        for header in self.names if names else ():
            table.add_column(header, overflow="fold")
        for cells, (_, called) in zip(rows, self.rows, strict=True):
            table.add_row(*map(Text, cells), *(called if names else ()))  # not str: it may look like markup
        return table


def _wide(widths: Sequence[int], named: Sequence[int]) -> int:
    """Columns of a line with all of these cells."""
    return sum(widths) + sum(named) + _GAP * (len(widths) + len(named) - 1)
