"""What is said where nothing matches: one line, however many videos and queries there are."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from r2cli.cli.answering import say_what_is_missing
from r2cli.cli.console import Talk
from r2cli.findings import Findings, ModelSource, Moment, Sampling, VideoSource


def found(video: str, query: str, *scores: float) -> Findings:
    moments = tuple(Moment(71.1 + place, 80.0, score) for place, score in enumerate(scores))
    source = VideoSource(Path(video), 100.0, Fraction(25))
    return Findings(query, source, ModelSource("m", "0", "b"), Sampling(2, 10), moments, ())


END = "(threshold 0.50: see --min-score)"


@pytest.mark.parametrize(
    ("everything", "line"),
    [
        ([found("a", "dog", 0.6)], None),
        ([found("a", "dog", 0.5)], None),
        ([found("a", "dog")], f'nothing in a matches "dog" (best score 0.00, {END[1:]}'),
        ([found("a", "dog", 0.4, 0.3)], f'nothing in a matches "dog" (best score 0.40 at 1:11.1, {END[1:]}'),
        (
            [found("a", "dog", 0.4), found("b", "dog", 0.3, 0.46), found("c", "dog", 0.9)],
            f'nothing in 2 of 3 videos matches "dog" {END}; nearest: b at 1:12.1, 0.46',
        ),
        (
            [found("a", "dog", 0.4), found("a", "cat", 0.9)],
            f'nothing in a matches 1 of 2 queries {END}; nearest: a at 1:11.1, 0.40, "dog"',
        ),
        (
            [found("a", "dog"), found("a", "cat", 0.1), found("b", "dog", 0.9), found("b", "cat", 0.2)],
            f'nothing in 1 of 2 videos, nothing for 1 of 2 queries {END}; nearest: b at 1:11.1, 0.20, "cat"',
        ),
        (
            [found("a", "dog", 0.9), found("a", "cat"), found("b", "dog"), found("b", "cat", 0.9)],
            f"nothing for 2 of 4 pairs of a video and a query {END}",
        ),
    ],
)
def test_one_line(capsys, everything, line):
    say_what_is_missing(everything, 0.5, Talk())
    assert capsys.readouterr().err == ("" if line is None else f"r2: {line}\n")


def test_two_hundred_pairs_are_one_line(capsys):
    everything = [found(f"v{video}", f"q{query}", 0.1) for video in range(20) for query in range(10)]
    say_what_is_missing(everything, 0.5, Talk())
    assert capsys.readouterr().err.count("\n") == 1
