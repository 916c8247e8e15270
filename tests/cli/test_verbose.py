"""`--verbose`: what r2 does step by step, on standard error, and nothing else changes."""

from __future__ import annotations

import logging
import re

import pytest

from r2cli.cli.commands import COMMANDS
from r2cli.cli.verbose import telling

_LINE = re.compile(r"r2: +\d+\.\d{3} s  (.*)")


def steps(err: str) -> list[str]:
    """What was said of steps, without the times."""
    return [match[1] for line in err.splitlines() if (match := _LINE.fullmatch(line))]


def test_it_says_what_is_done_and_the_answer_is_the_same(r2, films, random_model, tmp_path):
    film = films / "short.mp4"
    code, out, err = r2("find", film, "a dog jumps", "--top", "1", "-v")
    first = "\n".join(steps(err))
    assert f"{film}: mov,mp4,m4a,3gp,3g2,mj2, 8.000 s, looked into now" in first
    assert re.search(rf"reading model \w+ from {re.escape(str(random_model))}", first)
    assert "is ready on cpu" in first
    assert "nothing of it is in the cache" in first
    assert "decoder selective from clip 0 of 16" in first
    assert "precision " in first
    assert first.endswith("ended")
    ask = ("find", film, "a dog jumps", "--top", "1")
    plain = r2(*ask)
    assert (code, out) == plain[:2]
    assert plain[2] == ""
    again = steps(r2(*ask, "--verbose", "--clips", tmp_path / "clips")[2])
    assert any("all of it is in the cache" in line for line in again)
    assert not any("decoder" in line for line in again)
    assert any(line.startswith("running ") and "-hide_banner" in line for line in again)
    (clip,) = (tmp_path / "clips").iterdir()
    assert f"{clip}: written, exact" in again
    assert any("the cache is not used" in line for line in steps(r2(*ask, "-v", "--no-cache")[2]))


def test_never_together_with_quiet(r2):
    said = (2, "", "r2: --verbose and --quiet contradict each other - leave one of them out\n")
    assert r2("find", "gone.mp4", "a dog", "-v", "-q") == said
    assert r2("export", "gone.json", "--quiet", "--format", "csv", "--verbose") == said


@pytest.mark.parametrize("name", [row.name for row in COMMANDS])
def test_every_command_that_can_be_quiet_has_it_beside_that(r2, name):
    said = r2(name, "--help")[1]
    assert ("--verbose" in said) == ("--quiet" in said)
    assert "--quiet" not in said or re.search(r"--quiet.*\n(?: {20}.*\n)*  -v, --verbose", said)


def test_afterwards_the_log_is_as_it_was(r2):
    log = logging.getLogger("r2cli")
    before = log.level, [*log.handlers]
    assert r2("find", "gone.mp4", "a dog", "-v")[0] == 3
    assert (log.level, log.handlers) == before


def test_hostile_names_show_literally(capfd):
    with telling():
        logging.getLogger("r2cli.video").debug("%s", "\x1b[31m\u202e.mp4")
    assert steps(capfd.readouterr().err) == ["\\x1b[31m\\u202e.mp4", "ended"]
