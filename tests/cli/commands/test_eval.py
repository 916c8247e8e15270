"""`r2 eval`: of a model, and of answers in files."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.golden.recipes import read_json

VTG = read_json("metrics_vtg.json")["qvhighlights"]


@pytest.fixture
def files(tmp_path):
    """The recorded answers and annotations, and answers that are a little better."""
    for name, rows in (("truth", VTG["ground_truth"]), ("answers", VTG["submission"])):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    better = []
    for row, truth in zip(VTG["submission"], VTG["ground_truth"], strict=True):
        right = [[*window, 2.0] for window in truth["relevant_windows"]] if truth["qid"] % 3 == 0 else []
        better.append(row | {"pred_relevant_windows": right + row["pred_relevant_windows"]})
    (tmp_path / "better.jsonl").write_text("".join(json.dumps(row) + "\n" for row in better))
    return tmp_path


def run(r2, folder, *more):
    arguments = ("--predictions", folder / "answers.jsonl", "--annotations", folder / "truth.jsonl", *more)
    return r2("eval", *arguments)


def rows_of(out):
    return {row["who"]: row for row in json.loads(out)["rows"]}


def test_the_official_figures_of_a_file(r2, files):
    code, out, err = run(r2, files, "--json")
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert (document["dataset"], document["queries"]) == ("truth.jsonl", 40)
    found = rows_of(out)[str(files / "answers.jsonl")]["metrics"]
    expected = VTG["result"]["brief"]
    assert {key: found[key] for key in expected} == expected


def test_what_can_be_said_without_looking_stands_beside(r2, files):
    code, out, _ = run(r2, files, "--json")
    blind = rows_of(out)["most frequent spans"]
    assert 0 < blind["metrics"]["MR-full-R1@0.5"] < 100
    assert "intervals" not in blind
    assert code == 0


def test_intervals_and_paired_differences(r2, files):
    code, out, _ = run(r2, files, "--predictions", files / "better.jsonl", "--ci", "--json")
    rows = rows_of(out)
    first, second = (str(files / f"{name}.jsonl") for name in ("answers", "better"))
    low, high = rows[first]["intervals"]["MR-full-R1@0.5"]
    assert low < rows[first]["metrics"]["MR-full-R1@0.5"] < high
    difference = rows[f"{second} - {first}"]
    gain = rows[second]["metrics"]["MR-full-R1@0.5"] - rows[first]["metrics"]["MR-full-R1@0.5"]
    assert difference["metrics"]["MR-full-R1@0.5"] == pytest.approx(gain, abs=0.011)
    low, high = difference["intervals"]["MR-full-R1@0.5"]
    assert 0 < low < gain < high  # paired: surely better, though both intervals overlap
    assert run(r2, files, "--predictions", files / "better.jsonl", "--ci", "--json") == (code, out, "")


def test_the_table_shows_what_people_compare(r2, files):
    code, out, _ = run(r2, files)
    heading = out.splitlines()[2].split()
    assert heading[:4] == ["answers", "of", "queries", "R1@0.3"]
    assert "47.50" in out
    assert code == 0


def test_a_query_without_an_answer_is_named(r2, files):
    lines = (files / "answers.jsonl").read_text().splitlines()
    (files / "answers.jsonl").write_text("\n".join(lines[:-2]))
    code, out, err = run(r2, files)
    assert (code, out) == (3, "")
    assert "has no answer to 2 queries of the annotations (the first: 38)" in err


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"vid": "a"}', "line 1: 'qid' is missing"),
        ('{"qid": 1, "pred_relevant_windows": [[1, 2]]}', "line 1: pred_relevant_windows must be a list of [start"),
        ('{"qid": 1, "pred_relevant_windows": [[1, 2, NaN]]}', "line 1: pred_relevant_windows must be a list of [sta"),
        ('{"qid": 1, "pred_saliency_scores": ["x"]}', "line 1: 'pred_saliency_scores' must be a list of numbers"),
        ("x", "line 1: no JSON"),
    ],
)
def test_a_line_that_makes_no_sense_is_named(r2, files, line, told):
    (files / "answers.jsonl").write_text(line)
    code, _, err = run(r2, files)
    assert code == 3
    assert told in err
    assert str(files / "answers.jsonl") in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "no data set"),
        (("nonsense",), "no data set named 'nonsense'"),
        (("sprites", "--split", "x"), "sprites has no split 'x'"),
        (("--annotations", "x"), "no data set"),
        (("sprites", "--annotations", "x"), "--annotations without --predictions"),
    ],
)
def test_command_lines_that_make_no_sense(r2, arguments, told):
    code, out, err = r2("eval", *arguments)
    assert (code, out) == (2, "")
    assert told in err


def test_a_set_that_is_not_there_is_said_before_a_model_is_opened(r2, tmp_path):
    code, out, err = r2("eval", "qvhighlights", "--data", tmp_path)
    assert (code, out) == (3, "")
    assert "there is no highlight_val_release.jsonl nor qvhighlights_val.jsonl" in err


def test_a_model_is_asked_and_its_answers_can_be_judged_again(r2, films, tmp_path):
    rows = [
        {"video": "short.mp4", "query": "a dog", "windows": [[1, 4]], "duration": 8},
        {"video": "short.mp4", "query": "a cat", "windows": [[2, 8]], "duration": 8},
    ]
    (tmp_path / "test.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "short.mp4").symlink_to(films / "short.mp4")
    saved = tmp_path / "said.jsonl"
    arguments = ("eval", "custom", "--data", tmp_path, "--split", "test", "--quiet", "--json")
    code, out, err = r2(*arguments, "--model", "sprites", "--save", saved)
    assert (code, err) == (0, "")
    said = [json.loads(line) for line in saved.read_text().splitlines()]
    assert [row["qid"] for row in said] == [0, 1]
    assert set(said[0]) == {"qid", "query", "vid", "pred_relevant_windows", "pred_saliency_scores"}
    assert len(said[0]["pred_saliency_scores"]) == 16
    scores = np.array([window[2] for window in said[0]["pred_relevant_windows"]])
    assert (np.diff(scores) <= 0).all()
    code, again, _ = r2(*arguments, "--predictions", saved)
    assert code == 0
    assert rows_of(again)[str(saved)]["metrics"] == rows_of(out)["sprites"]["metrics"]
    code, _, err = r2(*arguments, "--model", "sprites", "--save", saved)
    assert code == 2
    assert "exists already" in err


def test_a_split_whose_truth_is_secret_is_answered_and_not_measured(r2, films, tmp_path):
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "v.mp4").symlink_to(films / "short.mp4")
    row = {"qid": 1, "query": "a dog", "duration": 8, "vid": "v"}
    (tmp_path / "highlight_test_release.jsonl").write_text(json.dumps(row))
    saved = tmp_path / "hl_test_submission.jsonl"
    arguments = ("eval", "qvhighlights", "--data", tmp_path, "--split", "test", "--model", "sprites", "--json", "--ci")
    code, out, err = r2(*arguments, "--save", saved)
    assert code == 0
    assert json.loads(out)["rows"] == []
    assert "what is true of test is not published" in err
    assert json.loads(saved.read_text())["qid"] == 1


def test_data_says_what_is_there(r2, tmp_path):
    code, out, _ = r2("data")
    assert code == 0
    assert "qvhighlights" in out
    code, out, _ = r2("data", "check", "custom", "--data", tmp_path)
    assert code == 3
    assert "there is no train.jsonl nor train.csv" in out
    (tmp_path / "val.csv").write_text("video,query,windows\na.mp4,q,1-2\n")
    (tmp_path / "a.mp4").touch()
    code, out, _ = r2("data", "check", "custom", "--data", tmp_path, "--json")
    assert code == 0
    state = {split["split"]: split for split in json.loads(out)["splits"]}["val"]
    assert (state["queries"], state["videos"], state["found"], state["is_complete"]) == (1, 1, 1, True)
    (tmp_path / "val.csv").write_text("video,query,windows\na.mp4,q,2-1\n")
    code, out, _ = r2("data", "check", "custom", "--data", tmp_path)
    assert code == 3
    assert f"{tmp_path / 'val.csv'}, line 2: a window must begin at 0 or later" in out
    assert r2("data", "check")[0] == 2
    assert r2("data", "check", "x")[0] == 2
