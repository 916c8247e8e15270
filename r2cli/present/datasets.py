"""Data sets, as a table."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table


def dataset_table(rows: Iterable[tuple[str, str, str, str]]) -> Table:
    """One line per set: name, task, what is in it, licence."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("data set", "task", "what is in it", "licence"):
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table
