"""The shipped highlight model is a trained one: far above chance, and above what mere change of the picture says."""

import json

import numpy as np
import pytest

from r2cli.evaluation.highlights import evaluate, main
from r2cli.evaluation.metrics import average_precision


def test_the_shipped_model_rates_films_it_has_never_seen():
    result = evaluate("sprites", 1, lambda line: None)
    model, change, chance = (row.mean_ap for row in result.rows)
    assert [row.ranking for row in result.rows] == ["sprites", "frame difference", "random"]
    assert model >= 0.85
    assert model > change > chance
    assert 0.05 < result.highlights < 0.35


@pytest.mark.slow
def test_the_documented_run(capsys):
    main(["--films", "1", "--json"])
    assert json.loads(capsys.readouterr().out)["films"] == 1


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
