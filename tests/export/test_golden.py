"""Every format is what it was, and somebody else reads in it what was meant."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from r2cli.export.formats import FORMATS
from r2cli.export.sheet import draw_sheet
from tests.export.golden import DOCUMENT, FOLDER, HOSTILE, QUERY, SHRUNK, file_of, kept, told_by, written
from tests.export.readers import READERS

otio = pytest.importorskip("opentimelineio")

ANEW = "python -m tests.export.golden writes it anew, and `git diff` shows what that changes"
WIDE = str.maketrans("\uff1c\uff1e\uff5b\uff5d\uff3c", "<>{}\\")


def test_every_format_is_kept_and_has_a_reader():
    assert set(READERS) == set(FORMATS), "a format without a reader: add one to tests/export/readers.py"
    assert {file_of(form).name for form in FORMATS.values()} | {"still.jpg"} == {
        path.name for path in FOLDER.iterdir()
    }, ANEW


@pytest.mark.parametrize(
    "form", [form for form in FORMATS.values() if form.stills is None or form.is_text], ids=lambda form: form.name
)
def test_what_is_written_is_what_was_written(form):
    before, now = file_of(form).read_bytes(), kept(form, written(form))
    if form.name == "otio":  # the library's versions spell the same timeline in other ways
        before, now = (otio.adapters.read_from_string(text.decode(), "otio_json") for text in (before, now))
        assert now.is_equivalent_to(before), ANEW
    else:
        assert now == before, ANEW


def unlike(content: bytes, other: bytes) -> float:
    """The share of pixels that differ by more than engines for letters and JPEG do."""
    pictures = [np.asarray(Image.open(io.BytesIO(one)).convert("RGB")).astype(int) for one in (content, other)]
    return float((np.abs(pictures[0] - pictures[1]).max(axis=2) > 24).mean())


@pytest.mark.parametrize("name", ["png", "jpeg"])
def test_a_sheet_looks_as_it_did(name):
    form = FORMATS[name]
    content = written(form)
    before = file_of(form).read_bytes()
    assert Image.open(io.BytesIO(content)).size == draw_sheet(told_by(form)).size == (1052, 838)
    assert Image.open(io.BytesIO(before)).size == SHRUNK
    assert unlike(kept(form, content), before) < 0.005, ANEW
    assert unlike(kept(form, form.write(DOCUMENT)), before) > 0.1, "without pictures it is another"
    renamed = replace(told_by(form), findings=tuple(replace(one, query="a cat") for one in DOCUMENT.findings))
    assert unlike(kept(form, form.write(renamed)), before) > 0.01, "so it is with other words"


def bare(text: str) -> str:
    """Letters and digits: how each format spells the others is held by the tests of that format."""
    spelled = re.sub(r"\\(x[0-9a-f]{2}|u[0-9a-f]{4}|n)", " ", text.translate(WIDE))
    return "".join(char for char in spelled if char.isalnum())


@pytest.mark.parametrize("name", FORMATS)
def test_somebody_else_reads_what_was_meant(name):
    form, reader = FORMATS[name], READERS[name]
    document = told_by(form)
    wanted, found = reader.wanted(document), reader.read(written(form))
    assert len(found) == len(wanted) >= 2
    for one, other in zip(found, wanted, strict=True):
        for read, meant in ((one.start, other.start), (one.end, other.end)):
            assert read is None or read == pytest.approx(meant, abs=reader.within)
        if one.label is not None:
            assert bare(one.label).startswith(bare(other.label)), reader.program


def test_the_document_is_full_of_what_formats_stumble_over():
    for hostile in ('"', "'", "</script>", "\n", "%", "\u202e", "\x1b", "[red]", "🐶", "=1+1", "--", ",", "-->", "]]>"):
        assert hostile in QUERY
    assert QUERY.startswith("=")
    for hostile in ('"', "'", "%", "\n", "\x1b", "[b]", ",", "<i>"):
        assert hostile in HOSTILE.name
