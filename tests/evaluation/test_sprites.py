"""The shipped checkpoint is a trained one: it does on films that it has never seen what is documented."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from r2cli.datasets.sprites.rows import SPRITES
from r2cli.evaluation.run import judge
from r2cli.evaluation.sprites import MODEL, SIMILARITY, answer_films, evaluate, main, presence, with_share
from r2cli.tasks.load import load

FIGURES = (Path(__file__).parents[1] / "bench" / "README.md").read_text(encoding="utf-8")
DIGIT = 0.005
"""Half of what one question more or less changes on films as few as those of the documented run."""


def documented(kind: str) -> list[float]:
    """R1@0.5 and R1@0.7 of the model and of similarity in the documented table, and on how many queries."""
    (row,) = re.findall(rf"^\| {kind} \([^|]*\) \|(.*)\|$", FIGURES, flags=re.MULTILINE)
    return [float(cell) for cell in row.split("|")]


@pytest.mark.guard
@pytest.mark.slow
def test_a_few_films_are_grounded_as_well_as_is_documented_of_many():
    model = load("sprites")
    answers = answer_films(model, SPRITES, "test", 4)
    result = judge(SPRITES, "test", with_share(answers, 0.5))
    rows = [result.row(MODEL, kind) for kind in ("thing", "deed")]
    assert all(row.queries >= 10 for row in rows)
    right = sum(row.queries * row.metrics["MR-full-R1@0.5"] for row in rows) / sum(row.queries for row in rows)
    assert right >= 90
    told = presence(answers, model.checkpoint.min_score).metrics
    assert told["AUROC"] >= 97
    assert told["absent answered"] <= 8


@pytest.mark.slow
def test_the_documented_run_gives_the_documented_table():
    result = evaluate("sprites", films=90, calibration=15)
    for kind, name in (("things", "thing"), ("deeds", "deed")):
        count, *figures = documented(kind)
        rows = [result.row(who, name).metrics for who in (MODEL, SIMILARITY)]
        assert result.row(MODEL, name).queries == count
        found = [row[f"MR-full-R1@{level}"] / 100 for row in rows for level in (0.5, 0.7)]
        assert found == pytest.approx(figures, abs=DIGIT)
    told = result.row(MODEL, "presence, shipped threshold").metrics
    assert told["AUROC"] / 100 == pytest.approx(0.985, abs=DIGIT)


@pytest.mark.guard
@pytest.mark.slow
def test_the_command_prints_a_table_or_json(capsys):
    main(["--films", "1", "--calibration", "1"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:4]] == ["thing", "deed"]
    assert lines[4].startswith("presence, shipped threshold 0.50: absent answered ")
    main(["--films", "1", "--calibration", "1", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert (document["dataset"], document["split"], document["videos"]) == ("sprites", "test", 1)
    assert {(row["who"], row["kind"]) for row in document["rows"]} >= {("model", "deed"), ("similarity", "thing")}
