"""Every JSON document is what its published schema says."""

from __future__ import annotations

import json
import shutil
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from r2cli.export.json.findings import SCHEMA, write_json
from r2cli.export.json.lines import write_lines
from tests.export.documents import DOCUMENTS

FOLDER = files("r2cli.export.json") / "schema"
SCHEMAS = {file.name: json.loads(file.read_text(encoding="utf-8")) for file in FOLDER.iterdir()}


def strict(schema: Any) -> Any:
    """A schema that allows nothing that it does not name: users get new fields without one, this test does not."""
    if isinstance(schema, list):
        return [strict(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {"additionalProperties": False} if "properties" in schema and "type" in schema else {}
    return {**{key: strict(inner) for key, inner in schema.items()}, **closed}


def check(name: str, text: str | bytes) -> None:
    content = json.loads(text)
    for schema in (SCHEMAS[name], strict(SCHEMAS[name])):
        Draft202012Validator(schema).validate(content)


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_schemas(name):
    Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["properties"]["schema"]["const"] == SCHEMA
    assert SCHEMAS[name]["description"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_of_every_kind(name):
    check("findings.json", write_json(DOCUMENTS[name]))
    for line in write_lines(DOCUMENTS[name]).splitlines():
        check("findings.json", line)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.update(schema=2),
        lambda content: content.pop("errors"),
        lambda content: content.pop("results"),
        lambda content: content["results"][0]["moments"][0].update(start=-1),
        lambda content: content["results"][0]["video"]["rate"].update(exact="1/0"),
        lambda content: content["results"][0]["ground"].update(kind="whim"),
        lambda content: content["results"][0]["summary"]["shots"][0].update(played=3),
        lambda content: content["results"][0].pop("ground"),
    ],
)
def test_other_documents_are_refused(change):
    content = json.loads(write_json(DOCUMENTS["summary"]))
    change(content)
    with pytest.raises(ValidationError):
        check("findings.json", json.dumps(content))


def test_what_commands_write(r2, films, tmp_path, monkeypatch, random_model):
    monkeypatch.chdir(tmp_path)
    shutil.copy(films / "short.mp4", "a.mp4")
    found = r2("find", "a.mp4", "gone.mp4", "a dog jumps", "--top", "1", "--clips", "c", "--reel", "r.mp4", "--json")[1]
    (tmp_path / "found.json").write_text(found)
    model = ("--model", random_model)
    for words in (
        ("cut", "found.json", "--clips", "d", "--reel", "s.mp4", "--json"),
        ("highlight", "a.mp4", "--about", "a dog", *model, "--json"),
        ("summarize", "a.mp4", "--length", "2s", *model, "--json"),
    ):
        check("findings.json", r2(*words)[1])
    check("findings.json", found)
    check("indexed.json", r2("index", "a.mp4", "gone.mp4", "--json")[1])
    for words in (("--json",), ("list", "--json"), ("prune", "--to", "1 GB", "--json"), ("clear", "--json")):
        out = r2("cache", *words)[1]
        check("cache.json", out)
    check("models.json", r2("models", "--json")[1])
