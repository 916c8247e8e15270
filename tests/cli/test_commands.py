"""What every command owes its user, held over the table of commands; and what the program says of them all."""

from __future__ import annotations

import inspect
import platform
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import r2cli
import r2cli.cli.commands as room
from r2cli.cli.commands import COMMANDS, Row
from r2cli.errors import ExitCode

ALL: dict[str, Row] = {row.name: row for row in COMMANDS} | {
    f"{row.name} {one.name}": one for row in COMMANDS for one in row.under
}
MUTE = {
    "config set",
    "config unset",
    "config edit",
    "help",
    "demo",
    "completion",
    "shell",
    "play",
    "pick",
    "models path",
    "models pull",
    "models verify",
    "models remove",
}
"""Commands without --json: their answer is no table, or a screen. `r2 shell` has one of its own kind."""
QUIET_BY_NATURE = {
    *("help", "config", "config show", "config edit", "completion", "models", "models path", "data", "data check"),
    *(name for name in ALL if name.startswith("cache")),
}
"""Commands that say nothing but their answer."""
BAD_INPUT: dict[str, tuple[list[str], int]] = {
    "find": (["gone.mp4", "a dog"], 3),
    "highlight": (["gone.mp4"], 3),
    "summarize": (["gone.mp4"], 3),
    "index": (["gone.mp4"], 3),
    "shell": (["gone.mp4"], 3),
    "pick": (["gone.json"], 2),
    "cut": (["gone.json", "--clips", "clips"], 3),
    "export": (["gone.json", "--format", "json"], 3),
    "play": (["gone.json"], 3),
    "demo": (["--out", "nowhere/film.mp4"], 2),
    "bench": (["gone.mp4"], 3),
    "eval": (["gone"], 2),
    "features": (["gone"], 2),
    "train": (["gone"], 2),
    "data": (["gone"], 2),
    "data check": (["gone"], 2),
    "config": (["gone"], 2),
    "config show": (["gone"], 2),
    "config set": (["gone", "x"], 2),
    "config unset": (["gone"], 2),
    "config edit": (["gone"], 2),
    "doctor": (["gone"], 2),
    "models": (["gone"], 2),
    "models pull": (["gone"], 4),
    "models verify": (["gone"], 4),
    "models path": (["gone"], 4),
    "models remove": (["gone"], 4),
    "cache": (["gone"], 2),
    "cache info": (["gone"], 2),
    "cache list": (["gone"], 2),
    "cache prune": (["--to", "much"], 2),
    "cache clear": (["gone"], 2),
    "help": (["gone"], 2),
    "completion": (["tcsh"], 2),
}
EVERY = pytest.mark.parametrize("name", ALL)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """An empty folder, and no connection."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")


@pytest.fixture(scope="module")
def helps() -> dict[str, str]:
    """The help of every command, at 80 columns."""
    import contextlib
    import io

    from r2cli.__main__ import main

    def said(words: list[str]) -> str:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            assert main([*words, "--help"]) == 0
        return out.getvalue()

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "80")
        return {name: said(name.split()) for name in ALL} | {"": said([])}


def test_a_command_is_a_file_and_a_row():
    files = {path.stem for path in Path(room.__file__).parent.glob("*.py")} - {"__init__"}
    assert files == {row.name for row in COMMANDS}
    assert BAD_INPUT.keys() == ALL.keys()


@EVERY
def test_its_line_is_short_and_the_first_of_its_own_help(name, helps):
    row = ALL[name]
    assert len(row.about) <= 60
    assert row.about.endswith(".")
    function = getattr(import_module(f"r2cli.cli.commands.{name.split()[0]}"), row.function)
    assert inspect.getdoc(function).splitlines()[0] == row.about
    assert f"  {row.about}\n" in helps[name]


@EVERY
def test_its_help_shows_an_example_and_no_type_of_python(name, helps):
    said = helps[name]
    assert re.search(rf"^  (R2_\w+=\w+ |eval \"\$\()?r2 {name}\b", said, flags=re.MULTILINE), "an example"
    assert not re.search(r"<[a-z]|\[str\]|list\[|\bpath\b>|TEXT>|INTEGER", said)
    for one in ALL[name].under:
        assert re.search(rf"^  {one.name} +{re.escape(one.about)}$", said, flags=re.MULTILINE), "nothing is cut off"
    assert max(map(len, said.splitlines())) <= 80
    assert "Exit codes" not in said


@EVERY
def test_it_can_answer_a_program_and_be_quiet(name, helps):
    assert ("--json" in helps[name]) == (name not in MUTE or name == "shell")
    assert ("--quiet" in helps[name]) == (name not in QUIET_BY_NATURE)


@EVERY
def test_an_option_that_there_is_not(r2, name):
    code, out, err = r2(*name.split(), "--zzz")
    assert (code, out) == (2, "")
    assert err == f"r2: No such option: --zzz - see: r2 {name} --help\n"


@EVERY
def test_bad_input_is_one_line_and_a_code(r2, name):
    words, expected = BAD_INPUT[name]
    code, out, err = r2(*name.split(), *words)
    assert (code, out) == (expected, "")
    (line,) = err.splitlines()
    assert line.startswith("r2: ")
    assert not list(Path().iterdir())


def test_the_root_shows_every_line_whole_and_every_code_once(helps):
    said = helps[""]
    for row in COMMANDS:
        assert re.search(rf"^  {row.name} +{re.escape(row.about)}$", said, flags=re.MULTILINE)
    for code in ExitCode:
        assert len(re.findall(rf"^  {int(code)} +{re.escape(code.words)}$", said, flags=re.MULTILINE)) == 1
    assert "r2 COMMAND --help" in said
    assert 'r2 find holiday.mp4 "a dog jumps"' in said
    assert max(map(len, said.splitlines())) <= 80


def test_options_of_the_same_kind_stand_together(helps):
    sections = re.findall(r"^(\w.*):\n", helps["find"], flags=re.MULTILINE)
    assert sections == [
        "Arguments",
        "Options",
        "Combining queries",
        "Many videos",
        "Model",
        "Reading videos",
        "Clips and reels",
        "A closer look",
        "Output",
    ]
    assert re.search(r"^  VIDEO\.\.\.  Video files", helps["find"], flags=re.MULTILINE)
    assert "--device auto|cuda|mps|cpu" in helps["find"]


def test_the_version_is_a_line_and_in_full_it_is_the_first_of_several(r2, monkeypatch):
    import torch

    code, line, err = r2("-V")
    assert (code, line, err) == (0, f"r2 {r2cli.__version__}\n", "")
    code, said, err = r2("--version")
    assert (code, err) == (0, "")
    assert said.startswith(line)
    facts = dict(one.split(maxsplit=1) for one in said.splitlines()[1:])
    assert list(facts) == ["python", "torch", "pyav", "ffmpeg", "devices"]
    assert facts["torch"] == torch.__version__.partition("+")[0]
    assert facts["python"].startswith(platform.python_version())
    assert re.fullmatch(r"\S+ \(.*ffmpeg\S*\)", facts["ffmpeg"])
    monkeypatch.setenv("R2_FFMPEG", "gone\x1b")
    code, said, err = r2("--version")
    assert (code, err) == (0, "")
    assert "R2_FFMPEG is 'gone\\x1b', which is not a program" in said


def test_a_command_that_is_nearly_one(r2):
    assert r2("sumarize") == (2, "", "r2: No such command 'sumarize'. Did you mean 'summarize'? - see: r2 --help\n")
    assert "Did you mean 'verify'?" in r2("models", "verfy")[2]


@pytest.mark.parametrize("words", ["", "find", "models pull"])
def test_help_in_words(r2, helps, words):
    assert r2("help", *words.split()) == (0, helps[words], "")


def test_help_of_what_is_nearly_a_command(r2):
    assert r2("help", "fnid")[2] == "r2: No such command 'fnid'. Did you mean 'find'? - see: r2 --help\n"


def test_nothing_typed_is_help_on_standard_error(r2, helps):
    assert r2() == (2, "", helps[""])


def modules_after(*words: str) -> set[str]:
    """What is loaded once a command has ended."""
    program = "import sys; from r2cli.__main__ import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


@pytest.mark.parametrize("words", [("--help",), ("-V",)])
def test_the_root_reads_the_file_of_no_command(words):
    loaded = modules_after(*words)
    assert not {name for name in loaded if name.startswith("r2cli.cli.commands.")}
    assert not {"numpy", "torch", "open_clip", "rich", "av", "huggingface_hub", "r2cli.settings"} & loaded


def test_help_of_a_command_reads_its_file_alone_and_nothing_heavy():
    program = (
        "import sys; from r2cli.__main__ import main\n"
        "for name in sys.argv[1:]:\n"
        "    main([name, '--help'])\n"
        "    print(name, *({'numpy', 'torch', 'open_clip', 'av', 'huggingface_hub'} & set(sys.modules)),"
        " sum(one.startswith('r2cli.cli.commands.') for one in sys.modules), file=sys.stderr)"
    )
    names = [row.name for row in COMMANDS]
    done = subprocess.run([sys.executable, "-c", program, *names], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines() == [f"{name} {number}" for number, name in enumerate(names, start=1)]
