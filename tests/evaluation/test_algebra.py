"""The benchmark of queries that combine: exact answers from scripts, and figures that are what they say."""

from __future__ import annotations

import random
import re
from types import SimpleNamespace

import pytest

from r2cli.algebra.values import make_value
from r2cli.datasets.sprites.pairs import KINDS, followed, pairs, shared, single_questions, without
from r2cli.datasets.sprites.script import HELD_OUT_STYLE, acting, write_script
from r2cli.evaluation import algebra, looked
from r2cli.evaluation.algebra import ROWS, Cut, Tally, by_similarity, evaluate, main, matched
from r2cli.evaluation.looked import Looked


def test_spans_shared_left_and_followed():
    assert shared(((0, 5), (8, 9)), ((4, 8.5),)) == ((4, 5), (8, 8.5))
    assert without(((0, 10),), ((2, 3), (9, 12))) == ((0, 2), (3, 9))
    assert without(((2, 3),), ((0, 10),)) == ()
    assert followed(((0, 2), (3, 4)), ((5, 6), (7, 8)), 10) == ((3, 6),)
    assert followed(((0, 2),), ((5, 6),), 2) == ()
    assert followed(((0, 2),), ((1, 6),), 9) == ()


def test_answers_are_what_the_script_shows():
    """At every tenth of a second somebody who reads the script says the same."""
    asked = 0
    for seed in range(12):
        film = write_script(seed, (HELD_OUT_STYLE,))
        questions = single_questions(film, random.Random(1))
        for kind in ("and", "not"):
            for pair in list(pairs(kind, questions))[:10]:
                asked += 1
                for tenth in range(5, int(film.duration * 10), 7):
                    at = tenth / 10
                    if any(
                        abs(at - edge) < 0.6
                        for actor in film.actors
                        for act in actor.acts
                        for edge in (act.start, act.end)
                    ):
                        continue  # moments that nearly touch are joined
                    first, second = (
                        any(
                            actor.thing == one.thing and one.deed in (None, act.deed) for actor, act in acting(film, at)
                        )
                        for one in (pair.first, pair.second)
                    )
                    expected = first and (second if kind == "and" else not second)
                    assert any(start <= at < end for start, end in pair.moments) == expected
    assert asked > 50


def test_each_true_moment_is_found_once():
    found = make_value([(0, 10, 0.9), (0, 9, 0.8), (20, 24, 0.7), (40, 50, 0.6)])
    assert matched(found, [(0, 10), (20, 30), (40, 50)]) == Tally(right=2, wrong=2, missing=1)
    assert matched(found, []) == Tally(wrong=4)
    assert matched(make_value([]), [(0, 1)]) == Tally(missing=1)
    assert Tally(right=2, wrong=2, missing=1).f1 == pytest.approx(4 / 7)


def test_the_baseline_cuts_a_curve_at_a_share_or_at_a_similarity():
    film = Looked(1, 3.0, (), {}, {"dog": [0.1, 0.3, 0.5, 0.3, 0.1, 0.5]})
    at_share = by_similarity(film, "dog", cut=Cut(0.4, False), rate=2.0)
    assert at_share[:, :2].tolist() == [[0.5, 2.0], [2.5, 3.0]]
    assert by_similarity(film, "dog", cut=Cut(0.4, True), rate=2.0)[:, :2].tolist() == [[1.0, 1.5], [2.5, 3.0]]


def all_knowing(seed: int) -> Looked:
    film = write_script(seed, (HELD_OUT_STYLE,))
    questions = single_questions(film, random.Random(f"single {seed}"))
    found = {one.text: [[*span, 0.9] for span in one.moments] for one in questions}
    return Looked(seed, film.duration, questions, found, {text: [0.1, 0.9, 0.1] for text in found})


def test_somebody_who_knows_everything_makes_no_mistake(monkeypatch, capsys, tmp_path):
    row = SimpleNamespace(clips_per_second=2.0, min_score=0.5, presence=None)
    monkeypatch.setattr(algebra, "load", lambda name: SimpleNamespace(checkpoint=row))
    monkeypatch.setattr(algebra, "look_at_films", lambda *_, most=None: map(all_knowing, range(most or 10)))
    main(["--queries", "12", "--calibration", "2", "--work", str(tmp_path)])
    out = capsys.readouterr().out
    rows = [line.split(" | ") for line in out.splitlines() if line.startswith("| ")][1:]
    assert [row[0].strip("| ") for row in rows] == [*ROWS, "a thing alone", "a deed alone"]
    assert {row[0].strip("| ") for row in rows if row[1] == "12"} == set(KINDS)
    for row in rows[: len(ROWS)]:
        assert (row[2], row[5].strip(" |")) == ("1.000", "1.000")
    assert {row[2] for row in rows[len(ROWS) :]} == {"1.000"}
    assert re.findall(r"([\d.]+)% of [1-9]\d+ answered", out) == ["0.0", "0.0"]
    assert "100.0% exact" in out


def test_what_was_found_is_kept_unless_the_model_is_another(monkeypatch, tmp_path):
    class Model:
        sha256 = "a"

    looks = []

    def look(model, film, texts):
        looks.append(film.seed)
        return {"found": {text: [] for text in texts}, "similarity": {text: [] for text in texts}}

    monkeypatch.setattr(looked, "_look", look)
    model = Model()
    first = list(looked.look_at_films(model, "test", tmp_path / "work", most=2))
    again = list(looked.look_at_films(model, "test", tmp_path / "work", most=3))
    assert again[:2] == first
    assert looks == [0, 1, 2]
    (tmp_path / "work" / "1.json").write_text("{")
    model.sha256 = "b"
    list(looked.look_at_films(model, "test", tmp_path / "work", most=1))
    assert looks == [0, 1, 2, 0]


@pytest.mark.slow
def test_the_shipped_model_on_two_films(tmp_path):
    told = evaluate("sprites", 6, 1, tmp_path)
    assert "| then |" in told
    assert evaluate("sprites", 6, 1, tmp_path) == told
