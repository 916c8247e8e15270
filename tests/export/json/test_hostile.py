"""Documents that somebody has tampered with: each is refused in a line, or every format can write it."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from r2cli.errors import UnreadableInputError
from r2cli.export.formats import FORMATS
from r2cli.export.json.findings import write_json
from r2cli.export.json.saved import read_json
from r2cli.export.template import FIELDS, read_template
from tests.export.documents import DOCUMENTS

VALUES = (
    *(None, True, [], {}, "", "\ud800", "../..", "/", "..", ".", "-", "x" * 5000, "a\nb"),
    *(0, 1, -1, 2**31, 10**299, 10**400, 1e-320, 1e7, 9e6, 1e300, -1e300, 0.1),
    *("0/1", "1/999999999", "999999999/1", "exact", "keyframes", "domain"),
)
ALL_FIELDS = read_template(" ".join(f"{{{field}}}" for field in FIELDS) + "{start:timecode}{score:.2f}{rank:03}")


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container of a JSON value, with each of its keys."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [place for key in keys for place in ((value, key), *places(value[key]))]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_tampered_documents(name):
    chance = random.Random(name)
    written = write_json(DOCUMENTS[name])
    read = 0
    for _ in range(80):
        content = json.loads(written)
        for _ in range(chance.choice((1, 1, 2))):
            container, key = chance.choice(places(content))
            container[key] = chance.choice(VALUES)
        try:
            document = read_json(json.dumps(content), "x.json")
        except UnreadableInputError as error:
            assert "\n" not in str(error)
            continue
        read += 1
        for form in FORMATS.values():
            if form.is_text or form.stills is None:  # pictures take a tenth of a second each
                form.write(document)
        ALL_FIELDS(document)
    assert read, "not everything is refused"
