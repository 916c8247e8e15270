"""JSON keeps everything."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import pytest

from r2cli.export.document import Document
from r2cli.export.json.findings import write_json
from r2cli.findings import Moment, Saliency
from tests.export.documents import DOCUMENTS, FOUND


def test_json_keeps_every_number_and_every_name():
    (result,) = json.loads(write_json(DOCUMENTS["one"]))["results"]
    assert result["query"] == FOUND.query
    assert result["video"]["path"] == str(FOUND.video.path)
    assert Fraction(result["video"]["rate"]["exact"]) == FOUND.video.rate
    assert tuple(Moment(**moment) for moment in result["moments"]) == FOUND.moments
    assert tuple(Saliency(**clip) for clip in result["saliency"]) == FOUND.saliency


def test_json_refuses_what_is_no_number():
    broken = replace(FOUND, moments=(Moment(0, 1, float("nan")),))
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(Document((broken,)))


def test_what_cuts_and_does_not_search_has_no_results():
    assert list(json.loads(write_json(DOCUMENTS["reel"]))) == ["schema", "clips", "reel", "errors"]
    assert list(json.loads(write_json(DOCUMENTS["cut too"]))) == ["schema", "results", "clips", "reel", "errors"]
