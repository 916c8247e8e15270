"""JSON Lines: every line is a document of its own."""

from __future__ import annotations

import pytest

from r2cli.export.json.lines import write_lines
from r2cli.export.json.saved import read_json
from tests.export.documents import DOCUMENTS


@pytest.mark.parametrize("name", DOCUMENTS)
def test_all_lines_together_say_what_the_document_does(name):
    document = DOCUMENTS[name]
    lines = [read_json(line, "x") for line in write_lines(document).decode("ascii").splitlines()]
    assert tuple(found for line in lines for found in line.findings) == document.findings
    assert tuple(failed for line in lines for failed in line.errors) == document.errors
    assert [clip for line in lines for clip in line.clips or ()] == list(document.clips or ())
    assert [line.reel for line in lines if line.reel] == ([document.reel] if document.reel else [])
