"""Draws the actors of the sprite world, with Pillow: their art, and their deeds.

The stage is a square of side 1; everything is drawn relative to it, so the same script gives a 112-pixel training frame
and a 720p film. An actor is drawn into a *column*: a transparent image as high as the stage, centred on the actor.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from pathlib import Path

from PIL import Image, ImageDraw

from r2cli.datasets.sprites.script import STANDS

COLUMN_WIDTH = 0.7
"""Width of an actor's column, as a fraction of the stage's side."""
PHASES = 16
"""Distinct pictures per cycle of a deed: enough to look alive, few enough to be drawn once."""
CYCLE = 1.6
"""Seconds per cycle."""

Sprites = Mapping[tuple[str, str], Image.Image]
"""(style, thing) -> RGBA picture, trimmed to what is visible."""

Colour = tuple[int, int, int, int]


def load_sprites(folder: Path) -> dict[tuple[str, str], Image.Image]:
    """Read ``folder/<style>/<thing>.png``."""
    return {(path.parent.name, path.stem): _read(path) for path in sorted(folder.glob("*/*.png"))}


def packaged_sprites() -> dict[tuple[str, str], Image.Image]:
    """The held-out style's sprites, which ship with r2 (Twemoji, CC-BY-4.0; see ``art/NOTICE.md``)."""
    return load_sprites(Path(__file__).parent / "art")


def _read(path: Path) -> Image.Image:
    with Image.open(path) as image:
        picture: Image.Image = image.convert("RGBA")
        return picture


class _Pen:
    """One column being drawn: a canvas, the actor's measures, and where it is in its cycle."""

    def __init__(self, sprite: Image.Image, side: int, size: float, feet: float, phase: float, look: int) -> None:
        self.side = side
        self.image = Image.new("RGBA", (round(COLUMN_WIDTH * side), side))
        self.draw = ImageDraw.Draw(self.image)
        self.sprite = sprite
        self.s = size * side
        self.w, self.h = (self.s * edge / max(sprite.size) for edge in sprite.size)
        self.x = self.image.width / 2
        self.feet = feet * side
        self.wave = math.sin(2 * math.pi * phase)
        self.phase = phase
        self.rng = random.Random(look)

    def stamp(self, x: float, y: float, angle: float = 0.0, scale: float = 1.0) -> None:
        """Put the sprite's centre at (x, y), turned counter-clockwise by ``angle`` degrees."""
        edges = (max(2, round(self.w * scale)), max(2, round(self.h * scale)))
        picture = self.sprite.resize(edges, Image.Resampling.BILINEAR, reducing_gap=2.0)
        if angle:
            picture = picture.rotate(angle, Image.Resampling.BICUBIC, expand=True)
        left, top = round(x - picture.width / 2), round(y - picture.height / 2)
        source = (max(0, -left), max(0, -top))
        target = (max(0, left), max(0, top))
        if (
            source[0] < picture.width
            and source[1] < picture.height
            and target[0] < self.image.width
            and target[1] < self.side
        ):
            self.image.alpha_composite(picture, target, source)
        self.draw = ImageDraw.Draw(self.image)

    def ellipse(self, x: float, y: float, rx: float, ry: float, fill: Colour) -> None:
        layer = Image.new("RGBA", self.image.size)
        ImageDraw.Draw(layer).ellipse((x - rx, y - ry, x + rx, y + ry), fill=fill)
        self.image.alpha_composite(layer)
        self.draw = ImageDraw.Draw(self.image)

    def shadow(self, width: float, darkness: int) -> None:
        self.ellipse(self.x, self.feet, width * self.s / 2, 0.09 * self.s, (0, 0, 0, darkness))

    def line(self, points: list[tuple[float, float]], width: float, fill: Colour) -> None:
        self.draw.line(points, fill=fill, width=max(1, round(width * self.s)), joint="curve")


def _stands(pen: _Pen) -> None:
    pen.shadow(0.85, 110)
    pen.stamp(pen.x, pen.feet - pen.h * 0.48, angle=3 * pen.wave)


def _jumps(pen: _Pen) -> None:
    height = 0.5 + 0.35 * abs(math.sin(math.pi * pen.phase))
    pen.shadow(0.6, 120)
    pen.stamp(pen.x, pen.feet - pen.h * 0.48 - pen.s * height, angle=6 * pen.wave)


def _runs(pen: _Pen) -> None:
    pen.shadow(0.8, 90)
    behind = 1 if pen.rng.random() < 0.5 else -1
    shade = pen.rng.choice([(255, 255, 255, 230), (60, 60, 60, 220)])
    for row, length in ((0.25, 0.45), (0.5, 0.6), (0.75, 0.4)):
        y = pen.feet - row * pen.s
        start = pen.x + behind * pen.s * (0.5 + 0.05 * pen.wave)
        pen.line([(start, y), (start + behind * length * pen.s, y)], 0.05, shade)
    for puff in range(3):
        drift = (pen.phase * 3 + puff) % 3 / 3
        radius = (0.08 + 0.08 * drift) * pen.s
        pen.ellipse(
            pen.x + behind * pen.s * (0.4 + 0.5 * drift), pen.feet - radius, radius, radius, (222, 205, 178, 220)
        )
    pen.stamp(pen.x, pen.feet - pen.h * 0.5 - pen.s * 0.03 * abs(pen.wave), angle=18 * behind)


def _sleeps(pen: _Pen) -> None:
    pen.shadow(1.0, 110)
    pen.stamp(pen.x, pen.feet - pen.w * 0.46, angle=90 if pen.rng.random() < 0.5 else -90, scale=0.95 + 0.02 * pen.wave)
    ink = pen.rng.choice([(255, 255, 255, 255), (40, 50, 120, 255)])
    for index in range(3):
        rise = (index + pen.phase) / 3
        edge = pen.s * (0.13 + 0.07 * rise)
        x, y = pen.x + pen.s * (0.1 + 0.4 * rise), pen.feet - pen.s * (0.95 + 0.55 * rise)
        pen.line([(x, y), (x + edge, y), (x, y + edge), (x + edge, y + edge)], 0.045, ink)


def _swims(pen: _Pen) -> None:
    half, top, bottom = 0.72 * pen.s, pen.feet - 0.36 * pen.s, pen.feet + 0.14 * pen.s
    pen.stamp(pen.x, top - pen.h * 0.1 - pen.s * 0.04 * pen.wave, angle=5 * pen.wave)
    crest = [
        (pen.x - half + 2 * half * i / 24, top + 0.05 * pen.s * math.sin(i * 1.05 + 2 * math.pi * pen.phase))
        for i in range(25)
    ]
    water = (pen.rng.randint(20, 70), pen.rng.randint(110, 160), pen.rng.randint(200, 245), 235)
    layer = Image.new("RGBA", pen.image.size)
    brush = ImageDraw.Draw(layer)
    brush.polygon([*crest, (pen.x + half * 0.9, bottom), (pen.x - half * 0.9, bottom)], fill=water)
    brush.line(crest, fill=(235, 248, 255, 255), width=max(1, round(0.05 * pen.s)))
    pen.image.alpha_composite(layer)


def _flies(pen: _Pen) -> None:
    y = pen.side * 0.27 + 0.06 * pen.s * pen.wave
    for dx, dy, r in ((-0.5, 0.3, 0.2), (-0.28, 0.38, 0.24), (0.55, -0.1, 0.18)):
        pen.ellipse(pen.x + dx * pen.s, y + dy * pen.s, r * 1.35 * pen.s, r * pen.s, (238, 244, 250, 255))
    pen.stamp(pen.x, y, angle=8)
    for dx, dy, r in ((0.2, 0.46, 0.22), (0.45, 0.4, 0.2), (-0.05, 0.5, 0.17)):
        pen.ellipse(pen.x + dx * pen.s, y + dy * pen.s, r * 1.35 * pen.s, r * pen.s, (255, 255, 255, 255))


def _hides(pen: _Pen) -> None:
    pen.shadow(1.1, 110)
    half, top = 0.58 * pen.s, pen.feet - 0.5 * pen.s
    pen.stamp(pen.x, top - pen.h * (0.1 + 0.05 * pen.wave))
    red = pen.rng.randint(140, 190)
    pen.draw.rectangle(
        (pen.x - half, top, pen.x + half, pen.feet + 0.04 * pen.s), fill=(red, red * 2 // 3, red // 3, 255)
    )
    edge = (red // 2, red // 3, red // 6, 255)
    pen.draw.rectangle(
        (pen.x - half, top, pen.x + half, pen.feet + 0.04 * pen.s), outline=edge, width=max(1, round(0.04 * pen.s))
    )
    for share in (0.33, 0.66):
        y = top + share * (pen.feet - top)
        pen.line([(pen.x - half, y), (pen.x + half, y)], 0.03, edge)


def _falls(pen: _Pen) -> None:
    y = pen.side * 0.46 + 0.22 * pen.s * (2 * pen.phase - 1)
    pen.ellipse(pen.x, pen.feet, 0.3 * pen.s, 0.06 * pen.s, (0, 0, 0, 70))
    shade = pen.rng.choice([(255, 255, 255, 230), (50, 50, 50, 220)])
    for column, length in ((-0.36, 0.35), (-0.12, 0.5), (0.12, 0.42), (0.36, 0.55)):
        x = pen.x + column * pen.s
        pen.line([(x, y - 0.58 * pen.s), (x, y - (0.58 + length) * pen.s)], 0.05, shade)
    pen.stamp(pen.x, y, angle=180 + 6 * pen.wave)


_DRAW: dict[str, Callable[[_Pen], None]] = {
    STANDS: _stands,
    "jumps": _jumps,
    "runs": _runs,
    "sleeps": _sleeps,
    "swims": _swims,
    "flies": _flies,
    "hides": _hides,
    "falls": _falls,
}


def draw_column(
    sprite: Image.Image, deed: str, *, side: int, size: float, feet: float, phase: float, look: int, mirrored: bool
) -> Image.Image:
    """Draw one actor.

    Args:
        sprite: Its picture, RGBA.
        deed: What it does.
        side: Pixels of the stage's side.
        size: Sprite's side, as a fraction of the stage's.
        feet: Ground's height from the top, as a fraction of the stage's side.
        phase: Where the deed is in its cycle, 0 to 1.
        look: Seed of the props' variations.
        mirrored: The sprite's left and right exchanged.

    Returns:
        RGBA, ``round(COLUMN_WIDTH * side)`` wide and ``side`` high.
    """
    if mirrored:
        sprite = sprite.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    pen = _Pen(sprite, side, size, feet, phase, look)
    _DRAW[deed](pen)
    return pen.image
