"""The list of models, for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from r2cli.checkpoints.inventory import Item
from r2cli.files import readable_size


def model_table(items: Sequence[Item]) -> Table:
    """One row per model; sizes of what is not on this machine are rough, and say so."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("name", no_wrap=True)
    table.add_column("for", no_wrap=True)
    table.add_column("size", no_wrap=True, justify="right")
    table.add_column("here", no_wrap=True)
    table.add_column("good for")
    for item in items:
        name = f"{item.name} *" if item.is_default else item.name
        size = readable_size(item.size) if item.path is not None else f"~{readable_size(item.size)}"
        table.add_row(name, item.task, size, item.state, item.model.summary)
    return table
