"""The map of the house shows the house as it is."""

from __future__ import annotations

import re
from importlib import import_module

from tests.map import WIDTH, draw_map
from tests.test_house import PACKAGE

ROOTS = (PACKAGE, PACKAGE.parent)
FILE = PACKAGE / "ARCHITECTURE.md"
TEXT = FILE.read_text(encoding="utf-8")


def test_the_map_is_what_the_rooms_say_of_themselves():
    drawn = TEXT.split("<!-- The map: python -m tests.map -->\n")[1].split("<!-- The end of the map -->\n")[0]
    assert drawn == draw_map()


def test_it_is_no_wider_than_code():
    assert max(map(len, TEXT.splitlines())) <= WIDTH


def test_every_link_leads_somewhere():
    links = re.findall(r"\]\(([^)]+)\)", TEXT)
    assert links
    assert [link for link in links if not (FILE.parent / link).is_file()] == []


def test_every_file_that_it_names_is_there():
    names = {name for name in re.findall(r"`([\w/.]+\.py)`", TEXT) if "NAME" not in name}
    assert len(names) > 10
    assert [name for name in sorted(names) if not any((root / name).is_file() for root in ROOTS)] == []


def test_every_table_that_it_names_is_there():
    rows = re.findall(r"`([A-Z]+)` in `([\w/]+)\.py`", TEXT)
    assert len(rows) >= 5
    for table, file in rows:
        module = import_module(f"r2cli.{file.replace('/', '.')}".removesuffix(".__init__"))
        assert len(getattr(module, table)) > 0


def test_the_way_through_is_there():
    lines = re.findall(r"^ +-> ([a-z_.]+)\.(\w+)(?:\.(\w+))? ", TEXT, flags=re.MULTILINE)
    assert len(lines) >= 7
    for module, name, inner in lines:
        there = getattr(import_module(f"r2cli.{module}"), name, None) or import_module(f"r2cli.{module}.{name}")
        assert not inner or hasattr(there, inner)
