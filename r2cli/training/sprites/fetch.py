"""The art of the sprite world: emoji sets from the npm registry, rendered to PNG.

Only training needs this; the held-out style ships with r2. The sets' licences are in ``SETS``.
"""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from r2cli.datasets.sprites.script import THINGS
from r2cli.errors import ModelUnavailableError

EDGE = 160
"""Pixels of a sprite's longer side."""


@dataclass(frozen=True)
class EmojiSet:
    """One drawing style, as an npm package."""

    style: str
    version: str
    licence: str

    @property
    def package(self) -> str:
        """Name and version, as npm takes them."""
        return f"@iconify-json/{self.style}@{self.version}"


SETS = (
    EmojiSet("noto", "1.2.9", "Apache-2.0"),
    EmojiSet("noto-v1", "1.2.5", "Apache-2.0"),
    EmojiSet("fxemoji", "1.2.2", "Apache-2.0"),
    EmojiSet("fluent-emoji", "1.2.7", "MIT"),
    EmojiSet("fluent-emoji-flat", "1.2.6", "MIT"),
    EmojiSet("emojione", "1.2.3", "CC-BY-4.0"),
    EmojiSet("twemoji", "1.2.5", "CC-BY-4.0"),
)

_ICONS = {
    "bee": "honeybee",
    "car": "automobile",
    "apple": "red-apple",
    "tree": "evergreen-tree",
    "snowman": "snowman-without-snow",
}
"""Things whose icon has another name."""

_FXEMOJI_ICONS = {
    "dog": "dogside",
    "cat": "catside",
    "pig": "pigside",
    "rabbit": "bunnyside",
    "tiger": "tigerside",
    "apple": "redapple",
    "tree": "evergreen",
    "snowman": "snowmanwithoutsnow",
}


def fetch_art(folder: Path) -> None:
    """Fill ``folder/<style>/<thing>.png`` where it is not filled yet.

    Raises:
        ModelUnavailableError: npm or resvg-py is missing, or the registry cannot be reached.
    """
    for emoji in SETS:
        if all((folder / emoji.style / f"{thing}.png").exists() for thing in THINGS):
            continue
        icons = _download(emoji)
        (folder / emoji.style).mkdir(parents=True, exist_ok=True)
        for thing in THINGS:
            _render(_svg(icons, _icon_name(emoji.style, thing))).save(folder / emoji.style / f"{thing}.png")


def _icon_name(style: str, thing: str) -> str:
    names = {**_ICONS, **_FXEMOJI_ICONS} if style == "fxemoji" else _ICONS
    return names.get(thing, thing)


def _download(emoji: EmojiSet) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch:
        try:
            subprocess.run(["npm", "pack", "--silent", emoji.package], cwd=scratch, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise ModelUnavailableError(
                f"cannot fetch {emoji.package} from the npm registry", "npm must be installed and the network up"
            ) from error
        (archive,) = Path(scratch).glob("*.tgz")
        with tarfile.open(archive) as files:
            member = files.extractfile("package/icons.json")
            if member is None:
                raise ModelUnavailableError(f"{emoji.package} holds no icons.json")
            icons: dict[str, Any] = json.load(member)
            return icons


def _svg(icons: dict[str, Any], name: str) -> str:
    icon = icons["icons"].get(name) or icons["icons"][icons["aliases"][name]["parent"]]
    left, top, width, height = (
        icon.get(key, icons.get(key, default))
        for key, default in (("left", 0), ("top", 0), ("width", 16), ("height", 16))
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" color="#222" '
        f'viewBox="{left} {top} {width} {height}" width="{width}" height="{height}">{icon["body"]}</svg>'
    )


def _render(svg: str) -> Image.Image:
    """RGBA, trimmed to what is visible."""
    try:
        from resvg_py import svg_to_bytes
    except ImportError as error:
        raise ModelUnavailableError("resvg-py is missing", "pip install '.[train]'") from error
    image = Image.open(io.BytesIO(bytes(svg_to_bytes(svg_string=svg, width=256, height=256)))).convert("RGBA")
    visible = image.crop(image.getchannel("A").point([0] * 9 + [255] * 247).getbbox())
    scale = EDGE / max(visible.size)
    size = (max(1, round(visible.width * scale)), max(1, round(visible.height * scale)))
    return visible.resize(size, Image.Resampling.LANCZOS)
