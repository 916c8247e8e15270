"""Stills of the sprite world, without end: pictures with what is true in every patch, to train a tiny CLIP on.

Drawing one actor takes milliseconds; pasting one that is already drawn takes microseconds. So actors wait in a pool
that is renewed little by little, and every picture is a new combination of pooled actors and sceneries.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageEnhance
from torch import Tensor
from torch.utils.data import IterableDataset

from r2cli.datasets.sprites.art import draw_column, load_sprites
from r2cli.datasets.sprites.script import DEEDS, HELD_OUT_STYLE, STANDS, THINGS
from r2cli.datasets.sprites.stage import draw_scenery
from r2cli.training.pool import Pool, Renewal

NO_THING, NO_DEED = len(THINGS), len(DEEDS) + 1
"""Labels of a patch that belongs to the scenery; deed 0 is standing."""
_DEEDS = (STANDS, *DEEDS)
_ACTORS = Renewal(first=960, growth=24, size=5000, upkeep=24)
_BACKGROUNDS = Renewal(first=40, growth=1, size=500, upkeep=1)
"""Per step of training, which takes one batch of pictures."""


@dataclass(frozen=True)
class Stills:
    """A batch of pictures and their truth."""

    pixels: Tensor
    """uint8 [B, 3, S, S]"""
    thing: Tensor
    deed: Tensor
    """int64 [B, A]: indices of the actors' things and deeds, -1 where there is no actor."""
    patch_thing: Tensor
    patch_deed: Tensor
    """int64 [B, P - 1]: per patch, ``NO_THING`` and ``NO_DEED`` for scenery."""


@dataclass(frozen=True)
class _Column:
    colour: np.ndarray
    """float32 [S, W, 3], premultiplied by alpha."""
    alpha: np.ndarray
    """float32 [S, W, 1], 0 to 1."""
    thing: int
    deed: int


@dataclass(frozen=True)
class _Still:
    pixels: np.ndarray
    """uint8 [S, S, 3]"""
    actors: tuple[_Column, ...]
    patch_thing: np.ndarray
    patch_deed: np.ndarray
    """[S / patch, S / patch], labels."""


def jitter(sprite: Image.Image, rng: random.Random) -> Image.Image:
    """Another hand drew it: colour, contrast and proportions vary, so that no style is learned by heart.

    Colour varies most: left alone, a model knows a rabbit by its white, and takes a grey one for an elephant.
    """
    alpha = sprite.getchannel("A")
    colour = sprite.convert("RGB")
    if rng.random() < 0.7:
        hue, saturation, value = colour.convert("HSV").split()
        shift = (rng.randrange(256) if rng.random() < 0.4 else round(rng.gauss(0, 14))) % 256
        hue = hue.point([(i + shift) % 256 for i in range(256)])
        colour = Image.merge("HSV", (hue, saturation, value)).convert("RGB")
    colour = ImageEnhance.Color(colour).enhance(0.0 if rng.random() < 0.12 else rng.uniform(0.3, 1.4))
    colour = ImageEnhance.Contrast(colour).enhance(rng.uniform(0.8, 1.2))
    colour = ImageEnhance.Brightness(colour).enhance(rng.uniform(0.7, 1.25))
    colour.putalpha(alpha)
    shape = (round(colour.width * rng.uniform(0.86, 1.16)), round(colour.height * rng.uniform(0.86, 1.16)))
    return colour.resize(shape, Image.Resampling.BILINEAR)


class _Painter:
    """Makes stills; one per process. What it makes at a step depends on its seed and the step alone."""

    def __init__(self, art: Path, styles: tuple[str, ...], size: int, patch: int, seed: int, augment: bool) -> None:
        self._sprites = load_sprites(art)
        self._styles, self._seed = styles, seed
        self._size, self._patch, self._augment = size, patch, augment
        self._columns = Pool(lambda first: map(self._draw, count(first)), _ACTORS)
        self._sceneries = Pool(lambda first: map(self._scenery, count(first)), _BACKGROUNDS)

    def _scenery(self, number: int) -> np.ndarray:
        side = self._size * 5 // 4
        look = random.Random(f"{self._seed} scenery {number}").randrange(2**31)
        return np.asarray(draw_scenery(look, side, side), np.float32)

    def _draw(self, number: int) -> _Column:
        rng = random.Random(f"{self._seed} actor {number}")
        thing, deed = rng.randrange(len(THINGS)), rng.randrange(len(_DEEDS))
        sprite = self._sprites[rng.choice(self._styles), THINGS[thing]]
        image = draw_column(
            jitter(sprite, rng) if self._augment else sprite,
            _DEEDS[deed],
            side=2 * self._size,
            size=rng.uniform(0.25, 0.46),
            feet=rng.uniform(0.77, 0.91),
            phase=rng.random(),
            look=rng.randrange(2**31),
            mirrored=rng.random() < 0.5,
        )
        pixels = np.asarray(image.convert("RGBa").reduce(2), np.float32)
        return _Column(pixels[..., :3], pixels[..., 3:] / 255, thing, deed)

    def paint_all(self, step: int, pictures: int, crowd: int) -> list[_Still]:
        """The pictures of a step, with up to ``crowd`` actors each."""
        actors, sceneries = self._columns.at(step), self._sceneries.at(step)
        rng = random.Random(f"{self._seed} stills {step}")
        return [self._paint(rng, rng.choice(sceneries), actors, crowd) for _ in range(pictures)]

    def _paint(self, rng: random.Random, scenery: np.ndarray, actors: Sequence[_Column], crowd: int) -> _Still:
        picture = self._cut(rng, scenery)
        places = rng.randint(1, crowd)
        cells = self._size // self._patch
        patch_thing = np.full((cells, cells), NO_THING)
        patch_deed = np.full((cells, cells), NO_DEED)
        shown = [rng.choice(actors) for _ in range(places)]
        for lane, actor in enumerate(shown):
            x = (lane + 0.5) / places + rng.uniform(-0.05, 0.05) if places > 1 else rng.uniform(0.25, 0.75)
            covered = _paste(picture, actor, round(x * self._size))
            share = covered.reshape(cells, self._patch, cells, self._patch).mean(axis=(1, 3))
            patch_thing[share > 0.3] = actor.thing
            patch_deed[share > 0.3] = actor.deed
        return _Still(self._finish(rng, picture), tuple(shown), patch_thing, patch_deed)

    def _cut(self, rng: random.Random, scenery: np.ndarray) -> np.ndarray:
        size = self._size
        top, left = rng.randrange(scenery.shape[0] - size), rng.randrange(scenery.shape[1] - size)
        picture: np.ndarray = scenery[top : top + size, left : left + size].copy()
        return picture[:, ::-1].copy() if rng.random() < 0.5 else picture

    def _finish(self, rng: random.Random, picture: np.ndarray) -> np.ndarray:
        """What a camera and a codec do to it."""
        if self._augment and rng.random() < 0.5:
            picture = (picture - 128) * rng.uniform(0.8, 1.15) + 128 + rng.uniform(-20, 20)
        if self._augment and rng.random() < 0.3:
            noise = np.random.default_rng(rng.randrange(2**31)).standard_normal(picture.shape, np.float32)
            picture = picture + rng.uniform(1, 8) * noise
        return picture.clip(0, 255).astype(np.uint8)


def _paste(picture: np.ndarray, actor: _Column, x: int) -> np.ndarray:
    """Blend an actor in, centred on column ``x``; float32 [S, S], how much of each pixel it covers."""
    size, width = actor.alpha.shape[:2]
    left = x - width // 2
    a, b = max(0, left), min(size, left + width)
    alpha = actor.alpha[:, a - left : b - left]
    picture[:, a:b] = picture[:, a:b] * (1 - alpha) + actor.colour[:, a - left : b - left]
    covered = np.zeros((size, size), np.float32)
    covered[:, a:b] = alpha[..., 0]
    return covered


class StillBatches(IterableDataset[Stills]):
    """Endless batches of stills.

    Args:
        art: Folder of ``<style>/<thing>.png``.
        held_out: Paint in the held-out style instead of the others, without augmentation.
        size: Side of a picture, in pixels.
        patch: Side of a patch.
        batch: Pictures per batch.
        seed: Each seed gives its own sequence.
        crowd: Actors per picture at most.
        first: Number of the batch to begin with; the same number is always the same batch.
    """

    def __init__(
        self, art: Path, *, held_out: bool, size: int, patch: int, batch: int, seed: int, crowd: int = 3, first: int = 0
    ) -> None:
        self._art, self._size, self._patch, self._batch = art, size, patch, batch
        self._held_out, self._seed, self._crowd, self._first = held_out, seed, crowd, first

    def __iter__(self) -> Iterator[Stills]:
        styles = sorted(folder.name for folder in self._art.iterdir() if folder.is_dir())
        chosen = tuple(style for style in styles if (style == HELD_OUT_STYLE) == self._held_out)
        painter = _Painter(self._art, chosen, self._size, self._patch, self._seed, not self._held_out)
        for step in count(self._first):
            yield _collate(painter.paint_all(step, self._batch, self._crowd), self._crowd)


def _collate(stills: Sequence[_Still], crowd: int) -> Stills:
    thing = torch.full((len(stills), crowd), -1)
    deed = torch.full((len(stills), crowd), -1)
    for row, still in enumerate(stills):
        for column, actor in enumerate(still.actors):
            thing[row, column], deed[row, column] = actor.thing, actor.deed
    return Stills(
        torch.from_numpy(np.stack([still.pixels for still in stills])).permute(0, 3, 1, 2).contiguous(),
        thing,
        deed,
        torch.from_numpy(np.stack([still.patch_thing.ravel() for still in stills])),
        torch.from_numpy(np.stack([still.patch_deed.ravel() for still in stills])),
    )
