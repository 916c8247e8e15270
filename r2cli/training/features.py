"""What a frozen CLIP sees of a data set's videos, computed ahead of a training, by as many processes as there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from r2cli.backbones.devices import choose_device
from r2cli.backbones.threads import follow_cores
from r2cli.datasets.dataset import Dataset, Sample
from r2cli.datasets.table import find_dataset
from r2cli.errors import UnreadableInputError
from r2cli.training.recipe import Recipe
from r2cli.training.session import OnNote, Places, open_clip
from r2cli.training.store import TokenStore
from r2cli.training.train import Lessons, is_of_use


@dataclass(frozen=True)
class Share:
    """Which of several processes this one is, from 1 on."""

    number: int = 1
    of: int = 1


@dataclass(frozen=True)
class Seen:
    """What became of one video."""

    video: str
    was_there: bool = False
    error: UnreadableInputError | None = None
    """Why it could not be looked at; None: it was."""


def videos_of(recipe: Recipe, folder: Path, share: Share = Share()) -> list[Sample]:  # noqa: B008 - it is frozen
    """A sample of every video that a recipe learns from or is judged by.

    Args:
        recipe: Which.
        folder: Of its data set.
        share: Of the videos, by turns.

    Raises:
        UnreadableInputError: Something about the annotations is wrong, or there are none to learn from.
    """
    dataset = find_dataset(recipe.dataset)
    found: dict[str, Sample] = {}
    for split in _splits(dataset, folder, recipe):
        for sample in dataset.samples(folder, split):
            if is_of_use(sample, recipe):
                found.setdefault(sample.video, sample)
    return [*found.values()][share.number - 1 :: share.of]


def _splits(dataset: Dataset, folder: Path, recipe: Recipe) -> list[str]:
    """What is learned from, and what one is judged by if it lies there."""
    names = dataset.files(recipe.test)
    is_there = not names or any((folder / name).exists() for name in names)
    return [recipe.split, *([recipe.test] if recipe.test != recipe.split and is_there else [])]


def make_features(
    recipe: Recipe, places: Places, videos: list[Sample], *, device: str = "auto", on_note: OnNote = lambda line: None
) -> Iterator[Seen]:
    """Look at videos, with the product's own sampling and encoding; what is there already is left.

    Args:
        recipe: Whose CLIP looks, and how densely.
        places: `data`, and `tokens` for what is seen.
        videos: From `videos_of`.
        device: `auto`, `cuda`, `mps` or `cpu`.
        on_note: Told in one line what is about to be downloaded.

    Yields:
        What became of each, when it is done.

    Raises:
        R2Error: The CLIP cannot be had, or nothing can be written.
    """
    dataset = find_dataset(recipe.dataset)
    follow_cores()
    backbone, _ = open_clip(recipe, None, choose_device(device, on_note=on_note), on_note)
    with TemporaryDirectory(prefix="r2-features-") as made:
        scratch = Path(made)
        locate: Callable[[str], Path] = lambda name: dataset.film(places.data, name, scratch)  # noqa: E731
        store = TokenStore(places.tokens, backbone, locate, scratch)
        lessons = Lessons(dataset, tuple(videos), store.tokens, backbone.encode_query)
        for sample in videos:
            was_there = store.path_of(sample.video).exists()
            try:
                lessons.look_at(recipe, sample)
            except UnreadableInputError as error:
                yield Seen(sample.video, error=error)
            else:
                yield Seen(sample.video, was_there)
