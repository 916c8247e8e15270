"""`r2 find` with several queries in one: an expression, the options that make one, lines of a file, and `--count`."""

from __future__ import annotations

import io
import json
import re
import sys

import pytest

from r2cli.algebra.grammar import parse
from r2cli.algebra.writing import written
from r2cli.cli.combining import Combining


def found(result: tuple[int, str, str]) -> dict:
    code, out, err = result
    assert (code, err) == (0, "")
    (one,) = json.loads(out)["results"]
    return one


def wrong(result: tuple[int, str, str], *words: str) -> list[str]:
    code, out, err = result
    assert (code, out) == (2, "")
    line, *below = err.splitlines()
    for word in words:
        assert word in line
    return below


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"not_": ["people"]}, '"a dog" and not "people"'),
        ({"and_": ["a cat", "a bird"]}, '"a dog" and "a cat" and "a bird"'),
        ({"or_": ["a cat"], "and_": ["a bird"]}, '("a dog" or "a cat") and "a bird"'),
        ({"then": ["it falls"], "within": 10.0}, '"a dog" then "it falls" within 10s'),
        ({"then": ["one", "two"]}, '"a dog" then "one" then "two"'),
        ({"near": ["a cat"], "within": 2.5}, '"a dog" near "a cat" within 2.5s'),
        ({"before": ["a cat"]}, '"a dog" before "a cat"'),
        ({"during": ["rain"], "not_": ["snow"]}, '("a dog" and not "snow") during "rain"'),
        ({"then": ["x"], "not_": ["y"], "within": 5.0}, '("a dog" and not "y") then "x" within 5s'),
    ],
)
def test_options_make_the_tree_of_an_expression(options, text):
    assert Combining(**options).around("a dog") == parse(text, "x")
    assert written(Combining(**options).around("a dog")) == text


def test_without_them_a_query_stays_a_sentence():
    assert Combining(count=True).around('a "dog" and not people') == 'a "dog" and not people'


def test_options_and_expression_answer_the_same(r2, films):
    film = films / "long.mp4"
    by_options = found(r2("find", film, "a dog", "--near", "the red cat", "--json", "--min-score", "0"))
    by_expression = found(r2("find", film, "--expr", '"a dog" near "the red cat"', "--json", "--min-score", "0"))
    assert by_options == by_expression
    assert by_options["query"] == '"a dog" near "the red cat"'
    assert by_options["moments"]
    tree = by_options["expression"]
    assert (tree["kind"], [part["kind"] for part in tree["parts"]]) == ("near", ["query", "query"])
    assert tree["parts"][0]["query"] == "a dog"
    assert tree["parts"][0]["moments"]


def test_the_plain_query_is_never_read_as_an_expression(r2, films):
    query = '"a dog" and not "people"'
    plain = found(r2("find", films / "short.mp4", query, "--json", "--quiet"))
    assert plain["query"] == query
    assert "expression" not in plain


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (["--expr", '"a dog" and'], ["--expr: expected", "(column 12)"]),
        (["--expr", "a dog"], ["put what to look for in quotes (column 1)"]),
        (["--expr", 'not "a dog"'], ['"not" alone']),
        (["--expr", '"a dog"', "--not", "people"], ["both --expr and options that combine"]),
        (["--expr", '"a dog"', "--within", "3"], ["both --expr and options"]),
        (["a dog", "--expr", '"a dog"'], ["both a query, 'a dog', and --expr", "leave one out"]),
        (["a dog", "--within", "3"], ["--within needs --then, --before or --near"]),
        (["a dog", "--within", "soon", "--then", "x"], ["--within", "no length"]),
        (["a dog", "--not", " "], ["the query is empty"]),
        (["--not", "people"], ["no query after"]),
        (["a dog", "--not", "people", "--explain", "1"], ["an expression's score", "--explain 1"]),
        (["a dog", *["--and", "a cat"] * 200], ["more than 200 queries"]),
    ],
)
def test_what_makes_no_sense_is_told_before_any_work(r2, films, after, words):
    wrong(r2("find", films / "short.mp4", *after), *words)


def test_a_caret_shows_the_place_and_nothing_breaks_out(r2, films):
    below = wrong(r2("find", films / "short.mp4", "--expr", '"\x1b[31mdog" andd "x"'), "in quotes (column 12)")
    assert below == ['    "?[31mdog" andd "x"', "    " + " " * 11 + "^"]


def test_no_video(r2):
    wrong(r2("find", "--expr", '"a dog"'), "no video", "r2 find holiday.mp4 --expr")


def test_lines_of_a_file(r2, films, tmp_path):
    file = tmp_path / "list.txt"
    file.write_text('a dog\n# expr: no\nexpr: "a dog" and "the red cat"\nexpr:"a dog" and  "the red cat"\n')
    code, out, err = r2("find", films / "long.mp4", "--queries", file, "--json", "--min-score", "0")
    assert (code, err) == (0, "")
    results = json.loads(out)["results"]
    assert [one["query"] for one in results] == ["a dog", '"a dog" and "the red cat"']
    assert ["expression" in one for one in results] == [False, True]
    below = wrong(r2("find", films / "short.mp4", "--queries", file, "--not", "x"), "both --queries and options")
    assert below == []
    wrong(r2("find", films / "short.mp4", "--queries", file, "--expr", '"x"'), "both --expr and --queries")
    file.write_text('a dog\n\nexpr: "a dog" und\n')
    below = wrong(r2("find", films / "short.mp4", "--queries", file), "list.txt, line 3: put what", "(column 10)")
    assert below[1].index("^") - below[0].index("u") == 0


def test_what_is_cut_and_written_says_the_expression(r2, films, tmp_path):
    code, out, err = r2(
        *("find", films / "short.mp4", "a dog", "--or", "a cat", "--min-score", "0", "--top", "1"),
        *("--clips", tmp_path / "clips", "--reel", tmp_path / "reel.mp4", "--out", tmp_path / "x.csv"),
        *("--out", tmp_path / "x.html"),
    )
    assert code == 0, err
    (clip,) = (tmp_path / "clips").iterdir()
    assert re.fullmatch(r"short_\d\d-\d\d-\d\d_a-dog-or-a-cat\.mp4", clip.name)
    assert (tmp_path / "reel.mp4").stat().st_size > 0
    assert '"""a dog"" or ""a cat"""' in (tmp_path / "x.csv").read_text(encoding="utf-8")
    assert "a dog" in (tmp_path / "x.html").read_text(encoding="utf-8")


def test_nothing_matched(r2, films):
    code, out, err = r2("find", films / "short.mp4", "a dog", "--and", "a cat", "--min-score", "1")
    assert (code, out) == (1, "")
    assert f'nothing in {films / "short.mp4"} matches "a dog" and "a cat" (best score' in err


def test_words_that_are_unknown_are_told_once(r2, films):
    err = r2("find", films / "short.mp4", "a flurb", "--not", "flurb", "--min-score", "0")[2]
    assert err.count("has never seen: flurb") == 1


def test_counting(r2, films):
    film = films / "long.mp4"
    counted = found(r2("find", film, "a dog", "--count", "--json", "--min-score", "0"))["count"]
    code, out, _ = r2("find", film, "a dog", "--count", "--min-score", "0", "--top", "1")
    assert code == 0
    low, number, high = counted["low"], counted["occurrences"], counted["high"]
    assert low <= number <= high
    assert out.splitlines()[-1].startswith(f'"a dog": {number} occurrence')
    assert "count" not in found(r2("find", film, "a dog", "--json", "--min-score", "0"))
    code, out, err = r2("find", film, films / "short.mp4", "a dog", "--not", "a cat", "--count", "--min-score", "1")
    assert code == 1
    assert [re.sub(r": \d+ occ.*", "", line) for line in out.splitlines()] == [
        f'"a dog" and not "a cat" in {one}' for one in (film, films / "short.mp4")
    ]


def test_in_the_shell(r2, films, monkeypatch):
    lines = b':expr "a dog" and "a cat"\n:expr "a dog" und\n:expr\n'
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines)))
    code, out, err = r2("shell", films / "long.mp4", "--json", "--min-score", "0")
    assert code == 2
    (line,) = out.splitlines()
    (result,) = json.loads(line)["results"]
    assert result == found(
        r2("find", films / "long.mp4", "--expr", '"a dog" and "a cat"', "--json", "--min-score", "0")
    )
    told = err.splitlines()
    assert ":expr: put what to look for in quotes (column 9)" in told[0]
    assert told[1:3] == ['    "a dog" und', "    " + " " * 8 + "^"]
    assert ':expr needs EXPRESSION - as in: :expr "a dog" and not "people"' in told[3]
