"""The art of training: packages of npm, whose drawings become pictures of one size."""

from __future__ import annotations

import io
import json
import sys
import tarfile
from types import SimpleNamespace

import pytest
from PIL import Image

from r2cli.datasets.sprites.script import THINGS
from r2cli.errors import ModelUnavailableError
from r2cli.training.sprites import fetch

STYLES = tuple(emoji.style for emoji in fetch.SETS)


def render(*, svg_string: str, width: int, height: int) -> bytes:
    """In place of resvg: the drawing's first number is how many pixels of a row are visible, from the tenth on."""
    seen = int(svg_string.split("<path>")[1].split("<")[0])
    image = Image.new("RGBA", (width, height))
    image.paste((200, 30, 30, 255), (10, 20, 10 + seen, 20 + 50))
    file = io.BytesIO()
    image.save(file, "png")
    return file.getvalue()


def package(style: str) -> bytes:
    """An icon set as npm has it: the dog is 100 wide, the cat goes by another name, everything else is 25 wide."""
    icons = {fetch._icon_name(style, thing): {"body": "<path>25</path>"} for thing in THINGS}
    icons[fetch._icon_name(style, "dog")] = {"body": "<path>100</path>", "width": 36}
    aliases = {fetch._icon_name(style, "cat"): {"parent": "kitty"}}
    icons["kitty"] = icons.pop(fetch._icon_name(style, "cat"))
    content = json.dumps({"icons": icons, "aliases": aliases, "width": 36}).encode()
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        entry = tarfile.TarInfo("package/icons.json")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return file.getvalue()


@pytest.fixture
def npm(monkeypatch):
    """An npm that has every set; what it was asked for."""
    asked: list[str] = []

    def run(command, *, cwd, check, capture_output):
        assert command[:3] == ["npm", "pack", "--silent"]
        asked.append(command[3])
        style = command[3].removeprefix("@iconify-json/").split("@")[0]
        with open(f"{cwd}/set.tgz", "wb") as file:
            file.write(package(style))

    monkeypatch.setattr(fetch, "subprocess", SimpleNamespace(run=run, CalledProcessError=Exception))
    monkeypatch.setitem(sys.modules, "resvg_py", SimpleNamespace(svg_to_bytes=render))
    return asked


def test_every_thing_of_every_style_is_there_once(npm, tmp_path):
    fetch.fetch_art(tmp_path)
    assert npm == [emoji.package for emoji in fetch.SETS]
    found = {(path.parent.name, path.stem) for path in tmp_path.rglob("*.png")}
    assert found == {(style, thing) for style in STYLES for thing in THINGS}
    assert Image.open(tmp_path / STYLES[0] / "dog.png").size == (160, 80)  # what is visible of it is 100 x 50
    assert Image.open(tmp_path / STYLES[0] / "cat.png").size == (80, 160)
    (tmp_path / STYLES[1] / "bee.png").unlink()
    fetch.fetch_art(tmp_path)
    assert npm[len(STYLES) :] == [fetch.SETS[1].package]  # only what is missing


def test_a_drawing_knows_its_place():
    svg = fetch._svg({"icons": {"bee": {"body": "<g/>", "left": 3, "width": 20}}, "height": 30}, "bee")
    assert 'viewBox="3 0 20 30" width="20" height="30"' in svg
    assert svg.endswith("><g/></svg>")


def test_what_is_missing_is_named(npm, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(ModelUnavailableError, match="resvg-py is missing"):
        fetch.fetch_art(tmp_path)

    def no_npm(*_, **__):
        raise FileNotFoundError("npm")

    monkeypatch.setattr(fetch.subprocess, "run", no_npm)
    with pytest.raises(ModelUnavailableError, match=r"cannot fetch @iconify-json/noto@1\.2\.9") as caught:
        fetch.fetch_art(tmp_path)
    assert "npm must be installed" in caught.value.hint
