"""`python -m tests.map`: the rooms of the house, and what each says of itself, as in `r2cli/ARCHITECTURE.md`."""

from __future__ import annotations

import ast
import sys
import textwrap
from pathlib import Path

from tests.test_house import MAY_IMPORT, PACKAGE

WIDTH = 120


def draw_map() -> str:
    """One item for every room, from the roof to the ground; a wing below the room that it belongs to."""
    floors = [*MAY_IMPORT]
    plates = sorted(_plates(), key=lambda plate: (-floors.index(_name_of(plate).split("/")[0]), _name_of(plate)))
    return "\n".join(map(_item, plates)) + "\n"


def _plates() -> list[Path]:
    """The files whose first line tells of a room: the faces of packages, and modules that stand alone."""
    return [*PACKAGE.rglob("*/__init__.py"), *(path for path in PACKAGE.glob("*.py") if path.stem != "__init__")]


def _name_of(plate: Path) -> str:
    return plate.relative_to(PACKAGE).as_posix().removesuffix(".py").removesuffix("/__init__")


def _item(plate: Path) -> str:
    name = _name_of(plate)
    (line, *_) = (ast.get_docstring(ast.parse(plate.read_text(encoding="utf-8"))) or "").splitlines()
    indent = "  " * name.count("/")
    return textwrap.fill(
        f"- `{name}`: {line}", WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  ", break_on_hyphens=False
    )


if __name__ == "__main__":
    sys.stdout.write(draw_map())
