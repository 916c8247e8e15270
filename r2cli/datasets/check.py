"""What is there of a data set on this machine, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from r2cli.datasets.dataset import Dataset
from r2cli.errors import UnreadableInputError


@dataclass(frozen=True)
class SplitState:
    """What is there of one split."""

    split: str
    annotations: str
    """The file's name; empty: it is not there."""
    queries: int
    videos: int
    """That the annotations name."""
    found: int
    """Of these."""
    first_missing: str
    """The name of a video that is not there; empty: all are."""
    problem: str
    """What is wrong with the annotations, with the file and the line; empty: nothing."""

    @property
    def is_complete(self) -> bool:
        """Whether one can work with it."""
        return not self.problem and self.found == self.videos > 0


def check(dataset: Dataset, folder: Path) -> tuple[SplitState, ...]:
    """Look at every split of a set; reads all its annotations, and no video.

    Args:
        dataset: Which.
        folder: Where it is.
    """
    with TemporaryDirectory(prefix="r2-data-") as scratch:
        return tuple(_check_split(dataset, folder, split, Path(scratch)) for split in dataset.splits)


def _check_split(dataset: Dataset, folder: Path, split: str, scratch: Path) -> SplitState:
    names = dataset.files(split)
    there = next((name for name in names if (folder / name).exists()), "")
    queries, videos, problem = 0, dict[str, bool](), ""
    try:
        for sample in dataset.samples(folder, split):
            queries += 1
            if sample.video not in videos:
                videos[sample.video] = not names or _is_there(dataset, folder, sample.video, scratch)
    except UnreadableInputError as error:
        problem = error.message
    missing = next((name for name, found in videos.items() if not found), "")
    return SplitState(split, there, queries, len(videos), sum(videos.values()), missing, problem)


def _is_there(dataset: Dataset, folder: Path, video: str, scratch: Path) -> bool:
    try:
        dataset.film(folder, video, scratch)
    except UnreadableInputError:
        return False
    return True
