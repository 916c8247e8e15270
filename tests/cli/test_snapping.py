"""`--snap shot` as a user meets it: in JSON, in clips, and in what is read back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import r2cli
from tests.cli.commands.test_cut import save
from tests.export.json.test_schema import check
from tests.tasks.test_snap import CUTS, RATE, film  # noqa: F401 - a fixture
from tests.video.clips import pictures_in

EDGES = [float(cut / RATE) for cut in CUTS]


@pytest.fixture
def saved(film, tmp_path) -> Path:  # noqa: F811
    spans = ((2.3, 4.9, 0.9), (6.3, 9.9, 0.8), (10.0, 10.9, 0.7))
    return save(tmp_path / "f.json", *spans, video=film)


def test_clips_begin_and_end_with_shots(r2, saved, tmp_path):
    words = ("cut", saved, "--clips", tmp_path / "clips", "--ranks", "1-2", "--json", "--quiet")
    code, out, err = r2(*words, "--snap", "shot")
    assert (code, err) == (0, "")
    clips = json.loads(out)["clips"]
    asked = [value for clip in clips for value in clip["asked"].values()]
    assert asked == pytest.approx([EDGES[0], EDGES[1], EDGES[2], EDGES[3]], abs=1e-3)
    for clip, count in zip(clips, (50, 72), strict=True):
        levels = [picture.mean(axis=(0, 1)) for picture in pictures_in(Path(clip["path"]))]
        assert len(levels) == count
        assert np.ptp(levels, axis=0).max() < 12, "one colour, from the first picture to the last"


def test_what_is_not_asked_for_stays(r2, saved, tmp_path):
    code, out, _ = r2("cut", saved, "--clips", tmp_path / "clips", "--ranks", "1", "--json", "--quiet")
    assert (code, json.loads(out)["clips"][0]["asked"]) == (0, {"start": 2.3, "end": 4.9})


def test_a_search_says_where_its_moments_were(r2, film, tmp_path):  # noqa: F811
    words = ("find", film, "a dog", "--min-score", "0", "--top", "20", "--json", "--no-saliency")
    plain, snapped = (json.loads(r2(*words, "--snap", way)[1]) for way in ("none", "shot"))
    before, after = (document["results"][0]["moments"] for document in (plain, snapped))
    assert before
    assert not any("unsnapped" in one for one in before)
    edges = np.array([0.0, *EDGES, plain["results"][0]["video"]["duration"]])
    moved = 0
    for old, new in zip(before, after, strict=True):
        assert new["score"] == old["score"]
        span = {"start": old["start"], "end": old["end"]}
        assert new.get("unsnapped", span) == span
        for end in ("start", "end"):
            if new[end] != old[end]:
                assert np.abs(edges - new[end]).min() < 1e-3
                moved += 1
    assert moved
    check("findings.json", json.dumps(snapped))
    path = tmp_path / "f.json"
    path.write_text(json.dumps(snapped))
    assert json.loads(r2("export", path, "--format", "json")[1]) == snapped


def test_a_moment_that_moved_is_explained_as_the_model_saw_it(r2, film):  # noqa: F811
    words = ("find", film, "a dog", "--min-score", "0", "--top", "20", "--json", "--no-saliency", "--quiet")
    moments = json.loads(r2(*words, "--snap", "shot")[1])["results"][0]["moments"]
    rank = next(rank for rank, one in enumerate(moments, start=1) if "unsnapped" in one)
    plain, snapped = (r2(*words, "--snap", way, "--explain", rank) for way in ("none", "shot"))
    assert (plain[0], snapped[0], snapped[2]) == (0, 0, "")
    assert json.loads(snapped[1])["explanation"] == json.loads(plain[1])["explanation"]


def test_highlights_and_python(r2, film, random_model):  # noqa: F811
    words = ("highlight", film, "--model", random_model, "--domain", "none", "--min-score", "0", "--length", "2s")
    code, out, err = r2(*words, "--json", "--quiet", "--snap", "shot")
    assert (code, err) == (0, "")
    check("findings.json", out)
    best = r2cli.highlight(film, model=random_model, domain="none", min_score=0.0, length=2.0, snap="shot")
    moments = json.loads(out)["results"][0]["moments"]
    assert [one["start"] for one in moments] == [one.start for one in best.moments]
    assert any("unsnapped" in one for one in moments)
    found = r2cli.find(film, "a dog", model=random_model, min_score=0.0, snap="shot")
    assert any(one.unsnapped for one in found.moments)
    with pytest.raises(r2cli.ArgumentError, match="snap makes no sense: 'cut' - expected one of none, shot"):
        r2cli.find(film, "a dog", model=random_model, snap="cut")
