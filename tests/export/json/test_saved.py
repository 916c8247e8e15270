"""Reading findings back, from files that anybody may have written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from r2cli.errors import UnreadableInputError
from r2cli.export.document import Document
from r2cli.export.json.findings import write_json
from r2cli.export.json.saved import read_json
from r2cli.findings import Findings, ModelSource, Moment, Saliency, Sampling, VideoSource, ranked
from tests.export.test_formats import DOCUMENTS


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_was_written_is_read(document: Document):
    assert read_json(write_json(document), "x") == document.findings


def good() -> dict:
    return json.loads(write_json(DOCUMENTS[0]))


def broken(change) -> str:
    content = good()
    change(content["results"][0])
    return json.dumps(content)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "it is not JSON"),
        ("{", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("9" * 10_000, "it is not JSON"),
        ("[]", "it is a list, not an object"),
        ("{}", "its schema is missing, and this r2 reads schema 1"),
        ('{"schema": 2, "results": []}', "its schema is 2"),
        ('{"schema": true, "results": []}', "its schema is True"),
        ('{"schema": 1}', "results is missing, not a list"),
        ('{"schema": 1, "results": [7]}', r"results\[0\] is 7, not an object"),
        (broken(lambda r: r.pop("query")), r"results\[0\].query is missing, not text"),
        (broken(lambda r: r["video"].update(path="a\0b")), "video.path is no file name"),
        (broken(lambda r: r["video"].update(path="")), "video.path is no file name"),
        (broken(lambda r: r["video"].update(path=["x"])), "video.path is a list, not text"),
        (broken(lambda r: r["video"]["rate"].update(exact="1/0")), "not a rate"),
        (broken(lambda r: r["video"]["rate"].update(exact="1" * 5000 + "/1")), "not a rate"),
        (broken(lambda r: r["moments"][1].update(start="3")), r"moments\[1\].start is '3', not a number"),
        (broken(lambda r: r["moments"][0].update(start=True)), "start is True, not a number"),
        (broken(lambda r: r["moments"][0].update(start=-1)), "start is -1.0, not a time"),
        (broken(lambda r: r["moments"][0].update(end=1e12)), "not a time"),
        (broken(lambda r: r["moments"][0].update(end=10**4000)), "end is huge, not a number"),
        (broken(lambda r: r["moments"][0].update(start=5, end=4)), "ends before it starts"),
        (broken(lambda r: r["moments"][0].update(score=float("nan"))), "NaN is not a number"),
        (broken(lambda r: r["moments"][0].update(score=float("-inf"))), "-Infinity is not a number"),
        (broken(lambda r: r["moments"][0].update(score=0)).replace('"score": 0,', '"score": 1e999,'), None),
    ],
)
def test_every_mistake_is_one_line(text, complaint):
    if complaint is None:
        text, complaint = text.replace('"score": 0}', '"score": 1e999}'), "score is inf, not a number"
    with pytest.raises(UnreadableInputError, match=complaint) as caught:
        read_json(text, "findings.json")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 250


def test_one_ranking_of_all_videos():
    def found(name: str, *scores: float) -> Findings:
        moments = tuple(Moment(0, 1, score) for score in scores)
        source = VideoSource(Path(name), 1, DOCUMENTS[0].findings[0].video.rate)
        return Findings("q", source, ModelSource("m", "", ""), Sampling(1, 1), moments, (Saliency(0.5, 0),))

    pairs = ranked([found("a", 0.9, 0.3), found("b", 0.5)])
    assert [(moment.score, result.video.path.name) for moment, result in pairs] == [(0.9, "a"), (0.5, "b"), (0.3, "a")]
