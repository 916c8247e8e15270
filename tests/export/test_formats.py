"""What every export format must do."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

from r2cli.export.document import Document, FailedInput
from r2cli.export.formats import FORMATS
from r2cli.findings import Findings, ModelSource, Moment, Saliency, Sampling, VideoSource

FOUND = Findings(
    query='狗 "jumps"\n\udce9',
    video=VideoSource(Path("caf\udce9 \x1b[31m.mp4"), 10.5, Fraction(30000, 1001)),
    model=ModelSource("sprites", "0" * 64, "clip-sprites"),
    sampling=Sampling(2.0, 75.0),
    moments=(Moment(1.5, 3.0, 0.9), Moment(7.0, 8.25, 0.4)),
    saliency=(Saliency(0.25, 0.1), Saliency(0.75, -0.2)),
)
EMPTY = Findings(FOUND.query, FOUND.video, FOUND.model, FOUND.sampling, (), ())
DOCUMENTS = (
    Document((FOUND,)),
    Document((FOUND, EMPTY), (FailedInput(Path("gone.mp4"), "gone.mp4: there is no such file", 3),)),
    Document((EMPTY,)),
    Document(()),
)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_format_writes_whole_lines_that_any_output_can_take(name, document):
    text = FORMATS[name].write(document)
    assert text.endswith("\n")
    text.encode("utf-8")
    assert text == FORMATS[name].write(document)
    assert FORMATS[name].name == name
    assert FORMATS[name].summary


def test_json_keeps_every_number_and_every_name():
    (result,) = json.loads(FORMATS["json"].write(DOCUMENTS[0]))["results"]
    assert result["query"] == FOUND.query
    assert result["video"]["path"] == str(FOUND.video.path)
    assert Fraction(result["video"]["rate"]["exact"]) == FOUND.video.rate
    assert tuple(Moment(**moment) for moment in result["moments"]) == FOUND.moments
    assert tuple(Saliency(**clip) for clip in result["saliency"]) == FOUND.saliency


def test_json_refuses_what_is_no_number():
    broken = Findings(FOUND.query, FOUND.video, FOUND.model, FOUND.sampling, (Moment(0, 1, float("nan")),), ())
    with pytest.raises(ValueError, match="not JSON compliant"):
        FORMATS["json"].write(Document((broken,)))
