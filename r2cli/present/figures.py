"""The figures of an evaluation, as a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.table import Table

from r2cli.present.text import visible

SHOWN = (
    *("MR-full-R1@0.3", "MR-full-R1@0.5", "MR-full-R1@0.7", "MR-full-R5@0.5", "MR-full-mIoU", "MR-full-mAP"),
    *("HL-min-VeryGood-mAP", "HL-min-VeryGood-Hit1", "mAP", "Hit1", "top-5 mAP"),
)
"""What people compare; the rest is in the JSON."""


def figures_table(
    rows: Iterable[tuple[str, int, Mapping[str, float], Mapping[str, tuple[float, float]]]],
) -> Table:
    """One line per model and kind of query.

    Args:
        rows: Whose, of how many queries, the figures in percent, and where 95 of 100 such figures lie.
    """
    listed = list(rows)
    columns = [name for name in SHOWN if any(name in figures for _, _, figures, _ in listed)]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("answers of", overflow="fold")
    table.add_column("queries", justify="right")
    for name in columns:
        table.add_column(short_name(name), justify="right")
    for who, queries, figures, spread in listed:
        table.add_row(visible(who), str(queries), *_cells(columns, figures, spread))
    return table


def short_name(name: str) -> str:
    """A measure's official name without what goes without saying."""
    return name.removeprefix("MR-full-").removeprefix("HL-min-")


def _cells(
    columns: Sequence[str], figures: Mapping[str, float], spread: Mapping[str, tuple[float, float]]
) -> Iterable[str]:
    for name in columns:
        if name not in figures:
            yield ""
        elif name in spread:
            low, high = spread[name]
            yield f"{figures[name]:.2f} [{low:.2f}, {high:.2f}]"
        else:
            yield f"{figures[name]:.2f}"
