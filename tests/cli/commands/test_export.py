"""`r2 export`: what was saved, in other formats."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from r2cli.export.json.findings import write_json
from tests.cli.commands.test_find import one_line
from tests.export.documents import DOCUMENTS


@pytest.mark.parametrize("name", DOCUMENTS)
def test_everything_comes_through(r2, tmp_path, name):
    document = DOCUMENTS[name]
    saved = tmp_path / "saved.json"
    saved.write_bytes(write_json(document))
    code, out, err = r2("export", saved, "--json")
    assert (code, out, err) == (1 if document.is_empty else 0, saved.read_text(), "")
    code, out, _ = r2("export", saved, "--out", tmp_path / "again.json")
    assert (code, out) == (1 if document.is_empty else 0, "")
    assert (tmp_path / "again.json").read_bytes() == saved.read_bytes()


def test_from_a_pipe(r2, tmp_path, monkeypatch):
    saved = tmp_path / "saved.json"
    saved.write_bytes(write_json(DOCUMENTS["summary"]))
    with saved.open() as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        code, out, _ = r2("export", "-", "--format", "json")
    assert (code, out) == (0, saved.read_text())


def test_what_was_saved_can_be_overwritten_by_itself(r2, tmp_path):
    saved = tmp_path / "saved.json"
    saved.write_text(json.dumps(json.loads(write_json(DOCUMENTS["one"]))))
    assert r2("export", saved, "--out", saved)[0] == 2
    code, _, _ = r2("export", saved, "--out", saved, "--force")
    assert (code, saved.read_bytes()) == (0, write_json(DOCUMENTS["one"]))


@pytest.mark.parametrize(
    ("words", "exit_code", "complaint"),
    [
        (("gone.json", "--json"), 3, "gone.json: there is no such file"),
        (("bad.json", "--json"), 3, "bad.json: not findings of r2: it is not JSON"),
        (("good.json",), 2, "nothing to do - say where to or how: --out FILE or --format NAME"),
        (("good.json", "--format", "x"), 2, "there is no format 'x'"),
    ],
)
def test_mistakes_are_one_line(r2, tmp_path, monkeypatch, words, exit_code, complaint):
    monkeypatch.chdir(tmp_path)
    Path("bad.json").write_text("no json")
    Path("good.json").write_bytes(write_json(DOCUMENTS["one"]))
    code, out, err = r2("export", *words)
    assert (code, out) == (exit_code, "")
    assert complaint in one_line(err)
