"""The table of data sets: one row each. A new set is a file and a row here, and nothing else."""

from __future__ import annotations

from difflib import get_close_matches

from r2cli.datasets.charades import CHARADES
from r2cli.datasets.custom import CUSTOM
from r2cli.datasets.dataset import Dataset
from r2cli.datasets.ego4d import EGO4D
from r2cli.datasets.qvhighlights import QVHIGHLIGHTS
from r2cli.datasets.sprites.rows import SPRITES, SPRITES_HIGHLIGHTS
from r2cli.datasets.tacos import TACOS
from r2cli.datasets.tvsum import TVSUM
from r2cli.datasets.youtube import YOUTUBE
from r2cli.errors import CommandLineError

_ROWS = (SPRITES, SPRITES_HIGHLIGHTS, CUSTOM, QVHIGHLIGHTS, CHARADES, TACOS, EGO4D, YOUTUBE, TVSUM)

DATASETS: dict[str, Dataset] = {row.name: row for row in _ROWS}
"""Every data set that r2 knows, by name."""


def find_dataset(name: str) -> Dataset:
    """The data set of that name.

    Raises:
        CommandLineError: There is none; the message suggests the nearest name.
    """
    if name in DATASETS:
        return DATASETS[name]
    near = get_close_matches(name.lower(), DATASETS, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise CommandLineError(f"no data set named {name!r}", f"{hint}There are: {', '.join(DATASETS)}")
