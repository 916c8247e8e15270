"""Scenery and frames of the sprite world: the stage on which `sprites_art` puts its actors."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from r2cli.datasets.sprites.art import CYCLE, PHASES, Sprites, draw_column
from r2cli.datasets.sprites.script import Actor, Film, acting


def draw_scenery(seed: int, width: int, height: int) -> Image.Image:
    """An RGB background: sky or wall above, ground or floor below, pattern and clutter, never a prop of a deed."""
    rng = np.random.default_rng(seed)
    horizon = rng.uniform(0.5, 0.75)
    low, high = (90, 250) if rng.random() < 0.7 else (20, 140)
    colours = rng.integers(low, high, (4, 3)).astype(np.float32)
    colours += (colours.mean(axis=1, keepdims=True) - colours) * np.float32(rng.uniform(0, 0.8))
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    above = colours[0] + (colours[1] - colours[0]) * y / horizon
    below = colours[2] + (colours[3] - colours[2]) * (y - horizon) / (1 - horizon)
    canvas = np.broadcast_to(np.where(y < horizon, above, below), (height, width, 3)).copy()
    canvas += _pattern(rng, width, height)
    image = Image.fromarray(canvas.clip(0, 255).astype(np.uint8))
    _clutter(rng, image, horizon)
    return image


def _pattern(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Soft blotches, and sometimes stripes or checks; float [height, width, 3 or 1]."""
    cells = int(rng.integers(3, 14))
    blotches = rng.normal(0, rng.uniform(2, 16), (cells, cells * width // height + 1, 3)).astype(np.float32)
    channels = [
        np.asarray(Image.fromarray(blotches[:, :, c]).resize((width, height), Image.Resampling.BICUBIC))
        for c in range(3)
    ]
    pattern = np.stack(channels, axis=2)
    kind = rng.integers(0, 5)
    period = height / rng.uniform(5, 20)
    x, y = np.arange(width, dtype=np.float32)[None, :], np.arange(height, dtype=np.float32)[:, None]
    strength = float(rng.uniform(4, 20))
    if kind == 0:
        pattern += (strength * np.sign(np.sin(2 * np.pi * x / period)) * np.ones_like(y))[:, :, None]
    elif kind == 1:
        pattern += (strength * np.sign(np.sin(2 * np.pi * x / period) * np.sin(2 * np.pi * y / period)))[:, :, None]
    elif kind == 2:
        pattern += rng.normal(0, strength / 2, (height, width, 1)).astype(np.float32)
    return pattern


def _clutter(rng: np.random.Generator, image: Image.Image, horizon: float) -> None:
    """Hills, far clouds, pictures on the wall: shapes that belong to nobody."""
    draw = ImageDraw.Draw(image)
    width, height = image.size
    for _ in range(int(rng.integers(0, 6))):
        colour = tuple(int(c) for c in rng.integers(40, 240, 3))
        x, y = rng.uniform(0, width), rng.uniform(0, horizon * height)
        rx, ry = rng.uniform(0.02, 0.16) * height, rng.uniform(0.02, 0.1) * height
        match int(rng.integers(0, 3)):
            case 0:
                draw.ellipse((x - 2 * rx, horizon * height - ry, x + 2 * rx, horizon * height + ry), fill=colour)
            case 1:
                draw.rectangle((x - rx, y - ry, x + rx, y + ry), fill=colour)
            case _:
                draw.ellipse((x - rx, y - ry / 2, x + rx, y + ry / 2), fill=colour)
    if rng.random() < 0.5:
        image.paste(image.filter(ImageFilter.GaussianBlur(height * rng.uniform(0.002, 0.012))))


class Stage:
    """Draws a film's frames; remembers columns, so that a cycle is drawn once.

    Args:
        film: The script.
        sprites: The art; must hold every (style, thing) of the film.
        height: Pixels; the stage is the centred square of this side.
        width: Pixels; the scenery fills what the stage leaves.
    """

    def __init__(self, film: Film, sprites: Sprites, height: int, width: int | None = None) -> None:
        self._film = film
        self._sprites = sprites
        self._side = height
        self._scenery = draw_scenery(film.scenery, width or height, height)
        self._column = lru_cache(maxsize=256)(self._draw)

    def _draw(self, actor: Actor, deed: str, tick: int) -> tuple[Image.Image, float, int]:
        """What is seen of an actor's column, how far it is from the column's middle to its left edge, and its top."""
        column = draw_column(
            self._sprites[actor.style, actor.thing],
            deed,
            side=self._side,
            size=actor.size,
            feet=actor.feet,
            phase=tick / PHASES,
            look=actor.look,
            mirrored=actor.mirrored,
        )
        left, top, right, bottom = column.getchannel("A").getbbox() or (0, 0, 1, 1)
        return column.crop((left, top, right, bottom)), column.width / 2 - left, top

    def frame(self, seconds: float) -> Image.Image:
        """The RGB picture at one instant."""
        picture = self._scenery.copy()
        left = (picture.width - self._side) / 2
        for actor, act in acting(self._film, seconds):
            tick = int(((seconds - act.start) / CYCLE % 1) * PHASES)
            seen, reach, top = self._column(actor, act.deed, tick)
            sway = 0.015 * math.sin(2 * math.pi * seconds / 5 + actor.look % 7)
            picture.paste(seen, (round(left + (actor.x + sway) * self._side - reach), top), seen)
        return picture
