"""A model that is still learning answers as `r2 eval` lets it answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from r2cli.datasets.custom import CUSTOM
from r2cli.datasets.dataset import Sample
from r2cli.evaluation.rehearsal import Rehearsal
from r2cli.evaluation.run import MEASURES, ask_all, ask_model, make_row
from r2cli.memory import Reading
from r2cli.tasks.load import load
from r2cli.training.store import TokenStore

SAMPLES = tuple(
    Sample(number, name, query, ((1.0, 4.0),), 8.0 if name == "short" else 34.0)
    for number, (name, query) in enumerate((name, query) for name in ("short", "long") for query in ("a dog", "a cat"))
)


@pytest.fixture
def model(random_model):
    return load(str(random_model), device="cpu", precision="fp32")


@pytest.fixture
def rehearsal(model, films, tmp_path) -> Rehearsal:
    store = TokenStore(tmp_path / "tokens", model.backbone, lambda name: films / f"{name}.mp4", tmp_path / "none")
    rate, card = model.checkpoint.clips_per_second, model.checkpoint
    return Rehearsal(
        CUSTOM,
        SAMPLES,
        lambda sample: (store.tokens(sample.video, rate), rate),
        model.family,
        model.backbone.encode_query,
        card.unit,
        card.suppression,
    )


def test_it_answers_as_an_evaluation_does_that_sees_videos_whole(rehearsal, model, films):
    dataset = replace(CUSTOM, read=lambda folder, split: iter(SAMPLES))
    asker = ask_model(model, Reading(sampling="exact", cache=False), whole=True)
    expected = ask_all(dataset, films, "val", {"model": asker})
    found = [rehearsal._answer(sample, model.model) for sample in SAMPLES]
    for one, other in zip(found, expected.said["model"], strict=True):
        # tokens are kept in half precision: among near equals, the order may be another
        for window in one.windows[:5]:
            assert np.abs(other.windows - window).max(axis=1).min() < 0.05
        assert list(one.saliency) == pytest.approx(list(other.saliency), abs=0.01)
    row = make_row("model", "", SAMPLES, MEASURES["moments"](SAMPLES, expected.said["model"]))
    assert rehearsal.figures(model.model) == pytest.approx(
        {name: row.metrics[name] for name in ("MR-full-mAP", "MR-full-R1@0.5", "MR-full-R1@0.7")}, abs=0.1
    )


def test_the_model_learns_on_as_if_nobody_had_asked(rehearsal, model):
    net = model.model.train()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    rehearsal.figures(net)
    assert net.training
    assert all((tensor == before[name]).all() for name, tensor in net.state_dict().items())
