"""The settings, as a table."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table

from r2cli.present.text import visible


def settings_table(rows: Iterable[tuple[str, str, str, str]]) -> Table:
    """One line per setting: name, value, who set it, what it is for."""
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    for title in ("setting", "value", "from", "what it is"):
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*(visible(cell) for cell in row))
    return table
