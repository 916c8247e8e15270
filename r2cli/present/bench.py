"""What measurements say, for people."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table

from r2cli.files import readable_size


def speed_table(rows: Iterable[tuple[str, float, float | None, int | None]], duration: float) -> Table:
    """One row per step.

    Args:
        rows: What it is; seconds that it took; seconds of processor time; bytes at its height.
        duration: Seconds of the video.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    table.add_column("step", no_wrap=True)
    for header in ("time", "x real time", "cores busy", "memory"):
        table.add_column(header, justify="right", no_wrap=True)
    for about, seconds, cpu, memory in rows:
        table.add_row(
            about,
            readable_seconds(seconds),
            f"{duration / seconds:.0f}",
            "" if cpu is None else f"{cpu / seconds:.1f}",
            "" if memory is None else readable_size(memory),
        )
    return table


def readable_seconds(seconds: float) -> str:
    """Seconds, or milliseconds where there are few."""
    return f"{seconds * 1000:.0f} ms" if seconds < 0.9995 else f"{seconds:.1f} s"
