"""Whenever a moment is, every reader finds it there, as exactly as its format can say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some

from r2cli.export.formats import FORMATS
from r2cli.findings import Moment
from tests.export.golden import DOCUMENT, RATE
from tests.export.readers import READERS, in_edit

LASTS = 40_000.0
"""Seconds of the film, some eleven hours."""
TOLD = [name for name, form in FORMATS.items() if form.is_text and name not in ("youtube", "files", "files0")]
"""Formats that say when a moment begins and ends."""


@pytest.mark.parametrize("name", TOLD)
@settings(deadline=None, derandomize=True, database=None, max_examples=20)
@given(some.floats(0, LASTS - 200), some.floats(0.001, 200))
@example(59.9996, 0.001)
@example(3599.99951, 60.0)
@example(0.0, 1 / 3)
@example(1e-7, 0.04)
@example(35999.96, 0.04)
@example(128.5, 1.0)
def test_times_come_through(name, start, length):
    form, reader = FORMATS[name], READERS[name]
    found = replace(DOCUMENT.findings[1], moments=(Moment(start, start + length, 0.5),))
    found = replace(found, video=replace(found.video, duration=LASTS, rate=RATE))
    document = replace(DOCUMENT, findings=(found,), errors=())
    wanted, read = reader.wanted(document), reader.read(form.write(document))
    assert len(read) == len(wanted) == 1
    within = reader.within + (1 / float(RATE) if reader.wanted is in_edit else 0.0)
    assert read[0].start == pytest.approx(wanted[0].start, abs=within + 1e-9)
    assert read[0].end == pytest.approx(wanted[0].end, abs=within + 1e-9)
    assert read[0].end > read[0].start or name == "markdown"
