"""What expressions mean: held against definitions that are written down as they are said, over all spans there are."""

from __future__ import annotations

import random
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r2cli.algebra.expression import And, Linked, Not, Or, Weighted, Words, all_of, any_of, negated, says_what_is_there
from r2cli.algebra.meaning import World, mean, told
from r2cli.algebra.values import SHARED, bounded, curve_at, distinct, make_value, possible

A, B, C = Words("a"), Words("b"), Words("c")
LENGTH = 12.0
WORLD = World(duration=LENGTH, level=0.4, slack=0.5)
MAY_BE = 0.25
"""The score of half the odds of that level."""
TIMES = np.arange(0, LENGTH, 0.25) + 0.125
"""Between all the edges that there are."""


def some_spans(seed):
    """Up to seven spans that often touch, overlap and score alike."""
    rng = random.Random(seed)
    starts = [rng.randrange(23) / 2 for _ in range(rng.randrange(8))]
    lengths = (0.5, 1, 1.5, 2, 4.5)
    return make_value(
        [(at, min(at + rng.choice(lengths), LENGTH), rng.choice((0.2, 0.25, 0.4, 0.7, 1.0))) for at in starts]
    )


VALUES = st.integers(0, 2**32).map(some_spans)
EVENTS = VALUES.map(distinct)
"""What a query finds: one span for each event."""
fast = settings(max_examples=100, deadline=None, database=None)


def meant(expression, *values, world=WORLD):
    return mean(expression, dict(zip("abc", values, strict=False)), world).value


def curve(expression, *values, world=WORLD):
    return curve_at(meant(expression, *values, world=world), TIMES)


def naive_curve(value):
    """The definition: at each time the best of the spans that hold it."""
    return np.array([max([p for start, end, p in value.tolist() if start <= t < end], default=0.0) for t in TIMES])


def same(one, other):
    np.testing.assert_allclose(one, other, atol=1e-12)


def rows(value):
    return sorted(tuple(round(number, 9) for number in row) for row in value.tolist())


@fast
@given(VALUES)
def test_a_curve_is_the_best_of_the_spans_that_hold_a_time(value):
    same(curve_at(value, TIMES), naive_curve(value))


@fast
@given(VALUES)
def test_what_is_dropped_changes_no_curve_and_nothing_more_could_be(value):
    kept = bounded(value)
    same(naive_curve(kept), naive_curve(value))
    for i, (start, end, score) in enumerate(kept.tolist()):
        others = [row for j, row in enumerate(kept.tolist()) if j != i]
        assert not any(s <= start and end <= e and p >= score for s, e, p in others)


@fast
@given(VALUES)
def test_one_span_stays_for_each_event(value):
    kept = []
    for row in sorted(value.tolist(), key=lambda row: (-row[2], row[0], -row[1])):
        start, end, _ = row
        if all(min(end, e) - max(start, s) <= SHARED * min(end - start, e - s) for s, e, _ in kept):
            kept.append(row)
    assert distinct(value).tolist() == kept


@fast
@given(EVENTS, EVENTS)
def test_and_is_the_mean_of_what_both_share_and_or_the_better_one(a, b):
    one, other = naive_curve(a), naive_curve(b)
    same(curve(And((A, B)), a, b), np.sqrt(one * other))
    same(curve(Or((A, B)), a, b), np.maximum(one, other))
    shared = [
        (max(s, t), min(e, f), (p * q) ** 0.5)
        for (s, e, p), (t, f, q) in product(a.tolist(), b.tolist())
        if min(e, f) > max(s, t)
    ]
    assert rows(meant(And((A, B)), a, b)) == rows(bounded(make_value(shared)))


@fast
@given(EVENTS, EVENTS, EVENTS, st.sampled_from([0.5, 2.0, 3.0]))
def test_a_weight_counts_as_so_many_parts(a, b, c, weight):
    one, other, third = map(naive_curve, (a, b, c))
    weighted = And((A, Weighted(B, weight), C))
    same(curve(weighted, a, b, c), (one * other**weight * third) ** (1 / (2 + weight)))
    same(curve(And((A, Weighted(B, 2.0))), a, b), curve(And((A, B, B)), a, b))


@fast
@given(EVENTS, EVENTS, EVENTS)
def test_and_and_or_commute_associate_and_repeat_nothing(a, b, c):
    for join in (all_of, any_of):
        same(curve(join(A, B), a, b), curve(join(B, A), a, b))
        same(curve(join(A, join(B, C)), a, b, c), curve(join(join(A, B), C), a, b, c))
        same(curve(join(A, A), a), curve(A, a))
        assert join(A, join(B, C)) == join(join(A, B), C)
    same(curve(And((A, Or((B, C)))), a, b, c), curve(Or((And((A, B)), And((A, C)))), a, b, c))


@fast
@given(EVENTS)
def test_not_is_where_nothing_may_be_and_turns_back_to_where_something_may(a):
    there = naive_curve(a) >= MAY_BE
    same(curve(Not(A), a), ~there)
    same(curve(Not(Not(A)), a), there)
    same(curve(Not(Not(Not(A))), a), ~there)
    assert negated(Not(A)) == A
    stretches = sorted(meant(Not(A), a).tolist())
    assert all(end < start for (_, end, _), (start, _, _) in pairwise(stretches)), "each as long as it goes"


@fast
@given(EVENTS, EVENTS, EVENTS)
def test_what_is_to_be_missing_cuts_and_adds_nothing(a, b, c):
    there, other = naive_curve(a), naive_curve(b)
    without = curve(And((A, Not(B))), a, b)
    same(without, there * (other < MAY_BE))
    assert np.all(curve(And((A, Not(A))), a) < MAY_BE)
    same(curve(And((A, Not(Or((B, C))))), a, b, c), curve(And((A, Not(B), Not(C))), a, b, c))
    either = curve(And((A, Or((B, Not(C))))), a, b, c)
    same(either, np.minimum(there, np.maximum(other, naive_curve(c) < MAY_BE)))


def test_what_is_surely_there_and_not_there_is_nowhere():
    sure = make_value([(2, 8, 1.0)])
    assert not curve(And((A, Not(A))), sure).any()
    assert told(mean(And((A, Not(A))), {"a": sure}, WORLD), WORLD).tolist() == []


def naive_follows(a, b, reach, slack):
    may_overlap = min(slack, SHARED * min(a[1] - a[0], b[1] - b[0]))
    return b[0] - a[1] >= -may_overlap and (reach is None or b[0] - a[1] <= reach)


def naive_then(one, other, reach, slack):
    """All pairs, and for each all spans that could come between."""
    found = []
    for a, b in product(one.tolist(), other.tolist()):
        if not naive_follows(a, b, reach, slack):
            continue
        lower = min(a[2], b[2])
        sooner = [c for c in other.tolist() if c[:2] < b[:2] and c[2] >= lower and naive_follows(a, c, reach, slack)]
        later = [c for c in one.tolist() if c[1] > a[1] and c[2] >= lower and naive_follows(c, b, reach, slack)]
        if not sooner and not later:
            found.append((a[0], b[1], (a[2] * b[2]) ** 0.5))
    return bounded(make_value(found))


@fast
@given(EVENTS, EVENTS, st.sampled_from([1.0, 3.0, None]))
def test_then_joins_neighbours(a, b, reach):
    assert rows(meant(Linked("then", A, B, reach), a, b)) == rows(naive_then(a, b, reach or 30.0, WORLD.slack))


@fast
@given(EVENTS, EVENTS, EVENTS)
def test_then_goes_on(a, b, c):
    first = naive_then(a, b, 2.0, WORLD.slack)
    settled = distinct(first[first[:, 1] - first[:, 0] > WORLD.slack - 1e-6])
    chain = Linked("then", Linked("then", A, B, 2.0), C, 1.0)
    assert rows(meant(chain, a, b, c)) == rows(naive_then(settled, c, 1.0, WORLD.slack))


RELATIONS = {
    "before": lambda a, b, reach: naive_follows(a, b, reach, WORLD.slack),
    "near": lambda a, b, reach: max(b[0] - a[1], a[0] - b[1]) <= reach,
    "during": lambda a, b, reach: min(a[1], b[1]) - max(a[0], b[0]) >= 0.5 * (a[1] - a[0]),
}


@fast
@given(EVENTS, EVENTS, st.sampled_from(sorted(RELATIONS)), st.sampled_from([0.0, 1.0, 3.0]))
def test_links_that_choose_keep_the_spans_for_which_there_is_another(a, b, link, reach):
    there, missing = [], []
    for span in a.tolist():
        best = max([other[2] for other in b.tolist() if RELATIONS[link](span, other, reach)], default=0.0)
        there.append((*span[:2], (span[2] * best) ** 0.5))
        missing += [span] * (best < MAY_BE)
    within = None if link == "during" else reach
    assert rows(meant(Linked(link, A, B, within), a, b)) == rows(bounded(make_value(there)))
    assert rows(meant(Linked(link, A, Not(B), within), a, b)) == rows(bounded(make_value(missing)))


def test_then_not_is_what_nothing_follows():
    waves, falls = make_value([(0, 2, 0.9), (6, 8, 0.8)]), make_value([(9, 10, 0.9)])
    told_of = meant(Linked("then", A, Not(B), 3.0), waves, falls)
    assert rows(told_of) == [(0, 2, 0.9)]


@fast
@given(EVENTS, EVENTS, st.integers(0, 4), st.sampled_from([0.05, 0.3]))
def test_more_of_a_part_is_never_less_of_the_whole(a, b, place, more):
    if place >= len(a):
        return
    surer = a.copy()
    surer[place, 2] = min(1.0, surer[place, 2] + more)
    # A query's own spans stay what they are: only their scores rise.
    if len(distinct(surer)) != len(a):
        return
    rising = [And((A, B)), Or((A, B)), *(Linked(link, *pair) for link in RELATIONS for pair in ((A, B), (B, A)))]
    for expression in rising:
        assert np.all(curve(expression, surer, b) >= curve(expression, a, b) - 1e-12), expression
    falling = And((B, Not(A)))
    assert np.all(curve(falling, surer, b) <= curve(falling, a, b) + 1e-12)
    best = [meant(Linked("then", A, B, 3.0), value, b)[:, 2].max(initial=0.0) for value in (a, surer)]
    assert best[0] <= best[1] + 1e-12


def test_what_may_be_there_has_half_the_odds_of_the_level():
    for level in (0.1, 0.5, 0.9):
        score = possible(level)
        assert score / (1 - score) == pytest.approx(level / (1 - level) / 2)


def test_what_is_hardly_there_breaks_nothing_up():
    sure, hardly = make_value([(0, 10, 1.0)]), make_value([(4, 6, MAY_BE - 0.01), (8, 9, MAY_BE)])
    assert told(mean(And((A, Not(B))), {"a": sure, "b": hardly}, WORLD), WORLD).tolist() == [[0, 8, 1], [9, 10, 1]]


def test_what_is_shorter_than_two_clips_is_no_answer_unless_it_was_asked_for_alone():
    a, b = make_value([(0, 4, 0.9)]), make_value([(3.5, 8, 0.9), (1, 1.6, 0.8)])
    assert told(mean(And((A, B)), {"a": a, "b": b}, WORLD), WORLD).tolist() == []
    assert len(told(mean(B, {"b": b}, WORLD), WORLD)) == 2


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        (A, True),
        (Not(A), False),
        (And((A, Not(B))), True),
        (And((Not(A), Not(B))), False),
        (Or((A, Not(B))), False),
        (And((A, Or((B, Not(C))))), True),
        (Linked("then", A, Not(B)), True),
        (Linked("then", Not(A), B), False),
        (Linked("near", A, Or((B, Not(C)))), False),
        (Weighted(Not(A), 2.0), False),
    ],
)
def test_what_only_excludes_names_nothing_to_be_seen(expression, says):
    assert says_what_is_there(expression) is says


def test_hours_of_film_take_no_time_to_speak_of():
    rng = np.random.default_rng(1)
    starts = rng.uniform(0, 36_000, 6_000)
    many = make_value(np.column_stack((starts, starts + rng.uniform(1, 20, 6_000), rng.uniform(0.01, 1, 6_000))))
    world = World(36_000.0, 0.5, 0.5)
    value = meant(Linked("then", And((A, Not(B))), Or((B, A)), 10.0), many, many[::3], world=world)
    assert 0 < len(value) <= 5000
