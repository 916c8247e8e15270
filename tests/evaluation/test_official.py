"""The official measures, to the digit that papers print, against what the authors' code gave for the same answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from r2cli.datasets.dataset import Sample
from r2cli.evaluation.grounding import LENGTHS, grounding_table
from r2cli.evaluation.ranking import ranking_table, top_five_table, trapezia_table
from r2cli.evaluation.submission import Prediction
from tests.golden.recipes import read_json

VTG, HL = read_json("metrics_vtg.json"), read_json("metrics_hl.json")
RANGES = {"qvhighlights": tuple(LENGTHS), "charades": tuple(LENGTHS), "edge": ("full", "short")}


def sample_of(truth) -> Sample:
    ratings = None
    if "saliency_scores" in truth:
        ratings = np.zeros((int(truth["duration"] / 2), 3))
        ratings[truth["relevant_clip_ids"]] = truth["saliency_scores"]
    windows = tuple((start, end) for start, end in truth["relevant_windows"])
    return Sample(truth["qid"], truth["vid"], truth["query"], windows, truth["duration"], ratings)


def prediction_of(row) -> Prediction:
    windows = np.array(row["pred_relevant_windows"], dtype=float).reshape(-1, 3)
    return Prediction(row["qid"], row["vid"], "", windows, row.get("pred_saliency_scores", []))


def recorded(name):
    entry = VTG[name]
    by_id = {row["qid"]: row for row in entry["submission"]}
    samples = [sample_of(truth) for truth in entry["ground_truth"]]
    return samples, [prediction_of(by_id[sample.id]) for sample in samples]


def expected_figures(name) -> dict[str, float]:
    result, figures = VTG[name]["result"], {}
    for part in RANGES[name]:
        figures[f"MR-{part}-mIoU"] = result[part]["MR-mIoU"]
        for level, value in result[part]["MR-mAP"].items():
            figures[f"MR-{part}-mAP" if level == "average" else f"MR-{part}-mAP@{level}"] = value
        for rank in ("R1", "R5"):
            figures |= {f"MR-{part}-{rank}@{level}": value for level, value in result[part][f"MR-{rank}"].items()}
    return figures | {key: value for key, value in result["brief"].items() if key.startswith("HL")}


@pytest.mark.parametrize("name", VTG)
def test_every_figure_of_moments_and_highlights(name):
    table = grounding_table(*recorded(name))
    found = {key: round(100 * float(np.nanmean(values)), 2) for key, values in table.items()}
    expected = expected_figures(name)
    assert len(expected) >= 80
    assert {key: found[key] for key in expected} == expected


def test_without_any_moment_of_a_length_there_is_no_figure_for_it():
    table = grounding_table(*recorded("edge"))  # the authors' code takes all moments then
    assert not [key for key in table if "-long-" in key or "-middle-" in key]


@pytest.mark.parametrize("name", HL)
def test_rankings_of_clips(name):
    entry = HL[name]
    key, measure = ("anno", top_five_table) if entry["kind"] == "tvsum" else ("match", trapezia_table)
    samples, predictions = [], []
    for video in entry["videos"]:
        ratings = np.array(entry["labels"][video][key], dtype=float)
        samples.append(Sample(video, video, "q", ratings=ratings.reshape(len(ratings), -1)))
        predictions.append(Prediction(video, video, saliency=entry["saliency"][video]))
    ((_, values),) = measure(samples, predictions).items()
    assert values.round(5).tolist() == list(entry["result"]["mAP_per_video"].values())
    assert values.mean().round(5) == entry["result"]["mAP"]


def test_a_query_that_is_never_answered_right_counts_with_nothing():
    samples, predictions = recorded("charades")
    nothing = [replace(one, windows=np.zeros((0, 3))) for one in predictions]
    assert all((values[~np.isnan(values)] == 0).all() for values in grounding_table(samples, nothing).values())


def test_what_is_true_is_the_best_answer():
    samples, _ = recorded("qvhighlights")
    told = [
        Prediction(one.id, one.video, "", np.array([(*span, 1.0) for span in one.windows]), one.ratings.mean(axis=1))
        for one in samples
    ]
    table = grounding_table(samples, told)
    assert table["MR-full-R1@0.95"].min() == table["MR-full-mAP"].min() == table["MR-full-mIoU"].min() == 1
    assert np.nanmean(table["HL-min-VeryGood-mAP"]) > np.nanmean(
        grounding_table(samples, recorded("qvhighlights")[1])["HL-min-VeryGood-mAP"]
    )


def test_a_ranking_with_one_rater():
    sample = Sample("a", "a", "q", ratings=np.array([0.0, 1.0, 0.6, 0.2])[:, None])
    table = ranking_table(
        [sample, replace(sample, ratings=np.zeros((4, 1)))], [Prediction("a", "a", saliency=[3, 2, 1, 0])] * 2
    )
    assert table["Hit1"][0] == 0
    assert table["mAP"][0] == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert np.isnan(table["mAP"][1])
