"""What the README promises: its examples run, its tables are those of the program."""

from __future__ import annotations

import io
import re
import shlex
import shutil
from pathlib import Path

import pytest

from r2cli.__main__ import main
from r2cli.checkpoints import load
from r2cli.cli.commands import COMMANDS
from r2cli.errors import ExitCode
from r2cli.paths import cache_dir, models_dir
from r2cli.settings import SETTINGS

ROOT = Path(__file__).parents[1]
DOCUMENTS = ("README.md", "r2cli/cli/README.md", "r2cli/checkpoints/README.md")
"""What is written for users; `tests/export/test_readme.py` has another one."""
README, *MANUALS = ((ROOT / name).read_text(encoding="utf-8") for name in DOCUMENTS)
EVERYTHING = "\n".join((README, *MANUALS))
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", EVERYTHING, flags=re.MULTILINE | re.DOTALL)
SHELL = [line for kind, block in BLOCKS if kind == "sh" for line in block.splitlines()]
SCRIPTS = [block for kind, block in BLOCKS if kind == "sh" and block.startswith("r2 ")]
SESSIONS = [block for kind, block in BLOCKS if kind == "console"]
PYTHON = [block for kind, block in BLOCKS if kind == "python"]
TOLD_ELSEWHERE = {
    "r2 models pull": "tests/hub/test_full_size.py, from a hub of its own",
    "r2 pick": "tests/cli/commands/test_pick.py and tests/picking, which are a terminal",
    "r2 bench": "tests/cli/commands/test_bench.py, in one process",
}
"""Examples that need more than a film, and the tests that run them."""


@pytest.fixture
def stage(tmp_path, monkeypatch, films, random_model):
    """A folder with the films that the README speaks of, and a small model in place of those it downloads."""
    monkeypatch.chdir(tmp_path)
    for name in ("holiday.mp4", "party.mov", "r2-demo.mp4"):
        shutil.copy(films / "short.mp4", name)
    Path("questions.txt").write_text("a dog jumps\npeople dance\n", encoding="utf-8")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a dog jumps\n"), encoding="utf-8"))
    monkeypatch.setenv("R2_MODEL", str(random_model))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # whether there is a network makes no difference
    really_open, really_find = load.open_checkpoint, load.find_source
    monkeypatch.setattr(load, "find_source", lambda name: really_find(str(random_model)))
    monkeypatch.setattr(load, "open_checkpoint", lambda name, **options: really_open(str(random_model), **options))
    return tmp_path


@pytest.mark.parametrize("script", SCRIPTS)
def test_commands_run(stage, capfd, script):
    for line in script.splitlines():
        if any(line.startswith(told) for told in TOLD_ELSEWHERE):
            continue
        code, out, err = run(line, capfd)
        assert code in (0, 1), err
        assert "fault" not in err
        assert out or err or code == 1, "an answer, or the word that there is none"


@pytest.mark.parametrize("session", [one for one in SESSIONS if "--model sprites" in one])
def test_sessions_with_the_built_in_model_look_as_they_are_shown(demo_file, tmp_path, monkeypatch, capfd, session):
    """To the letter: the film is the demonstration's, and the model the one that is shipped."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(demo_file, "r2-demo.mp4")
    for command, shown in steps(session):
        code, out, err = run(command, capfd)
        assert (code, err) == (0, "")
        assert out == shown


@pytest.mark.parametrize("session", [one for one in SESSIONS if "--model sprites" not in one])
def test_other_sessions_run(stage, capfd, session):
    for command, shown in steps(session):
        told = any(command.startswith(told) for told in TOLD_ELSEWHERE)
        assert told or not shown.strip(), "what is shown is compared, here or elsewhere"
        if not told:
            assert run(command, capfd)[0] in (0, 1)


def test_every_session_with_something_to_see_is_compared():
    shown = [one for one in SESSIONS if any(answer.strip() for _, answer in steps(one))]
    assert len(shown) >= 2
    assert [one for one in shown if "--model sprites" in one]


def run(line: str, capfd) -> tuple[int, str, str]:
    """A command as it stands in a document; what goes to a file goes there."""
    command, _, target = line.partition(" > ")
    name, *arguments = shlex.split(command)
    assert name == "r2"
    capfd.readouterr()
    code = main(arguments)
    out, err = capfd.readouterr()
    if target:
        Path(target).write_text(out, encoding="utf-8")
    return code, out, err


def steps(session: str) -> list[tuple[str, str]]:
    """Each command of a session with what is shown below it."""
    return re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", session, flags=re.MULTILINE)


@pytest.mark.parametrize("block", PYTHON)
def test_python_runs(stage, capfd, block):
    exec(compile(block, "README.md", "exec"), {})
    assert capfd.readouterr().out.strip()


def test_examples_are_found():
    assert len(SCRIPTS) >= 6
    assert len(SESSIONS) >= 2
    assert len(PYTHON) >= 2


def test_set_up_is_two_commands():
    installs = [line for line in SHELL if line.startswith("pip install")]
    assert installs == ["pip install . && r2 demo", "pip install -e '.[dev]' && pytest"]


def test_exit_codes_are_those_of_the_program():
    in_readme = re.findall(r"^\| (\d+) \| (.*?) \|$", EVERYTHING, flags=re.MULTILINE)
    assert in_readme == [(str(int(code)), code.words) for code in ExitCode]


def test_settings_are_those_of_the_program():
    rows = re.findall(r"^\| `(\w+)` \| `(R2_\w+)` \| (.*?) \|$", EVERYTHING, flags=re.MULTILINE)
    assert {(name, variable) for name, variable, _ in rows} == {(one.name, one.variable) for one in SETTINGS.values()}
    for name, _, about in rows:
        choices = SETTINGS[name].choices
        assert not choices or set(re.findall(r"`(\w+)`", about)) == set(choices)


def test_every_command_is_mentioned():
    for row in COMMANDS:
        assert f"r2 {row.name}" in EVERYTHING


def test_environment_variables_are_those_of_the_program(monkeypatch, tmp_path):
    for name, folder in (("R2_MODELS_DIR", models_dir), ("R2_CACHE_DIR", cache_dir)):
        assert f"`{name}`" in EVERYTHING
        monkeypatch.setenv(name, str(tmp_path / name))
        assert folder() == tmp_path / name


def test_the_readme_is_short_and_fits_a_screen():
    assert len(README.split()) <= 1300
    for name, text in zip(DOCUMENTS, (README, *MANUALS), strict=True):
        wide = [line for line in text.splitlines() if len(line) > 120 and not line.startswith(("|", "!["))]
        assert not wide, name


def test_links_lead_somewhere():
    for name, text in zip(DOCUMENTS, (README, *MANUALS), strict=True):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
            assert ((ROOT / name).parent / target).exists(), (name, target)


def test_the_number_of_formats_is_that_of_the_table():
    from r2cli.export.formats import FORMATS

    assert re.search(r"\((?:\[)(\d+) formats\]", README)[1] == str(len(FORMATS))
