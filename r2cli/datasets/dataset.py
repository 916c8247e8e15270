"""A data set: videos, queries about them, and what is true of those."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from numpy.typing import NDArray

from r2cli.errors import CommandLineError, UnreadableInputError

Span = tuple[float, float]
"""Start and end in seconds."""

SUFFIXES = (".mp4", ".mkv", ".webm", ".avi", ".mov", ".m4v")
"""Of videos that a data set's file names without one."""


@dataclass(frozen=True)
class Sample:
    """One query about one video, with what is true of it."""

    id: str | int
    """Unique in its set."""
    video: str
    """Name of the video within its set."""
    query: str
    windows: tuple[Span, ...] | None = None
    """When it happens, as annotated; empty: never; None: not annotated, or kept secret."""
    duration: float | None = None
    """Of the video, in seconds, as annotated."""
    ratings: NDArray[Any] | None = None
    """[clips, raters] on the set's scale; None: clips were not rated."""
    kind: str = ""
    """Of query, where a set has several that are counted apart."""


@dataclass(frozen=True)
class Scale:
    """What the ratings of clips mean."""

    low: float
    high: float
    positive: Literal["any", "above median", "above half"] = "any"
    """Which clips count as what the query is about: those rated above `low`, above the median, above half the scale."""


@dataclass(frozen=True)
class Source:
    """Where a set is to be had."""

    annotations: str
    videos: str
    licence: str


@dataclass(frozen=True)
class Dataset:
    """One row of the table: everything that training and evaluation must know of a set."""

    name: str
    about: str
    """In one sentence."""
    task: Literal["moments", "highlights"]
    splits: tuple[str, ...]
    """What it is published in; the last is what one evaluates on."""
    read: Callable[[Path, str], Iterator[Sample]]
    """Given its folder and a split: its samples, one after the other, those of one video together where it can be."""
    film: Callable[[Path, str, Path], Path]
    """Given its folder, the name of a video, and a folder for what must be made first: the video's file."""
    measure: Literal["moments", "ranking", "top-five", "trapezia"]
    """How answers are judged; see `evaluation.measure`."""
    source: Source
    scale: Scale | None = None
    """Of the ratings; None: it has none."""
    clips_per_second: float | None = None
    """At which clips are rated; None: as the model samples them."""
    files: Callable[[str], tuple[str, ...]] = lambda split: ()
    """The names that a split's annotations may have in the set's folder, any of which will do; none: it needs none."""
    usual: int | None = None
    """How many videos are evaluated when nobody says how many; None: all."""

    def samples(self, folder: Path, split: str) -> Iterator[Sample]:
        """The samples of a split.

        Raises:
            CommandLineError: There is no such split.
            UnreadableInputError: The annotations are missing, or something about them is wrong.
        """
        if split not in self.splits:
            raise CommandLineError(f"{self.name} has no split {split!r}", f"it has: {', '.join(self.splits)}")
        return self.read(folder, split)


def find_annotations(folder: Path, names: tuple[str, ...]) -> Path:
    """The first of some files that is there.

    Raises:
        UnreadableInputError: None is.
    """
    for name in names:
        if (folder / name).exists():
            return folder / name
    raise UnreadableInputError(f"there is no {' nor '.join(names)} in {folder}", "see: r2 data check")


def find_video(folder: Path, name: str, places: Sequence[str] = ("videos", "")) -> Path:
    """The file of a video.

    Args:
        folder: Of the set.
        name: Of the video, with or without a suffix.
        places: Folders in it to look into.

    Raises:
        UnreadableInputError: There is none, or the name leads out of the folder.
    """
    if Path(name).is_absolute() or ".." in Path(name).parts or not name:
        raise UnreadableInputError(f"{name!r} is not the name of a video in {folder}", "name it relative to the folder")
    for place in places:
        for suffix in ("", *SUFFIXES):
            path = folder / place / f"{name}{suffix}"
            if path.is_file():
                return path
    raise UnreadableInputError(f"there is no video {name} in {folder}", "see: r2 data check")


def in_folders(*places: str) -> Callable[[Path, str, Path], Path]:
    """Finds the videos of a set that lie in some of its folders; see `find_video`."""
    return lambda folder, name, scratch: find_video(folder, name, places)
