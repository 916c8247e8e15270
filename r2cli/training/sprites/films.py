"""Films of the sprite world, without end, and questions about stretches of them: what stage two learns from."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from r2cli.backbones.clip import ClipBackbone
from r2cli.datasets.sprites.art import load_sprites
from r2cli.datasets.sprites.script import (
    CAST,
    DEEDS,
    HELD_OUT_STYLE,
    STANDS,
    THINGS,
    Film,
    phrasings,
    true_moments,
    write_script,
)
from r2cli.datasets.sprites.stage import Stage
from r2cli.training.pool import Pool, Renewal
from r2cli.training.sprites.stills import jitter

CLIPS_PER_SECOND = 2.0
LENGTH = 60.0
"""Seconds of every training film; shorter ones are cut out of it."""
FIRST_SEED = 1_000_000
"""Seeds below belong to tests and demonstrations."""
STRANGERS = ("zebra", "giraffe", "piano", "train", "spoon", "lion", "castle", "telephone", "shark", "lamp")
"""Things outside the world, all one unknown word to the model: never there."""


@dataclass(frozen=True)
class Reel:
    """A film and its frames."""

    film: Film
    frames: Tensor
    """uint8 [T, 3, S, S], one per clip, at the clip's middle."""


@dataclass(frozen=True)
class SeenFilm:
    """A film as CLIP sees it."""

    film: Film
    tokens: Tensor
    """[K, T, P, Dv], float16."""


@dataclass(frozen=True)
class Query:
    """A sentence about a stretch of a film, and where it is true."""

    text: str
    windows: Tensor
    """[G, 2], in clips of the stretch; G may be 0."""


Script = Callable[[int, tuple[str, ...]], Film]
"""Writes the film of a seed, in some drawing styles."""


def write_busy_script(seed: int, styles: tuple[str, ...]) -> Film:
    """A film in which much happens, as long as all are."""
    return write_script(seed, styles, duration=LENGTH)


class Reels(IterableDataset[Reel]):
    """Endless training films in all styles but the held-out one.

    Args:
        art: Folder of ``<style>/<thing>.png``.
        size: Side of a frame, in pixels.
        first: Number of the first film; the same number gives the same film.
        script: Writes the films.
    """

    def __init__(self, art: Path, size: int, first: int = 0, script: Script = write_busy_script) -> None:
        self._art, self._size, self._first, self._script = art, size, first, script

    def __iter__(self) -> Iterator[Reel]:
        sprites = load_sprites(self._art)
        styles = tuple(sorted({style for style, _ in sprites} - {HELD_OUT_STYLE}))
        number = self._first
        while True:
            seed = FIRST_SEED + number
            film = self._script(seed, styles)
            rng = random.Random(seed)
            cast = {(a.style, a.thing): jitter(sprites[a.style, a.thing], rng) for a in film.actors}
            yield Reel(film, draw_clips(film, cast, self._size))
            number += 1


def film_pool(
    art: Path, backbone: ClipBackbone, renewal: Renewal, script: Script = write_busy_script
) -> Pool[SeenFilm]:
    """Films that are drawn by another process, pass CLIP once, and then serve many steps; 6 MB each.

    Args:
        art: Folder of ``<style>/<thing>.png``.
        backbone: The frozen CLIP.
        renewal: Which films are there at which step.
        script: Writes the films.
    """

    def see(first: int) -> Iterator[SeenFilm]:
        reels = Reels(art, backbone.size, first, script)
        for reel in DataLoader(reels, batch_size=None, num_workers=1, prefetch_factor=4):
            yield SeenFilm(reel.film, backbone.encode_frames(reel.frames.numpy()).half())

    return Pool(see, renewal)


def draw_clips(film: Film, sprites: dict[tuple[str, str], Image.Image], size: int) -> Tensor:
    """The frame at the middle of every clip: uint8 [T, 3, size, size]."""
    stage = Stage(film, sprites, 2 * size)
    times = (np.arange(int(film.duration * CLIPS_PER_SECOND)) + 0.5) / CLIPS_PER_SECOND
    frames = [np.asarray(stage.frame(t).resize((size, size), Image.Resampling.BICUBIC)) for t in times]
    return torch.from_numpy(np.stack(frames)).permute(0, 3, 1, 2).contiguous()


def draw_queries(film: Film, first: int, clips: int, count: int, rng: random.Random) -> list[Query]:
    """Random questions about the clips ``first .. first + clips`` of a film; a good part must get no answer."""
    things = sorted({actor.thing for actor in film.actors})
    done = sorted(
        {(actor.thing, act.deed) for actor in film.actors for act in actor.acts} - {(t, STANDS) for t in THINGS}
    )
    queries = []
    for _ in range(count):
        thing: str | None
        deed: str | None
        draw = rng.random()
        if draw < 0.25:
            thing, deed = rng.choice(things), None
        elif draw < 0.64 and done:
            thing, deed = rng.choice(done)
        elif draw < 0.82:
            thing, deed = rng.choice(things), rng.choice(DEEDS)
        elif draw < 0.93:
            thing, deed = rng.choice(CAST), rng.choice((None, *DEEDS))
        elif draw < 0.97:
            thing, deed = None, rng.choice(DEEDS)
        else:
            thing, deed = rng.choice(STRANGERS), rng.choice((None, *DEEDS))
        windows = _cut(true_moments(film, thing, deed), first, clips)
        queries.append(Query(rng.choice(phrasings(thing, deed)), windows))
    return queries


def _cut(moments: tuple[tuple[float, float], ...], first: int, clips: int) -> Tensor:
    """What is left of moments in a stretch, in its clips; less than half a clip is nothing."""
    windows = torch.tensor(moments, dtype=torch.float32).reshape(-1, 2) * CLIPS_PER_SECOND - first
    windows = windows.clamp(0, clips)
    return windows[windows[:, 1] - windows[:, 0] >= 0.5]
