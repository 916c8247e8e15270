"""The rules of the house that a reader could forget: who imports whom, and what a command loads."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "r2cli"

FLOORS = (
    ("errors", "findings", "spans", "excerpts", "timecode", "settings", "paths", "process", "hub"),
    ("video", "backbones", "model"),
    ("cache", "windows", "select", "checkpoints", "present", "export", "benchmarks"),
    (
        "asking",
        "encoding",
        "pipeline",
        "rating",
        "highlights",
        "summaries",
        "training",
        "evaluation",
        "health",
        "speed",
    ),
    ("cli",),
    ("__main__",),
)
"""Imports point down only."""
NEIGHBOURS = {
    ("present", "checkpoints"),
    ("export", "checkpoints"),
    ("present", "cache"),
    ("export", "cache"),
    ("findings", "errors"),
    ("excerpts", "findings"),
    ("timecode", "errors"),
    ("settings", "errors"),
    ("paths", "settings"),
    ("hub", "errors"),
    ("hub", "paths"),
    ("asking", "encoding"),
    ("pipeline", "asking"),
    ("pipeline", "encoding"),
    ("rating", "encoding"),
    ("rating", "pipeline"),
    ("highlights", "encoding"),
    ("highlights", "pipeline"),
    ("highlights", "rating"),
    ("summaries", "encoding"),
    ("summaries", "pipeline"),
    ("summaries", "rating"),
    ("health", "encoding"),
    ("health", "pipeline"),
    ("evaluation", "encoding"),
    ("evaluation", "pipeline"),
    ("evaluation", "rating"),
    ("training", "evaluation"),
    ("speed", "encoding"),
    ("speed", "pipeline"),
}
"""Who may look at whom on the same floor."""
HEAVY = {"torch", "torchvision", "open_clip"}
HEAVY_ROOMS = {"model", "backbones", "training"}
"""Where heavy guests may be imported by the module itself."""
LONGEST_FILE = 320

FILES = sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports_of(path: Path, *, at_load: bool) -> set[str]:
    """Full names of what a file imports; with `at_load`, without what waits in functions or for a type checker."""
    names: set[str] = set()
    todo: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while todo:
        node = todo.pop()
        if at_load and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if at_load and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            todo += node.orelse
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        todo += ast.iter_child_nodes(node)
    return names


def floor_of(room: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path):
    room = room_of(path)
    if room == "__init__":  # the Python API names what is in the house, and loads nothing of it
        return
    rooms = {name.split(".")[1] for name in imports_of(path, at_load=False) if name.startswith("r2cli.")}
    for other in rooms - {room, "__version__"}:
        below = floor_of(other) < floor_of(room)
        assert below or (room, other) in NEIGHBOURS, f"{room} must not import {other}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_heavy_guests_come_when_they_are_needed(path):
    if room_of(path) not in HEAVY_ROOMS:
        assert not {name.split(".")[0] for name in imports_of(path, at_load=True)} & HEAVY


def test_the_import_reader_sees_what_it_should():
    names = imports_of(PACKAGE / "checkpoints" / "load.py", at_load=False)
    assert "r2cli.hub.fetch" in names
    assert "torch" in names
    assert "torch" not in imports_of(PACKAGE / "checkpoints" / "load.py", at_load=True)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_stay_short_and_say_what_they_are(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= LONGEST_FILE
    assert ast.get_docstring(ast.parse(text))
    assert not {"utils", "common", "helpers", "manager"} & {path.stem, *path.parent.parts}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["find", "--help"],
        ["find"],
        ["find", "gone.mp4", "a dog"],
        ["highlight", "gone.mp4"],
        ["summarize", "gone.mp4"],
    ],
)
def test_what_needs_no_model_loads_none(arguments):
    program = (
        "import sys; from r2cli.__main__ import main; main(sys.argv[1:]); "
        f"sys.exit(' '.join(sorted({HEAVY!r} & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)
    assert (done.stdout or done.stderr).strip()
    assert done.returncode == 0, done.stderr


def test_the_api_loads_nothing_until_it_is_used():
    program = (
        f"import r2cli, sys; dir(r2cli); sys.exit(' '.join(({HEAVY!r} | {{'numpy', 'rich'}}) & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_name_of_the_api_is_there():
    import r2cli

    for name in r2cli.__all__:
        assert getattr(r2cli, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'fnid'"):
        _ = r2cli.fnid
