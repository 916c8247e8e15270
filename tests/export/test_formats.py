"""What every export format must do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from r2cli.export.document import Document, Kind
from r2cli.export.formats import FORMATS, by_suffix
from tests.export.documents import DOCUMENTS, SEVERAL

UNFIT = {*map(chr, range(32)), *map(chr, range(127, 160)), *"\u2028\u2029\u202e\u2066"} - set("\n\t")
EVERY = [
    pytest.param(form, document, id=f"{form.name}-{name}")
    for form in FORMATS.values()
    for name, document in DOCUMENTS.items()
    if document.kind in form.takes
]


def test_documents_of_every_kind_are_tried():
    assert {document.kind for document in DOCUMENTS.values()} == set(Kind)


@pytest.mark.parametrize(("form", "document"), EVERY)
def test_every_format_writes_whole_lines_and_always_the_same(form, document: Document):
    content = form.write(document)
    assert content == form.write(document)
    if form.is_text:
        assert content.endswith(b"\n") or not content
        text = content.decode("utf-8")
        assert not set(text) & UNFIT, "nothing that a terminal obeys, or that ends a line"


@pytest.mark.parametrize("form", [form for form in FORMATS.values() if form.streams], ids=lambda form: form.name)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_streams_says_the_same_piece_by_piece(form, name):
    document = DOCUMENTS[name]
    pieces = [Document((found,), kind=document.kind) for found in document.findings]
    assert b"".join(map(form.write, [*pieces, replace(document, findings=())])) == form.write(document)


@pytest.mark.parametrize("form", [form for form in FORMATS.values() if form.is_text], ids=lambda form: form.name)
def test_no_name_adds_lines_or_takes_some_away(form):
    """A hostile name changes what a line says, never how many there are."""
    plain = replace(SEVERAL[0], query="plain")
    for found in SEVERAL:
        hostile = replace(found, moments=plain.moments)
        assert form.write(Document((hostile,))).count(b"\n") == form.write(Document((plain,))).count(b"\n")


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
def test_every_row_of_the_table_is_complete(form):
    assert FORMATS[form.name] is form
    assert form.about
    assert form.takes
    for suffix in form.suffixes:
        assert by_suffix(Path(f"a{suffix}")) is form, "no suffix stands for two formats"
        assert suffix == suffix.lower()
        assert suffix.startswith(".")
