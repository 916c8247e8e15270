"""`r2 completion`: what Tab gives in a shell."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from r2cli.checkpoints.registry import CHECKPOINTS
from r2cli.cli.commands import COMMANDS
from tests.marks import guarded

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX shells")
SHELLS = ("bash", "zsh", "fish")


@pytest.fixture
def path(tmp_path, monkeypatch) -> Path:
    """A search path on which `r2` is this program."""
    program = tmp_path / "bin" / "r2"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m r2cli "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return program


def completed(shell: str, line: str) -> list[str]:
    """What a shell is told that could stand at the end of a line."""
    words = line.split(" ")
    asked = {"_R2_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_ARGS": line}
    asked |= {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1), "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    done = subprocess.run(["r2"], env=os.environ | asked, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout.split("\n")


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("r2", "hi"), ["highlight"]),
        guarded(("r2", ""), [row.name for row in COMMANDS]),
        (("r2", "find", "--mod"), ["--model"]),
        (("r2", "find", "--model", "tvsum-b"), [name for name in CHECKPOINTS if name.startswith("tvsum-b")]),
        guarded(("r2", "find", "--device", "c"), ["cuda", "cpu"]),
        guarded(("r2", "highlight", "--domain", "youtube-d"), ["youtube-dog"]),
        (("r2", "find", "--format", "js"), ["json", "jsonl"]),
        guarded(("r2", "models", "pu"), ["pull"]),
        guarded(("r2", "models", "pull", "char"), ["charades"]),
        guarded(("r2", "completion", "f"), ["fish"]),
        (("r2", "find", "hol"), []),
    ],
)
def test_a_real_bash_completes(path, words, expected):
    script = (
        'eval "$(r2 completion bash)"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
        '_r2_completion r2; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", script, "bash", *words], capture_output=True, text=True, check=True)
    assert (done.stdout.split(), done.stderr) == (expected, "")


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_gets_a_script_that_it_can_read(r2, shell, tmp_path):
    code, out, err = r2("completion", shell)
    assert (code, err) == (0, "")
    assert "_R2_COMPLETE" in out
    if shutil.which(shell):
        (tmp_path / "script").write_text(out)
        subprocess.run([shell, "-n", str(tmp_path / "script")], check=True)


def test_zsh_and_fish_are_told_names_and_lines(path):
    assert '"find":"Find the moments of videos that match a sentence."' in completed("zsh", "r2 fi")[0]
    assert completed("fish", "r2 fi")[0] == "find\tFind the moments of videos that match a sentence."
    assert completed("zsh", "r2 find hol") == ["_files", ""]
    assert any('"charades"' in line for line in completed("zsh", "r2 find --model char"))


def test_settings_that_are_broken_stop_no_completion(path, monkeypatch):
    monkeypatch.setenv("R2_DEVICE", "toaster")
    assert completed("fish", "r2 con")[0].startswith("config\t")


def test_a_shell_that_there_is_not(r2):
    code, out, err = r2("completion", "tcsh")
    assert (code, out) == (2, "")
    assert "fish" in err
