"""A picture in characters: two pixels in each, one above the other, so that they are about square."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.color import Color
from rich.style import Style
from rich.text import Text

if TYPE_CHECKING:
    from PIL.Image import Image

_UPPER = "▀"


def fitted(size: tuple[int, int], columns: int, rows: int) -> tuple[int, int]:
    """How large a picture is drawn so that all of it can be seen: pixels across, and an even number down.

    Args:
        size: Of the picture, pixels.
        columns: Of the place for it, characters.
        rows: The same.
    """
    across, down = max(size[0], 1), max(size[1], 1)
    scale = min(columns / across, 2 * rows / down)
    return max(round(across * scale), 1), max(2 * round(down * scale / 2), 2)


def draw_halves(picture: Image, columns: int, rows: int) -> Text:
    """A picture as coloured characters, no larger than the place for it.

    Args:
        picture: RGB.
        columns: Of the place.
        rows: The same.
    """
    across, down = fitted(picture.size, columns, rows)
    content = picture.convert("RGB").resize((across, down)).tobytes()
    pixels = [Color.from_rgb(*content[at : at + 3]) for at in range(0, len(content), 3)]
    drawn = Text(no_wrap=True, end="")
    for row in range(0, down, 2):
        if row:
            drawn.append("\n")
        upper, lower = (pixels[line * across : (line + 1) * across] for line in (row, row + 1))
        for above, below in zip(upper, lower, strict=True):
            drawn.append(_UPPER, Style(color=above, bgcolor=below))
    return drawn
