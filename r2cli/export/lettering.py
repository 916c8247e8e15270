"""Fonts for pictures: the one that Pillow brings, or one of this machine where that lacks letters."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

_FILES = (
    "DejaVuSans.ttf",
    "NotoSansCJK-Regular.ttc",
    "NotoSans-Regular.ttf",
    "NotoSansArabic-Regular.ttf",
    "NotoSansHebrew-Regular.ttf",
    "NotoSansDevanagari-Regular.ttf",
    "DroidSansFallbackFull.ttf",
    "wqy-microhei.ttc",
    "unifont.ttf",
    "Arial Unicode.ttf",  # macOS
    "PingFang.ttc",
    "Hiragino Sans GB.ttc",
    "msyh.ttc",  # Windows
    "malgun.ttf",
    "YuGothR.ttc",
    "segoeui.ttf",
)
"""Pillow looks for them where systems keep fonts."""
UNDRAWN = "(no font here draws these letters)"
_NO_LETTER = "\U0010fffe"
"""What is drawn for it is what a font draws for all that it lacks."""


def lettering(text: str, size: int) -> tuple[str, FreeTypeFont]:
    """Text with a font that can draw it: the first that lacks nothing of it, or else as little as any.

    Returns:
        The text, in which "?" stands for each run of letters that no font here can draw; `UNDRAWN` where that is all.
    """
    drawable = "".join(char for char in text if char.isprintable())
    best = min(_fonts(size), key=lambda font: sum(not _draws(font, char) for char in set(drawable)))
    shown = "".join(char if _draws(best, char) else _NO_LETTER for char in drawable)
    while 2 * _NO_LETTER in shown:
        shown = shown.replace(2 * _NO_LETTER, _NO_LETTER)
    if shown and not shown.replace(_NO_LETTER, "").strip():
        return UNDRAWN, best
    return shown.replace(_NO_LETTER, "?"), best


def shortened(text: str, font: FreeTypeFont, width: float) -> str:
    """Text that is no wider than some pixels, with an ellipsis where it is cut."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}...") > width:
        text = text[:-1].rstrip()
    return f"{text}..."


@lru_cache(maxsize=8)
def _fonts(size: int) -> tuple[FreeTypeFont, ...]:
    return tuple(_found(size))


def _found(size: int) -> Iterator[FreeTypeFont]:
    from PIL import ImageFont

    yield ImageFont.load_default(size)  # type: ignore[misc]  # without FreeType it is another kind; wheels have it
    for file in _FILES:
        try:
            yield ImageFont.truetype(file, size)
        except OSError:
            continue


@lru_cache(maxsize=4096)
def _draws(font: FreeTypeFont, char: str) -> bool:
    if char.isspace():
        return True
    lacking, own = font.getmask(_NO_LETTER), font.getmask(char)
    return own.size != lacking.size or bytes(own) != bytes(lacking)
