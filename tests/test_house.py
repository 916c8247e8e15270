"""The rules of the house that a reader could forget: who imports whom, and what a command loads."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "r2cli"

MAY_IMPORT: dict[str, set[str]] = {
    # ground floor
    "errors": set(),
    "process": set(),
    "cuts": set(),
    "media": set(),
    "findings": {"algebra", "cuts"},
    "explanation": {"findings"},
    "files": set(),
    "scratch": set(),
    "writing": {"errors", "scratch"},
    "timecode": {"errors"},
    "amounts": {"cuts", "errors", "timecode"},
    "settings": {"amounts", "cuts", "errors", "files"},
    "paths": {"settings"},
    "windows": set(),
    "algebra": {"errors", "timecode"},
    # what knows one thing
    "hub": {"errors", "files", "paths", "writing"},
    "models": {"errors"},  # what every family can do; which there are, it names without loading one
    "models.transformer": set(),
    "models.r2": {"errors", "models", "models.transformer"},
    "models.similarity": {"models", "select"},
    "models.univtg": {"errors", "models", "models.transformer"},
    "select": {"findings", "timecode", "windows"},
    "video": {"errors", "media", "process", "settings", "timecode"},
    "video.bitstream": set(),
    "video.sampling": {"errors", "process", "timecode", "video", "video.bitstream"},
    "video.cutting": {"cuts", "errors", "timecode", "video", "video.bitstream", "writing"},
    "video.reel": {"cuts", "errors", "timecode", "video", "video.cutting", "writing"},
    "backbones": {"errors", "files", "hub", "process"},
    # what puts two and two together
    "checkpoints": {"backbones", "errors", "files", "hub", "models"},
    "cache": {"errors", "files", "models", "paths", "scratch", "settings", "video", "writing"},
    "datasets": {"errors", "video", "writing"},
    "memory": {
        "backbones",
        "cache",
        "checkpoints",
        "errors",
        "hub",
        "models",
        "process",
        "timecode",
        "video",
        "video.sampling",
        "windows",
    },
    # what r2 does
    "tasks": {
        "algebra",
        "backbones",
        "cache",
        "checkpoints",
        "cuts",
        "errors",
        "explanation",
        "findings",
        "memory",
        "models",
        "select",
        "settings",
        "video",
        "video.cutting",
        "video.reel",
        "windows",
    },
    "evaluation": {
        "algebra",
        "checkpoints",
        "datasets",
        "errors",
        "files",
        "findings",
        "memory",
        "models",
        "select",
        "tasks",
        "video",
        "video.sampling",
        "writing",
    },
    "training": {
        "backbones",
        "checkpoints",
        "datasets",
        "errors",
        "evaluation",
        "models",
        "models.r2",
        "video",
        "video.sampling",
        "writing",
    },
    "doctor": {
        "backbones",
        "checkpoints",
        "errors",
        "files",
        "hub",
        "memory",
        "paths",
        "process",
        "settings",
        "tasks",
        "video",
    },
    "bench": {"backbones", "checkpoints", "errors", "memory", "process", "tasks", "video"},
    # what is seen of it
    "export": {"algebra", "cache", "checkpoints", "cuts", "errors", "explanation", "findings", "media", "timecode"},
    "saving": {"cache", "cuts", "errors", "export", "findings", "tasks", "video", "video.cutting", "writing"},
    "present": {"cache", "checkpoints", "cuts", "explanation", "files", "findings", "timecode"},
    "picking": {"errors", "export", "findings", "present", "tasks", "timecode", "video"},
    "cli": {
        "algebra",
        "amounts",
        "checkpoints",
        "cli.commands",
        "cuts",
        "datasets",
        "errors",
        "explanation",
        "export",
        "files",
        "findings",
        "memory",
        "paths",
        "picking",
        "present",
        "saving",
        "settings",
        "tasks",
        "timecode",
        "video",
        "video.cutting",
        "video.reel",
        "writing",
    },
    "cli.commands": {
        "amounts",
        "bench",
        "cache",
        "checkpoints",
        "cli",
        "cuts",
        "datasets",
        "doctor",
        "errors",
        "evaluation",
        "explanation",
        "export",
        "files",
        "findings",
        "hub",
        "memory",
        "paths",
        "picking",
        "present",
        "settings",
        "tasks",
        "timecode",
        "training",
        "video",
        "video.reel",
        "writing",
    },
    "__main__": {"cli", "errors", "process"},
}
"""Who may look at whom. A line that is missing is red, and so is one that nobody needs."""
DOORS: dict[str, set[str]] = {
    "hub": {
        "fetch",
        "room",
    },
    "video": {
        "build",
        "changes",
        "ffmpeg",
        "media",
        "probe",
        "program",
        "stills",
        "title",
        "version",
    },
    "video.sampling": {
        "frames",
        "sample",
    },
    "video.bitstream": set(),
    "video.cutting": {
        "clips",
        "names",
        "plan",
    },
    "video.reel": {
        "whole",
        "write",
    },
    "backbones": {
        "build",
        "choose_precision",
        "clip",
        "devices",
        "precision",
        "spec",
        "threads",
        "tokenizer",
        "weights",
    },
    "checkpoints": {
        "checkpoint",
        "domains",
        "inventory",
        "load",
        "registry",
        "stand_in",
    },
    "cache": {
        "layout",
    },
    "memory": {
        "key",
    },
    "export": {
        "document",
        "edit",
        "formats",
        "json.cache",
        "json.findings",
        "json.indexed",
        "json.lines",
        "json.models",
        "json.saved",
        "rows",
        "template",
        "text",
    },
    "doctor": {
        "check",
        "checks",
        "models",
    },
}
"""Which files of the bigger rooms are imported by strangers, besides the face, `__init__`; kin go anywhere."""
HEAVY = {"torch", "torchvision", "open_clip"}
HEAVY_ROOMS = {"models.r2", "models.similarity", "models.transformer", "models.univtg", "backbones", "training"}
"""Where heavy guests may be imported by the module itself."""
GUESTS = HEAVY | {
    "PIL",
    "av",
    "blake3",
    "ffmpeg",
    "filelock",
    "huggingface_hub",
    "imageio_ffmpeg",
    "jinja2",
    "markupsafe",
    "matplotlib",
    "numpy",
    "platformdirs",
    "prompt_toolkit",
    "resvg_py",
    "rich",
    "safetensors",
    "textual",
    "textual_image",
    "typer",
    "xxhash",
}
"""What takes long to load: it may wait inside a function, and so may what loads one of it. Nothing else may."""
TABLES = {"r2cli.checkpoints.checkpoint", "r2cli.export.formats"}
"""Modules of our own that bring many others along, and count as guests: half of what `r2 find --help` would take."""
NOT_EVERYWHERE = {"resource", "tomli", "tomllib"}
"""What some systems, or some versions of Python, do not have: it is imported where it has been seen to be there."""
LONGEST_FILE = 280
LONGEST_FUNCTION = 60
LONG_FUNCTION = 22
"""Lines that 9 of 10 functions do not have more of."""

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
FILES = sorted(PACKAGE.rglob("*.py"))


def room_of(module: str) -> str:
    """The room of a module: `r2cli.video.probe` is in `video`, `r2cli.video.reel.write` in `video.reel`."""
    parts = module.split(".")[1:]
    wing = ".".join(parts[:2])
    return wing if wing in MAY_IMPORT else ".".join(parts[:1])


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path): path for path in FILES}


def module_of(name: str) -> str:
    """The module of `r2cli.video.probe.VideoInfo`: `r2cli.video.probe`."""
    while name not in MODULES:
        name = name.rpartition(".")[0]
    return name


def imports_of(path: Path, *, at_load: bool) -> set[str]:
    """Full names of what a file imports; with `at_load`, without what waits in functions or for a type checker."""
    return {name for name, waits in imports_in(tree_of(path)) if not (at_load and waits)}


def imports_in(node: ast.AST, waits: str = "") -> Iterator[tuple[str, str]]:
    """Full names of what is imported, each with what it waits for: a `call`, a type `checker`, or nothing."""
    if isinstance(node, ast.Import):
        yield from ((alias.name, waits) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "relative import"
        yield from ((f"{node.module}.{alias.name}", waits) for alias in node.names)
    elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        for child in node.body:
            yield from imports_in(child, "checker")
        for child in node.orelse:
            yield from imports_in(child, waits)
    else:
        inside = "call" if isinstance(node, (*FUNCTIONS, ast.Lambda)) else waits
        for child in ast.iter_child_nodes(node):
            yield from imports_in(child, inside)


@cache
def guests_of(module: str) -> frozenset[str]:
    """The guests, and tables, that come along when a module is loaded."""
    come: set[str] = set()
    todo, seen = [module], set()
    while todo:
        here = todo.pop()
        if here and here not in seen:
            seen.add(here)
            come |= {here} & TABLES
            todo.append(here.rpartition(".")[0])  # its package is loaded before it
            names = imports_of(MODULES[here], at_load=True)
            come |= {name.split(".")[0] for name in names} & GUESTS
            todo += [module_of(name) for name in names if name.startswith("r2cli.")]
    return frozenset(come)


def may_wait(name: str) -> bool:
    """Whether an import may stand inside a function."""
    if name.startswith("r2cli."):
        return bool(guests_of(module_of(name)))
    return name.split(".")[0] in GUESTS | NOT_EVERYWHERE


def rooms_imported() -> dict[str, dict[str, set[str]]]:
    """For each room the other rooms that its files import, each with these files."""
    found: dict[str, dict[str, set[str]]] = {room: {} for room in MAY_IMPORT}
    for path in FILES:
        here = room_of(name_of(path))
        if path == PACKAGE / "__init__.py":  # the Python API names what is in the house, and loads nothing of it
            continue
        for name in imports_of(path, at_load=False):
            other = room_of(name) if name.startswith("r2cli.") else here
            is_face = path.name == "__init__.py" and other.startswith(f"{here}.")  # hands on names of its own wings
            if other not in (here, "__version__") and not is_face:
                found.setdefault(here, {}).setdefault(other, set()).add(str(path.relative_to(PACKAGE)))
    return found


def test_rooms_import_whom_they_may_and_no_line_of_the_table_is_idle():
    found = rooms_imported()
    unlisted = {
        f"{room} -> {other}": sorted(files)
        for room, others in found.items()
        for other, files in others.items()
        if other not in MAY_IMPORT.get(room, ())
    }
    idle = [f"{room} -> {other}" for room, others in MAY_IMPORT.items() for other in sorted(others - set(found[room]))]
    assert (unlisted, idle) == ({}, [])


def test_no_room_is_above_and_below_another():
    """The table has no circle: from the ground up, every room stands on rooms that stand already."""
    standing: set[str] = set()
    left = {room: {other for other in others if not _is_commands(room, other)} for room, others in MAY_IMPORT.items()}
    while ready := [room for room, others in left.items() if others <= standing]:
        standing.update(ready)
        left = {room: others for room, others in left.items() if room not in ready}
    assert left == {}


def _is_commands(room: str, other: str) -> bool:
    """`cli.app` reads the table of commands, and they are made of what is in `cli`: one floor, told apart by files."""
    return (room, other) == ("cli", "cli.commands")


def test_commands_do_not_import_each_other():
    for path in (PACKAGE / "cli" / "commands").glob("*.py"):
        commands = {name for name in imports_of(path, at_load=False) if room_of(name) == "cli.commands"}
        assert not commands, path


def test_heavy_guests_come_when_they_are_needed():
    for path in FILES:
        if room_of(name_of(path)) not in HEAVY_ROOMS:
            assert not {name.split(".")[0] for name in imports_of(path, at_load=True)} & HEAVY, path


def test_only_what_takes_long_to_load_is_imported_inside_a_function():
    hidden = {
        f"{path.relative_to(PACKAGE)}: {name}"
        for path in FILES
        for name, waits in imports_in(tree_of(path))
        if waits == "call" and not may_wait(name)
    }
    assert sorted(hidden) == []


def test_no_guest_is_listed_in_vain():
    used = {name.split(".")[0] for path in FILES for name in imports_of(path, at_load=False)}
    assert (GUESTS | NOT_EVERYWHERE) - used == {"torchvision"}  # comes along with open_clip


def test_strangers_enter_bigger_rooms_by_their_doors():
    assert doors_used() == DOORS


def doors_used() -> dict[str, set[str]]:
    """For each room of `DOORS` its files that are imported from outside of its tree."""
    used: dict[str, set[str]] = {room: set() for room in DOORS}
    for path in FILES:
        here = name_of(path)
        for name in imports_of(path, at_load=False):
            room = room_of(name) if name.startswith("r2cli.") else ""
            if room in DOORS and here != "r2cli" and here.split(".")[1] != room.split(".")[0]:
                used[room].add(module_of(name).removeprefix(f"r2cli.{room}") if name not in face_of(room) else "")
    return {room: {door.removeprefix(".") for door in doors - {""}} for room, doors in used.items()}


def face_of(room: str) -> set[str]:
    """What a room's `__init__` hands on, as others import it."""
    names = imports_of(MODULES[f"r2cli.{room}"], at_load=True)
    return {f"r2cli.{room}.{name.rpartition('.')[2]}" for name in names}


def test_the_import_reader_sees_what_it_should():
    names = imports_of(PACKAGE / "checkpoints" / "load.py", at_load=False)
    assert "r2cli.hub.fetch" in names
    assert "torch" in names
    assert "torch" not in imports_of(PACKAGE / "checkpoints" / "load.py", at_load=True)


def test_files_stay_short_and_say_what_they_are():
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= LONGEST_FILE, path
        assert ast.get_docstring(ast.parse(text)), path
        assert not {"utils", "common", "helpers", "manager"} & {path.stem, *path.parent.parts}, path


def test_functions_stay_short():
    lengths = {f"{path.relative_to(PACKAGE)}: {name}": lines for path in FILES for name, lines in lengths_in(path)}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}
    assert sorted(lengths.values())[len(lengths) * 9 // 10] <= LONG_FUNCTION


def lengths_in(path: Path) -> list[tuple[str, int]]:
    """The functions of a file, each with its lines from `def` to the end."""
    functions = (node for node in ast.walk(tree_of(path)) if isinstance(node, FUNCTIONS))
    return [(f"{node.name}:{node.lineno}", (node.end_lineno or 0) - node.lineno + 1) for node in functions]


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
