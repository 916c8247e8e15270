"""The two data sets of the sprite world: nothing of them is stored, every film is drawn when it is wanted."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from r2cli.datasets.dataset import Dataset, Sample, Scale, Source
from r2cli.datasets.sprites.art import Sprites, packaged_sprites
from r2cli.datasets.sprites.film import write_film
from r2cli.datasets.sprites.highlights import true_highlights, true_saliency, write_quiet_script
from r2cli.datasets.sprites.script import HELD_OUT_STYLE, Film, ask, write_script

SEEDS = {
    "train": range(1_000_000, 1_000_600),
    "calibration": range(500_000, 501_000),
    "test": range(1_000),
}
"""Of the films of a split."""
_HIGHLIGHT_SEEDS = {"train": range(1_000_000, 1_000_600), "test": range(100_000, 101_000)}
_CLIPS_PER_SECOND = 2.0
_QUERY = "something"
"""What a model of highlights is asked that knows no word for what is worth seeing."""
_SOURCE = Source("drawn by r2", "drawn by r2", "BSD-3-Clause; art: CC-BY 4.0 (Twemoji)")


def read_questions(folder: Path, split: str, styles: tuple[str, ...] = (HELD_OUT_STYLE,)) -> Iterator[Sample]:
    """Everything that films answer, and as much that they must answer with nothing."""
    for seed in SEEDS[split]:
        film = write_script(seed, styles)
        for number, question in enumerate(ask(film, random.Random(f"ask {seed}"))):
            yield Sample(
                f"{seed}-{number}", str(seed), question.text, question.moments, film.duration, kind=question.kind
            )


def draw_film(
    folder: Path,
    name: str,
    scratch: Path,
    *,
    script: Callable[[int, tuple[str, ...]], Film] = write_script,
    sprites: Callable[[], Sprites] = packaged_sprites,
    styles: tuple[str, ...] = (HELD_OUT_STYLE,),
    keyframe_seconds: float | None = None,
) -> Path:
    """Draw a film and encode it as H.264, 12 pictures of 640 x 360 a second.

    Args:
        folder: Of no meaning: the set has none.
        name: The film's seed.
        scratch: Where to put the file.
        script: Writes the film of a seed.
        sprites: The art.
        styles: Drawing styles of the film.
        keyframe_seconds: From one keyframe to the next; None: as the encoder likes.
    """
    path = scratch / f"{name}.mp4"
    film = script(int(name), styles)
    write_film(film, sprites(), path, width=640, height=360, rate=12, keyframe_seconds=keyframe_seconds)
    return path


def _read_highlights(folder: Path, split: str) -> Iterator[Sample]:
    for seed in _HIGHLIGHT_SEEDS[split]:
        film = write_quiet_script(seed, (HELD_OUT_STYLE,))
        clips = math.ceil(film.duration * _CLIPS_PER_SECOND)  # the last one may be shorter
        ratings = true_saliency(film, clips, _CLIPS_PER_SECOND)
        yield Sample(str(seed), str(seed), _QUERY, true_highlights(film), film.duration, ratings[:, None])


SPRITES = Dataset(
    name="sprites",
    about="cartoons in which things do deeds, with questions about both",
    task="moments",
    splits=tuple(SEEDS),
    read=read_questions,
    film=draw_film,
    measure="moments",
    source=_SOURCE,
    usual=90,
)
SPRITES_HIGHLIGHTS = Dataset(
    name="sprites-highlights",
    about="cartoons in which things stand about, and now and then one does a deed",
    task="highlights",
    splits=tuple(_HIGHLIGHT_SEEDS),
    read=_read_highlights,
    film=partial(draw_film, script=write_quiet_script),
    measure="ranking",
    source=_SOURCE,
    scale=Scale(0, 1, "above half"),
    clips_per_second=_CLIPS_PER_SECOND,
    usual=60,
)
