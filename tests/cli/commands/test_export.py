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


@pytest.mark.parametrize("path", ["\ud800.mp4", "..", "/", "../../evil.mp4", "/etc/passwd", "a\nb.mp4", "x" * 300])
def test_names_in_a_document_lead_nowhere(r2, tmp_path, path):
    content = json.loads(write_json(DOCUMENTS["odd"]))
    content["results"][0]["video"]["path"] = path
    (tmp_path / "in").mkdir()
    saved = tmp_path / "saved.json"
    saved.write_text(json.dumps(content))
    code, _, err = r2("export", saved, "--format", "srt", "--out", tmp_path / "in")
    assert code in (0, 2), err
    assert len(list((tmp_path / "in").iterdir())) == 2 if code == 0 else "cannot be written to" in err
    assert sorted(child.name for child in tmp_path.iterdir()) == ["in", "saved.json"]


def test_a_format_says_what_it_can_hold(r2, tmp_path, monkeypatch):
    from r2cli.export import formats
    from r2cli.export.document import Kind

    form = formats.Format("peaks", (".peaks",), "", lambda document: b"peaks\n", frozenset({Kind.HIGHLIGHTS}))
    monkeypatch.setitem(formats.FORMATS, "peaks", form)
    for name, wanted in (("highlights", 0), ("one", 2)):
        saved = tmp_path / f"{name}.json"
        saved.write_bytes(write_json(DOCUMENTS[name]))
        code, _, err = r2("export", saved, "--out", tmp_path / f"{name}.peaks")
        assert code == wanted
    assert "peaks holds highlights, and no findings - choose another" in one_line(err)
    assert (tmp_path / "highlights.peaks").read_bytes() == b"peaks\n"
