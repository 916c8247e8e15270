"""What every export format must do."""

from __future__ import annotations

import pytest

from r2cli.export.document import Document, Kind
from r2cli.export.formats import BY_SUFFIX, FORMATS
from tests.export.documents import DOCUMENTS

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
    assert content.endswith(b"\n") or not content
    content.decode("utf-8")


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
def test_every_row_of_the_table_is_complete(form):
    assert FORMATS[form.name] is form
    assert form.about
    assert form.takes
    for suffix in form.suffixes:
        assert BY_SUFFIX[suffix] is form, "no suffix stands for two formats"
        assert suffix == suffix.lower()
        assert suffix.startswith(".")
