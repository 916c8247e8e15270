"""Reading findings back, from files that anybody may have written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from r2cli.errors import UnreadableInputError
from r2cli.export.document import Document
from r2cli.export.json.findings import write_json
from r2cli.export.json.saved import read_json
from r2cli.findings import Findings, ModelSource, Moment, Saliency, Sampling, VideoSource, ranked
from tests.export.documents import DOCUMENTS, FOUND


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_was_written_is_read(name):
    document = DOCUMENTS[name]
    read = read_json(write_json(document).decode(), "x")
    assert read == document
    assert write_json(read) == write_json(document)


def test_numbers_that_are_whole_stay_so():
    found = replace(FOUND, sampling=Sampling(2, 10), moments=(Moment(0, 1, 1),))
    written = write_json(Document((found,)))
    assert write_json(read_json(written.decode(), "x")) == written


def test_documents_from_before_there_was_more_to_say():
    content = json.loads(write_json(DOCUMENTS["highlights"]))
    del content["errors"], content["results"][0]["sampling"]["strategy"], content["results"][0]["moments"][0]["peak"]
    read = read_json(json.dumps(content), "x")
    assert read.errors == ()
    assert read.findings[0].sampling.strategy == "exact"
    assert read.findings[0].moments[0] == FOUND.moments[0]


def broken(change, name: str = "one") -> str:
    content = json.loads(write_json(DOCUMENTS[name]))
    change(content["results"][0] if "results" in content else content)
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
        (broken(lambda r: r["moments"][0].update(start=-1)), "start is -1, not a time"),
        (broken(lambda r: r["moments"][0].update(end=1e12)), "not a time"),
        (broken(lambda r: r["moments"][0].update(end=10**4000)), "end is huge, not a number"),
        (broken(lambda r: r["moments"][0].update(start=5, end=4)), "ends before it starts"),
        (broken(lambda r: r["moments"][0].update(score=float("nan"))), "NaN is not a number"),
        (broken(lambda r: r["moments"][0].update(score=float("-inf"))), "-Infinity is not a number"),
        (broken(lambda r: r["moments"][0].update(peak="1"), "highlights"), r"moments\[0\].peak is '1', not a number"),
        (
            broken(lambda r: r["ground"].update(kind="whim"), "highlights"),
            "ground.kind is 'whim', not one of text, dom",
        ),
        (broken(lambda r: r["ground"].update(certainty=[]), "highlights"), "certainty is a list, not a number"),
        (broken(lambda r: r["summary"].update(shots={}), "summary"), "summary.shots is an object, not a list"),
        (
            broken(lambda r: r["summary"]["shots"][1]["played"].update(end=-1), "summary"),
            "played.end is -1, not a time",
        ),
        (broken(lambda r: r["clips"][0].update(cut="bits"), "cuts"), r"clips\[0\].cut is 'bits', not one of exact"),
        (broken(lambda r: r["clips"][0].update(rank=True), "cuts"), "rank is True, not a whole number"),
        (broken(lambda r: r["clips"][0].update(path="a\0"), "cuts"), "path is no file name"),
        (broken(lambda r: r["reel"].update(width=1e9), "reel"), "width is 1000000000.0, not a whole number"),
        (broken(lambda r: r["reel"].update(height=2**40), "reel"), "height is huge, not a whole number"),
        (broken(lambda r: r["errors"][0].update(message=None), "cuts"), r"errors\[0\].message is missing, not text"),
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
        source = VideoSource(Path(name), 1, FOUND.video.rate)
        return Findings("q", source, ModelSource("m", "", ""), Sampling(1, 1), moments, (Saliency(0.5, 0),))

    pairs = ranked([found("a", 0.9, 0.3), found("b", 0.5)])
    assert [(moment.score, result.video.path.name) for moment, result in pairs] == [(0.9, "a"), (0.5, "b"), (0.3, "a")]
