"""When windows meet: what is comparable is one event, and what is not stays two."""

from __future__ import annotations

import numpy as np
import pytest

from r2cli.select.merge import WindowAnswer, merge_moments
from r2cli.windows import Extent, Window

EXTENT = Extent(clips=30, clips_per_second=1.0, start=0.0, end=30.0)


def answer(first: int, stop: int, *moments: tuple[float, float, float]) -> WindowAnswer:
    """What a window found, in seconds of the film."""
    rows = np.array([(start - first, end - first, score) for start, end, score in moments]).reshape(-1, 3)
    return WindowAnswer(Window(first, stop), rows, np.zeros(stop - first))


@pytest.mark.parametrize(
    ("score", "expected"),
    [(0.5, [[5, 25, 1.0]]), (0.499, [[5, 20, 1.0], [10, 25, 0.499]])],
)
def test_parts_are_joined_if_the_weaker_has_half_the_score(score, expected):
    answers = [answer(0, 20, (5, 20, 1.0)), answer(10, 30, (10, 25, score))]
    assert merge_moments(answers, EXTENT).tolist() == expected


@pytest.mark.parametrize(
    ("score", "expected"),
    [(0.5, [[12, 19, 0.5]]), (0.499, [[5, 20, 1.0], [12, 19, 0.499]])],
)
def test_a_part_goes_if_what_was_seen_whole_has_half_its_score(score, expected):
    answers = [answer(0, 20, (5, 20, 1.0)), answer(10, 30, (12, 19, score))]
    assert merge_moments(answers, EXTENT).tolist() == expected


@pytest.mark.parametrize(("end", "count"), [(22.5, 1), (23.5, 2)])
def test_two_views_that_overlap_by_half_are_of_one_event(end, count):
    """12 to 17 s, intersection over union with 12 to 22 s: a half; a second more makes it less."""
    end -= 0.5
    answers = [answer(0, 20, (12, 17, 1.0)), answer(10, 30, (12, end, 0.9))]
    assert len(merge_moments(answers, EXTENT)) == count
