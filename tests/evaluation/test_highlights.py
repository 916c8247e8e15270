"""The shipped highlight model is a trained one: far above chance, and above what mere change of the picture says."""

import json

import numpy as np
import pytest

from r2cli.evaluation.highlights import evaluate, main
from r2cli.evaluation.metrics import average_precision


@pytest.mark.guard
@pytest.mark.slow
def test_the_shipped_model_rates_films_it_has_never_seen():
    result = evaluate("sprites", 1)
    model, change, chance = (row.metrics["mAP"] for row in result.rows[:3])
    assert [row.who for row in result.rows] == ["sprites", "frame difference", "random", "all clips"]
    assert model == pytest.approx(93.9, abs=1)  # of this one film; 99.0 on 60
    assert model > change > chance
    assert 5 < result.row("all clips").metrics["highlights"] < 35


@pytest.mark.slow
def test_the_documented_run(capsys):
    main(["--films", "60", "--json"])
    rows = {row["who"]: row["metrics"] for row in json.loads(capsys.readouterr().out)["rows"]}
    assert (rows["sprites"]["mAP"], rows["sprites"]["Hit1"]) == (pytest.approx(99.0, abs=0.1), 100)
    assert rows["frame difference"]["mAP"] == pytest.approx(57.1, abs=1)
    assert rows["random"]["mAP"] == pytest.approx(17.2, abs=1)


@pytest.mark.parametrize(
    ("scores", "relevant", "expected"),
    [
        ([0.9, 0.8, 0.1], [1, 1, 0], 1.0),
        ([0.9, 0.8, 0.1], [0, 0, 1], 1 / 3),
        ([0.9, 0.8, 0.7, 0.6], [1, 0, 1, 0], (1 + 2 / 3) / 2),
        ([0.5, 0.5, 0.5, 0.5], [1, 0, 0, 0], 1 / 4),
        ([0.5, 0.5, 0.1], [0, 1, 1], (1 / 2 + 2 / 3) / 2),
        ([1.0], [1], 1.0),
    ],
)
def test_average_precision(scores, relevant, expected):
    assert average_precision(scores, relevant) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(10))
def test_average_precision_is_the_mean_precision_at_what_is_relevant(seed):
    rng = np.random.default_rng(seed)
    scores, relevant = rng.permutation(30) / 30, rng.random(30) < 0.3
    relevant[0] = True
    order = sorted(range(30), key=lambda i: -scores[i])
    ranks = [place for place, i in enumerate(order, start=1) if relevant[i]]
    assert average_precision(scores, relevant) == pytest.approx(
        np.mean([found / rank for found, rank in enumerate(ranks, start=1)])
    )


def test_without_anything_relevant_there_is_no_figure():
    assert np.isnan(average_precision([0.1, 0.2], [False, False]))
