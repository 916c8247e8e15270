"""The prompt of `r2 shell`: what is typed, what Tab makes of it, and what is kept of it."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from r2cli.cli.completer import LineCompleter
from r2cli.cli.prompt import _LONGEST_HISTORY, typed_lines
from r2cli.cli.session import COMMANDS
from r2cli.paths import data_dir

ARGUMENTS = {name: command.argument for name, command in COMMANDS.items()}
UP, ENTER, CTRL_C, CTRL_D = "\x1b[A", "\r", "\x03", "\x04"


@pytest.fixture
def typed(monkeypatch):
    """typed("keys"): what is typed at a terminal becomes lines."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)

    def run(keys: str) -> list[str]:
        with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
            pipe.send_text(keys)
            return list(typed_lines(ARGUMENTS))

    return run


def history() -> list[str]:
    return (data_dir() / "shell_history").read_text(encoding="utf-8").splitlines()


def test_lines_until_ctrl_d(typed):
    assert typed(f"a dog{ENTER}{ENTER}:top 3{ENTER}{CTRL_D}") == ["a dog", ":top 3"]
    assert history() == ["a dog", ":top 3"]


def test_ctrl_c_throws_away_the_line_only(typed):
    assert typed(f"half a que{CTRL_C}a dog{ENTER}{CTRL_C}{CTRL_D}") == ["a dog"]
    assert history() == ["a dog"]


def test_a_line_is_edited_and_ctrl_d_in_it_ends_nothing(typed):
    assert typed(f"a dgo\x02\x02\x04\x05g{ENTER}{CTRL_D}") == ["a dog"]


def test_what_was_typed_in_an_earlier_session_comes_back(typed):
    typed(f"a dog{ENTER}the cat{ENTER}{CTRL_D}")
    assert typed(f"{UP}{UP}{ENTER}{CTRL_D}") == ["a dog"]
    assert history() == ["a dog", "the cat", "a dog"]


def test_a_text_of_several_lines_that_is_pasted_is_several_queries(typed):
    assert typed(f"\x1b[200~a dog\nthe cat\x1b[201~{ENTER}{CTRL_D}") == ["a dog", "the cat"]
    assert history() == ["a dog", "the cat"]


def test_the_history_is_no_longer_than_it_may_be_and_nobody_elses(typed):
    data_dir().mkdir(parents=True)
    (data_dir() / "shell_history").write_text("".join(f"query {number}\n" for number in range(2000)))
    typed(f"a dog{ENTER}{CTRL_D}")
    assert history() == [*(f"query {number}" for number in range(2001 - _LONGEST_HISTORY, 2000)), "a dog"]
    assert os.name == "nt" or stat.S_IMODE((data_dir() / "shell_history").stat().st_mode) == 0o600


def test_a_history_that_macos_wrote_is_read(typed):
    data_dir().mkdir(parents=True)
    (data_dir() / "shell_history").write_text("_HiStOrY_V2_\na\\040dog\nein\\040H\\303\\274gel\n")
    assert typed(f"{UP}{ENTER}{CTRL_D}") == ["ein Hügel"]
    assert history() == ["a dog", "ein Hügel", "ein Hügel"]


def test_without_a_terminal_to_show_it_on_the_prompt_is_no_part_of_the_answers(monkeypatch, capfd):
    import io

    monkeypatch.setattr(sys, "stdin", io.StringIO("a dog\n"))
    assert list(typed_lines(ARGUMENTS)) == ["a dog"]
    assert capfd.readouterr() == ("", "r2> r2> \n")


def completed(text: str, lines: list[str]) -> list[str]:
    """The lines that Tab can make of a text."""
    document = Document(text)
    found = LineCompleter(ARGUMENTS, lines).get_completions(document, CompleteEvent(completion_requested=True))
    return [text[: len(text) + one.start_position] + one.text for one in found]


def test_tab_completes_commands():
    assert completed(":he", []) == [":help"]
    assert set(completed(":", [])) == set(COMMANDS)
    assert completed(":zzz", []) == []
    assert completed(":help", []) == []


def test_tab_completes_earlier_queries_the_latest_first_each_once():
    lines = ["A dog jumps", "the cat", ":top 3", "a dog sleeps", "A dog jumps", "# a note"]
    assert completed("a d", lines) == ["A dog jumps", "a dog sleeps"]
    assert completed("", lines) == ["A dog jumps", "a dog sleeps", "the cat"]
    assert completed("a dog sleeps", lines) == []


def test_tab_completes_files_after_the_commands_that_take_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    Path("dogs.json").touch()
    Path("dogs and cats").mkdir()
    assert completed(":json dogs.", []) == [":json dogs.json"]
    assert completed(":clips dogs", []) == [":clips dogs and cats"]
    assert completed(":export ~/dogs.", []) == [":export ~/dogs.json"]
    assert completed(":top dogs", []) == []
    assert f":json ../{tmp_path.name}" in completed(":json ../", [])


def test_the_prompt_is_loaded_by_the_shell_alone():
    import subprocess

    program = (
        "import sys; from r2cli.__main__ import main; main(['shell', '--help']); main(['find', 'gone.mp4', 'x']);"
        "sys.exit('prompt_toolkit' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=False).returncode == 0
