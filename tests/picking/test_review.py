"""Reviewing as values: what is ticked, moved and undone, without a screen."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import floor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r2cli.export.document import Document, Kind
from r2cli.export.json.findings import write_json
from r2cli.export.json.saved import read_json
from r2cli.findings import Findings, Highlight, Moment
from r2cli.picking.review import Candidate, Edge, Mark, begin
from tests.export.documents import DOCUMENTS, FOUND, HIGHLIGHTS, ODD, SUMMARY

NTSC = Fraction(30000, 1001)
PAIR = (FOUND, replace(FOUND, query="other", moments=(Moment(0.5, 2.0, 0.6),)))


def review_of(*found: Findings):
    review = begin(Document(found))
    assert review is not None
    return review


def test_moments_of_all_stand_in_one_ranking():
    review = review_of(*PAIR)
    assert [(one.rank, one.moment.score, one.found.query) for one in review.candidates] == [
        (1, 0.9, FOUND.query),
        (2, 0.6, "other"),
        (3, 0.4, FOUND.query),
    ]
    assert begin(Document((replace(FOUND, moments=()),))) is None


def test_what_is_not_touched_is_written_as_it_was():
    for name in ("one", "hostile", "odd", "highlights"):
        document = DOCUMENTS[name]
        review = begin(document)
        assert review is not None
        assert write_json(review.corrected()) == write_json(Document(document.findings, document.errors))


@pytest.mark.parametrize("frames", [1, 7, -3])
def test_a_nudge_is_so_many_pictures_at_the_exact_rate(frames):
    review = review_of(FOUND).nudge(Edge.START, frames)
    start, end = review.span
    assert start == float(Fraction(1.5) + frames / NTSC)
    assert end == 3.0
    (found,) = review.corrected().findings
    assert [(one.start, one.end) for one in found.moments] == [(start, 3.0), (7.0, 8.25)]
    assert review.nudge(Edge.START, -frames).span == (1.5, 3.0), "to the last bit"


def test_an_end_stops_at_the_films_and_one_picture_before_the_other():
    review = review_of(FOUND)
    assert review.nudge(Edge.START, -10_000).mark.start == -floor(Fraction(1.5) * NTSC)
    assert 0 <= review.nudge(Edge.START, -10_000).span[0] < 1 / NTSC
    assert review.nudge(Edge.END, 10_000).mark.end == floor(Fraction(7.5) * NTSC)
    assert 10.5 - 1 / NTSC < review.nudge(Edge.END, 10_000).span[1] <= 10.5
    near = review.nudge(Edge.START, 10_000)
    assert 1 / NTSC <= near.span[1] - near.span[0] < 2 / NTSC
    assert near.nudge(Edge.START, 1) is near
    assert near.nudge(Edge.END, -5) is near
    assert near.nudge(Edge.END, 3).nudge(Edge.START, 9).mark == Mark(start=near.mark.start + 3, end=3)


def test_the_films_last_picture_can_be_reached_though_times_are_decimals():
    found = replace(FOUND, video=replace(FOUND.video, duration=8.0, rate=Fraction(10)), moments=(Moment(0.1, 7.9, 1),))
    review = review_of(found).nudge(Edge.END, 10).nudge(Edge.START, -10)
    assert review.mark == Mark(start=-1, end=1)
    assert review.span == (pytest.approx(0.0, abs=1e-9), 8.0)


spans = st.tuples(st.floats(0, 60), st.floats(0, 60)).map(sorted)
presses = st.lists(st.tuples(st.sampled_from(Edge), st.integers(-2000, 2000)), max_size=8)
rates = st.sampled_from([Fraction(0), Fraction(25), NTSC, Fraction(24000, 1001), Fraction(1, 7), Fraction(1000)])


@given(spans, presses, rates, st.floats(1, 70))
def test_however_it_is_nudged_it_stays_in_the_film_and_keeps_its_order(span, moves, rate, duration):
    video = replace(FOUND.video, rate=rate, duration=duration)
    candidate = Candidate(1, Moment(*span, 0.5), replace(FOUND, video=video), 0, 0)
    mark = Mark()
    for edge, pictures in moves:
        before, mark = mark, candidate.nudged(mark, edge, pictures)
        change = getattr(mark, edge.value) - getattr(before, edge.value)
        assert 0 <= change <= pictures or pictures <= change <= 0, "never the other way"
        start, end = candidate.span(mark)
        assert 0 <= start <= end <= max(duration, span[1])
        assert end - start >= min(span[1] - span[0], 0.9 / float(candidate.rate))


def test_a_moment_without_length_or_beyond_the_film_is_let_be():
    review = review_of(ODD)
    assert review.span == (2.0, 2.0)
    assert review.nudge(Edge.START, 5) is review
    assert review.nudge(Edge.END, 5).nudge(Edge.START, 99).mark == Mark(start=4, end=5)
    late = review.choose(2)
    assert late.span == (11.0, 9e6)
    assert late.nudge(Edge.END, 5) is late
    assert late.nudge(Edge.END, -5).mark.end == -5


def test_a_film_without_a_rate_is_taken_to_have_25_pictures():
    review = review_of(replace(FOUND, video=replace(FOUND.video, rate=Fraction(0))))
    assert review.candidate.second == 25
    assert review.nudge(Edge.START, -1).span[0] == float(Fraction(1.5) - Fraction(1, 25))


@pytest.mark.parametrize(("rate", "pictures"), [(NTSC, 30), (Fraction(24), 24), (Fraction(1, 5), 1)])
def test_a_second_is_whole_pictures(rate, pictures):
    assert review_of(replace(FOUND, video=replace(FOUND.video, rate=rate))).candidate.second == pictures


def test_undo_and_redo_go_through_every_change_and_look_at_it():
    review = review_of(*PAIR)
    steps = [review]
    for change in (
        lambda one: one.toggle(),
        lambda one: one.choose(2).nudge(Edge.END, 2),
        lambda one: one.nudge(Edge.START, -1),
        lambda one: one.choose(0).toggle_all(),
        lambda one: one.choose(2).reset(),
    ):
        steps.append(change(steps[-1]))
    now = steps[-1]
    for step in reversed(steps[:-1]):
        now = now.undo()
        assert now.marks == step.marks
    assert now.current == 0
    assert now.undo() is now
    for step in steps[1:]:
        now = now.redo()
        assert now.marks == step.marks
    assert now.current == 2
    assert now.redo() is now
    assert not now.undo().toggle().future, "another change leaves no other future"


def test_what_was_changed_is_not_saved_until_it_is():
    review = review_of(*PAIR)
    assert review.unsaved == 0
    changed = review.toggle().choose(1).nudge(Edge.END, 1)
    assert (changed.unsaved, changed.kept) == (2, 2)
    assert changed.undo().undo().unsaved == 0
    saved = changed.mark_saved()
    assert saved.unsaved == 0
    assert saved.undo().unsaved == 1, "what is safe is what was saved, not what was found"


def test_only_what_is_kept_is_written_each_in_its_findings():
    review = review_of(*PAIR).toggle()
    assert [[one.score for one in found.moments] for found in review.corrected().findings] == [[0.4], [0.6]]
    none = review.toggle_all().toggle_all()
    assert none.kept == 0
    assert none.corrected().is_empty


def test_a_peak_stays_within_its_moment():
    review = review_of(HIGHLIGHTS[0]).nudge(Edge.START, 40)
    (found,) = review.corrected().findings
    moment = found.moments[0]
    assert isinstance(moment, Highlight)
    assert moment.peak == moment.start > 2.25
    assert review.corrected().kind is Kind.HIGHLIGHTS


def test_a_summary_becomes_highlights_and_clips_that_were_cut_are_left_out():
    review = begin(Document((SUMMARY,), kind=Kind.SUMMARIES, clips=DOCUMENTS["cut too"].clips, folder=Path("x")))
    assert review is not None
    document = review.nudge(Edge.END, 1).corrected()
    assert (document.kind, document.clips, document.folder) == (Kind.HIGHLIGHTS, None, None)
    assert read_json(write_json(document).decode(), "it").findings == document.findings


def test_the_moment_nearest_to_a_time_is_of_the_same_video():
    review = review_of(*PAIR)
    assert [review.nearest(seconds) for seconds in (0.0, 2.0, 5.5, 99)] == [0, 0, 2, 2]
    assert review.choose(1).nearest(9.0) == 1
