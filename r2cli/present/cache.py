"""What is kept of videos, for people."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from r2cli.cache import CachedVideo, CacheInfo, Freed
from r2cli.files import readable_size
from r2cli.present.links import linked
from r2cli.present.text import visible

_UNITS = ((86_400, "day"), (3600, "hour"), (60, "minute"))


def info_lines(info: CacheInfo) -> str:
    """Where it is, how large, and how large it may become."""
    limit = readable_size(info.limit) if info.limit else "0: nothing is kept"
    return (
        f"path     {visible(str(info.path))}\n"
        f"entries  {info.entries}\n"
        f"size     {readable_size(info.bytes)}\n"
        f"limit    {limit} (cache_limit, see: r2 config)\n"
    )


def entry_table(entries: Sequence[CachedVideo]) -> Table:
    """One row per video and model."""
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    for header in ("model", "sampling", "clips", "size", "used"):
        table.add_column(header, no_wrap=True, justify="right" if header in ("clips", "size") else "left")
    table.add_column("video", overflow="fold")
    now = time.time()
    for entry in entries:
        video = Text("unknown") if entry.video is None else Text("").append(linked(entry.video))
        cells = [entry.model, entry.sampling, str(entry.clips), readable_size(entry.bytes), _ago(now - entry.used)]
        table.add_row(*map(Text, map(visible, cells)), video if entry.is_complete else video.append(" (not finished)"))
    return table


def freed_line(freed: Freed, left: CacheInfo) -> str:
    """What was removed, and what is left."""
    removed = f"removed {_counted(freed.entries)}, {readable_size(freed.bytes)}" if freed.entries else "removed nothing"
    return f"{removed}; {_counted(left.entries)} left, {readable_size(left.bytes)}\n"


def _counted(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"


def _ago(seconds: float) -> str:
    for length, unit in _UNITS:
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"
