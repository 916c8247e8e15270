"""Colours: on a terminal, unless somebody says otherwise."""

from __future__ import annotations

import pytest

BOLD = "\x1b["


@pytest.mark.parametrize(
    ("options", "environment", "is_coloured"),
    [
        ((), {}, False),
        (("--color", "always"), {}, True),
        (("--color", "always"), {"NO_COLOR": "1", "TERM": "dumb"}, True),
        ((), {"FORCE_COLOR": "1", "TERM": "xterm"}, True),
        (("--color", "never"), {"FORCE_COLOR": "1", "TERM": "xterm"}, False),
        (("--color", "auto"), {}, False),
    ],
)
def test_in_a_pipe(r2, films, monkeypatch, options, environment, is_coloured):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    code, out, _ = r2("find", films / "short.mp4", "a dog", *options)
    assert code == 0
    assert (BOLD in out) == is_coloured


def test_json_has_none(r2, films):
    assert BOLD not in r2("find", films / "short.mp4", "a dog", "--json", "--color", "always")[1]


def test_what_is_no_choice(r2, films):
    code, _, err = r2("find", films / "short.mp4", "a dog", "--color", "blue")
    assert code == 2
    assert "--color: 'blue' is not one of auto, always, never" in err


def test_what_one_command_was_told_is_nothing_to_the_next(r2, films):
    from r2cli.cli.console import _color

    assert "\x1b[" in r2("find", films / "short.mp4", "a dog jumps", "--color", "always")[1]
    assert _color.get() == "auto"
