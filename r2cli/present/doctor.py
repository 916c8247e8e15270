"""What the doctor saw, as a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from r2cli.present.text import visible

_STYLES = {"ok": "green", "note": "yellow", "fault": "bold red"}


def health_table(rows: Iterable[tuple[str, str, Sequence[str]]]) -> Table:
    """One row per thing: its state, its name, and what there is to say."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    for title in ("state", "name"):
        table.add_column(title, no_wrap=True)
    table.add_column("lines", overflow="fold")
    for state, name, lines in rows:
        table.add_row(Text(state, style=_STYLES[state]), name, "\n".join(visible(line) for line in lines))
    return table
