"""What the room's README promises: its table is that of the program, its examples run, its JSON is what is written."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

import r2cli.export
from r2cli.export.formats import FORMATS
from r2cli.export.separated import COLUMNS
from r2cli.export.template import FIELDS

README = (Path(r2cli.export.__file__).parent / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
SCRIPTS = [block for kind, block in BLOCKS if kind == "sh"]


@pytest.fixture
def stage(films, tmp_path, monkeypatch, r2) -> Path:
    """A folder with what the examples speak of."""
    monkeypatch.chdir(tmp_path)
    for name in ("holiday.mp4", "party.mov"):
        shutil.copy(films / "short.mp4", name)
    assert r2("find", "holiday.mp4", "a dog jumps", "--out", "dogs.json")[0] == 0
    return tmp_path


def test_the_table_is_that_of_the_program():
    listed = re.findall(r"^\| `(\w+)` \| (.*?) ?\| (.*?) \|$", README, flags=re.MULTILINE)
    rows = [(row.name, ", ".join(f"`{suffix}`" for suffix in row.suffixes), row.about) for row in FORMATS.values()]
    assert listed == rows


@pytest.mark.parametrize("script", SCRIPTS)
def test_examples_run(stage, r2, script):
    for line in script.splitlines():
        name, *words = shlex.split(line)
        code, out, err = r2(*words)
        assert (name, code) == ("r2", 0), err
        assert out or "wrote" in err


def test_what_is_named_is_there():
    assert len(SCRIPTS) >= 3
    for words in (COLUMNS, [f"{{{field}}}" for field in FIELDS]):
        assert [word for word in words if f"`{word}`" not in README] == []
    for name in re.findall(r"\]\(([^)]+)\)", README):
        assert (Path(r2cli.export.__file__).parent / name).exists(), name
    one_video = [form.name for form in FORMATS.values() if form.of_one_video]
    listed = re.search(r"(?P<names>(?:`\w+`,? (?:and )?)+)hold the times of one video", README)
    assert listed
    assert re.findall(r"`(\w+)`", listed["names"]) == one_video


def shape_of(value: object) -> object:
    """The keys of a JSON value, and of the first item of each list."""
    if isinstance(value, dict):
        return {key: shape_of(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape_of(value[0])]
    return "number" if isinstance(value, (int, float)) else type(value).__name__


def test_the_json_is_the_programs(stage, r2):
    (documented,) = [json.loads(block) for kind, block in BLOCKS if kind == "json"]
    (stage / "broken.mp4").touch()
    code, out, _ = r2("find", "holiday.mp4", "broken.mp4", "a dog jumps", "--json")
    written = json.loads(out)
    assert code == 3
    assert shape_of(documented) == shape_of(written)
    assert documented["schema"] == written["schema"]
    assert documented["errors"] == written["errors"]
