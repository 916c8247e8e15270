"""Expressions as they are typed: what they are read as, and what is said about what is none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r2cli.algebra.expression import (
    And,
    Linked,
    Not,
    Or,
    Weighted,
    Words,
    all_of,
    any_of,
    negated,
    says_what_is_there,
    texts_of,
)
from r2cli.algebra.grammar import DEEPEST, LONGEST, MOST_PARTS, parse
from r2cli.algebra.writing import written
from r2cli.errors import CommandLineError

A, B, C = Words("a dog"), Words("people"), Words("he falls")
quick = settings(max_examples=150, deadline=None, database=None)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ('"a dog"', A),
        ('  "a   dog"\n', A),
        ("'a dog'", A),
        ("\N{LEFT DOUBLE QUOTATION MARK}a dog\N{RIGHT DOUBLE QUOTATION MARK}", A),
        ('"a dog" and not "people"', And((A, Not(B)))),
        ('"a dog" AND Not "people"', And((A, Not(B)))),
        ('"a dog" then "he falls" within 10s', Linked("then", A, C, 10.0)),
        ('"a dog" then "he falls" within 1:30', Linked("then", A, C, 90.0)),
        ('"a dog" then "he falls" within 2 m', Linked("then", A, C, 120.0)),
        ('"a dog" then "he falls" within 0s', Linked("then", A, C, 0.0)),
        ('"a dog" then "he falls"', Linked("then", A, C)),
        ('"a dog" near "people" within .5', Linked("near", A, B, 0.5)),
        ('"a dog" before "people" and "he falls"', Linked("before", A, And((B, C)))),
        ('"a dog" or "people" then "he falls"', Or((A, Linked("then", B, C)))),
        ('("a dog" or "people") then "he falls"', Linked("then", Or((A, B)), C)),
        ('"a dog" then "people" within 5s then "he falls"', Linked("then", Linked("then", A, B, 5.0), C)),
        ('"a dog" during "people" and "he falls"', And((Linked("during", A, B), C))),
        ('"a dog"^2 and "people"', And((Weighted(A, 2.0), B))),
        ('("a dog" or "people")^.5 then "he falls"', Linked("then", Weighted(Or((A, B)), 0.5), C)),
        ('not not "a dog"', A),
        ('"a dog" and ("people" and "he falls")', And((A, B, C))),
        ('"a dog" and not ("people" or "he falls")', And((A, Not(Or((B, C)))))),
        (r'"a \"dog\" \\ cat"', Words(r'a "dog" \ cat')),
        ('"and" and "not"', And((Words("and"), Words("not")))),
    ],
)
def test_what_is_typed_is_read(text, tree):
    assert parse(text, "--expr") == tree


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("", 1, 'expected a query in quotes, "not" or "(" at the beginning'),
        ('"a dog" and', 12, 'expected a query in quotes, "not" or "(" after "and"'),
        ('"a dog" and not', 16, 'after "not"'),
        ("a dog", 1, "put what to look for in quotes"),
        ('"a dog" und "people"', 9, "put what to look for in quotes"),
        ('"a dog" "people"', 9, 'expected "and", "or", "then"'),
        ('"a dog', 1, "this quote is never closed"),
        ('"a dog" and "people', 13, "this quote is never closed"),
        ('("a dog"', 9, 'the ")" of column 1'),
        ('"a dog")', 8, "expected"),
        ('"a dog" and " "', 13, "nothing in these quotes"),
        ('"a dog" within 3s', 9, "expected"),
        ('"a dog" and "people" within 3s', 22, "expected"),
        ('"a dog" during "people" within 3s', 25, "expected"),
        ('"a dog" then "people" within', 29, 'expected a length after "within"'),
        ('"a dog" then "people" within soon', 30, "quotes"),
        ('"a dog" then "people" within 3x', 30, "no length"),
        ('"a dog"^20 and "people"', 9, "a weight is a number from 0.1 to 10"),
        ('"a dog"^nan and "people"', 9, "quotes"),
        ('"a dog"^2', 8, "a weight counts beside other parts alone"),
        ('"a dog" or "people"^2', 20, "a weight counts beside other parts alone"),
        ('"a dog" and not "people"^2', 25, "a weight counts beside other parts alone"),
        ('(not "a dog")^2 and "people"', 14, "what is to be missing has no weight"),
        ('"犬" and ^', 9, "expected"),
        ("(" * 60, DEEPEST + 1, "nested more than 50 deep"),
        ("not " * 60, 4 * DEEPEST + 1, "nested more than 50 deep"),
    ],
)
def test_what_is_wrong_is_shown_with_a_caret(text, column, said):
    with pytest.raises(CommandLineError) as caught:
        parse(text, "--expr")
    assert caught.value.exit_code == 2
    assert caught.value.message.startswith("--expr: ")
    assert said in caught.value.message
    assert f"(column {column})" in caught.value.message
    line, caret = caught.value.steps
    assert caret.strip() == "^"
    if text.isascii():
        assert line[len(caret) - 1 :] == text[column - 1 :][: len(line) - len(caret) + 1]


def test_the_caret_stands_below_wide_letters_and_far_into_a_long_line():
    with pytest.raises(CommandLineError) as caught:
        parse('"犬犬" and ^', "--expr")
    assert caught.value.steps == ('"犬犬" and ^', " " * 11 + "^")
    with pytest.raises(CommandLineError) as caught:
        parse(f'"{"x" * 500}" and ! and "{"y" * 500}"', "--expr")
    line, caret = caught.value.steps
    assert len(line) == 72
    assert line[caret.index("^")] == "!"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (" and ".join(['"a"'] * (MOST_PARTS + 1)), f"more than {MOST_PARTS} queries"),
        (f'"{"x" * LONGEST}"', f"{LONGEST} are the most"),
        (" then ".join(['"a"'] * (DEEPEST + 1)), f"more than {DEEPEST}"),
        ('not "people"', '"not" alone'),
        ('not "people" or "a dog"', '"not" alone'),
    ],
)
def test_limits_are_told_in_a_line(text, said):
    with pytest.raises(CommandLineError) as caught:
        parse(text, "--expr")
    assert said in str(caught.value)
    assert len(str(caught.value)) < 200


def test_as_much_as_may_be_is_read():
    assert len(texts_of(parse(" or ".join(f'"{n}"' for n in range(MOST_PARTS)), "x"))) == MOST_PARTS
    assert parse("(" * (DEEPEST - 1) + '"a dog"' + ")" * (DEEPEST - 1), "x") == A


_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8).map(lambda t: " ".join(t.split()))
_ATOMS = _TEXTS.filter(bool).map(Words)
_WITHIN = st.none() | st.integers(0, 10**9).map(lambda micro: micro / 10**6)


def _combined(inner):
    pairs = st.tuples(inner, inner)
    links = st.tuples(st.sampled_from(["then", "before", "near", "during"]), inner, inner, _WITHIN)
    return st.one_of(
        inner.map(negated),
        pairs.map(lambda two: all_of(*two)),
        pairs.map(lambda two: any_of(*two)),
        st.tuples(inner.filter(says_what_is_there), inner, st.integers(100_000, 10**7)).map(
            lambda two: all_of(Weighted(two[0], two[2] / 10**6), two[1])
        ),
        links.map(lambda one: Linked(one[0], *one[1:3], None if one[0] == "during" else one[3])),
    )


TREES = st.recursive(_ATOMS, _combined, max_leaves=12).filter(says_what_is_there)


@quick
@given(TREES)
def test_what_is_written_is_read_as_it_was(tree):
    assert parse(written(tree), "--expr") == tree


_PIECES = st.sampled_from(
    ['"a"', '"b"', '"', "'", "and", "or", "not", "then", "within", "10s", "(", ")", "^", "2", "x"]
)


@quick
@given(st.text(max_size=40) | st.lists(_PIECES, max_size=12).map(" ".join))
def test_nothing_that_is_typed_is_more_than_wrong(text):
    try:
        tree = parse(text, "--expr")
    except CommandLineError as error:
        assert all(line.isprintable() for line in error.steps)
    else:
        assert parse(written(tree), "--expr") == tree


def test_hostile_text_is_read_once_and_not_over_and_over():
    for text in ('"' + "\\" * 19_000, "'" * 19_999, "^" * LONGEST, "1" * LONGEST, "x" * LONGEST, '"a"' * 6_000):
        with pytest.raises(CommandLineError):
            parse(text, "--expr")
