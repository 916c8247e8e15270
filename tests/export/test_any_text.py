"""Whatever a query or a file is called, every reader finds as many moments as there are, at their times."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some

from r2cli.export.formats import FORMATS
from tests.export.documents import NASTY
from tests.export.golden import DOCUMENT, HOSTILE
from tests.export.readers import READERS
from tests.export.test_formats import UNFIT

ANY = some.text(some.characters(), max_size=40)
"""Of all that Python takes for characters: controls, halves of pairs, what XML cannot hold, marks that turn lines."""
MARKUP = some.lists(
    some.sampled_from([*"\"'<>&%{}[]()=+-@#;:,|\\/`*_~$^!?\t\n\r\0\x1b", "-->", "--", "]]>", "\ufffe"])
).map("".join)
NOT_IN_XML = [*map(chr, range(32)), "\ud800", "\udfff", "\ufffe", "\uffff", "\x7f", "\x85"]


def document_of(query: str, name: str):
    """The golden document with other words; no file is called nothing, or has a zero byte or a slash in its name."""
    plain = name.replace("/", "⁄").replace("\0", "") or "x"
    path = Path("/films") / ("x" if plain in (".", "..") else plain)
    first, *rest = DOCUMENT.findings
    found = replace(first, query=query, video=replace(first.video, path=path))
    return replace(DOCUMENT, findings=(found, *rest), media={path: DOCUMENT.media[HOSTILE]}), path


@pytest.mark.parametrize("name", [form.name for form in FORMATS.values() if form.is_text])
@settings(deadline=None, derandomize=True, database=None, max_examples=15)
@given(ANY | MARKUP | some.sampled_from(NASTY), ANY | MARKUP)
@example("".join(NOT_IN_XML), "".join(NOT_IN_XML))
@example("</script><!--", "=1+1")
@example("1,2", "#EXTINF:1,2")
@example("* FROM CLIP NAME: x", "M2 x 024.0 01:00:00:00")
@example("NOTE\n\n1\n00:00:01,000 --> 00:00:02,000", "STYLE")
def test_nothing_breaks_out(name, query, called):
    document, path = document_of(query, called)
    form, reader = FORMATS[name], READERS[name]
    if form.of_one_video:
        document = document.about(path)
    content = form.write(document)
    assert not set(content.decode("utf-8")) & UNFIT
    found = reader.read(content)
    if name == "youtube":
        assert [one.start for one in found] == [0, 12]
        return
    plain, path = document_of("plain", "plain")
    expected = reader.read(form.write(plain.about(path) if form.of_one_video else plain))
    assert [(one.start, one.end) for one in found] == [(one.start, one.end) for one in expected]
