"""`r2 help --man`: one page that says what every help says, in the language of `man`."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from r2cli.cli.commands import COMMANDS
from r2cli.cli.manual import _line, _wrapped
from r2cli.settings import SETTINGS

FONTS = re.compile(r"\\f[BIR]")
ESCAPES = {r"\-": "-", r"\(ga": "`", r"\(aq": "'", r"\(ha": "^", r"\(ti": "~", r"\&": "", r"\e": "\\"}


@pytest.fixture(scope="module")
def page() -> str:
    import contextlib
    import io

    from r2cli.__main__ import main

    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert main(["help", "--man"]) == 0
    return out.getvalue()


def read(page: str) -> str:
    """What somebody reads of it, in one line."""
    text = FONTS.sub("", page)
    for escape, char in ESCAPES.items():
        text = text.replace(escape, char)
    text = re.sub(r"\\\[u([0-9A-F]+)\]", lambda found: chr(int(found[1], 16)), text)
    return " ".join(text.split())


def test_it_holds_every_command_option_setting_and_example(page, r2, monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")
    said = read(page)
    for row in COMMANDS:
        for words in [row.name, *(f"{row.name} {one.name}" for one in row.under)]:
            assert f'.SS "r2 {words} ' in page
            helped = r2(*words.split(), "--help")[1]
            for line in helped.splitlines()[2:]:
                if line.startswith("  ") and not any(line.startswith(f"  {one.name} ") for one in row.under):
                    for part in re.split(r" {2,}", line.strip()):
                        assert part in said, (words, part)
    for setting in SETTINGS.values():
        assert f"{setting.variable} {setting.about}" in said
    assert "3 an input cannot be read (the others are still done)" in said


def test_it_is_a_page_of_which_no_line_is_long_or_a_request_by_accident(page):
    assert page.isascii()
    assert page.startswith('.TH R2 1 "" "r2 ')
    requests = {line.split()[0] for line in page.splitlines() if line.startswith((".", "'"))}
    assert requests <= {".TH", ".SH", ".SS", ".TP", ".PP", ".RS", ".RE", ".nf", ".fi", ".B", ".nh", ".ad"}
    assert not [line for line in page.splitlines() if not line.strip()]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (".json is a suffix", r"\&.json is a suffix"),
        ("'sprites' or `r2`", r"\(aqsprites\(aq or \(gar2\(ga"),
        (r"a\b", r"a\eb"),
        ("naïve — 狗", r"na\[u00EF]ve \[u2014] \[u72D7]"),
        ("--top", r"\-\-top"),
    ],
)
def test_nothing_means_anything_to_roff(text, line):
    assert _line(text) == line


def test_a_wrapped_line_is_no_request_either():
    lines = list(_wrapped("x" * 68 + " .json and more"))
    assert lines[1] == r"\&.json and more"


def test_it_is_of_all_commands(r2):
    assert r2("help", "find", "--man") == (
        2,
        "",
        "r2: the manual page is of all commands - leave the command out\n",
    )


@pytest.mark.skipif(shutil.which("groff") is None, reason="no groff")
def test_groff_has_nothing_to_complain_of(page):
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww"], input=page, capture_output=True, text=True, encoding="utf-8", check=True
    )
    assert done.stderr == ""
    assert "r2 find holiday.mp4 --queries list.txt" in done.stdout
