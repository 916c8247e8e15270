"""`r2 highlight` and `r2 summarize` as a user meets them, with the built-in models."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from r2cli.datasets.sprites.art import packaged_sprites
from r2cli.datasets.sprites.demo import TITLE
from r2cli.datasets.sprites.film import write_film
from r2cli.datasets.sprites.script import HELD_OUT_STYLE, STANDS, Act, Actor, Film
from r2cli.video import probe
from tests.films import make_film, run_ffmpeg
from tests.video.clips import numbers_in

TIME = r"(\d+:\d\d\.\d)"
ROW = re.compile(rf"^ *(\d+) +{TIME} +{TIME} +(\d\.\d\d) +{TIME} +[▁-█│·]{{14}}(?: +(\S.*?))? *$", re.MULTILINE)


def actor(*acts):
    return Actor("dog", HELD_OUT_STYLE, tuple(Act(*act) for act in acts), 0.5, 0.34, 0.86, mirrored=False, look=1)


@pytest.fixture(scope="session")
def stage(tmp_path_factory):
    """A folder: in `deed.mp4` a dog jumps from 8 s to 13 s of 24; in `still.mp4` it never does."""
    folder = tmp_path_factory.mktemp("stage")
    busy = Film(1, 24.0, (actor((STANDS, 2.0, 8.0), ("jumps", 8.0, 13.0), (STANDS, 13.0, 22.0)),), scenery=12)
    still = Film(2, 12.0, (actor((STANDS, 2.0, 12.0)),), scenery=12)
    for name, film in (("deed", busy), ("still", still)):
        write_film(film, packaged_sprites(), folder / f"{name}.mp4", width=320, height=180, rate=10)
    return folder


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder to be in, and a memory of no video."""
    monkeypatch.setenv("R2_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def json_of(out):
    document = json.loads(out)
    assert document["schema"] == 1
    return document


def test_the_deed_comes_first(r2, stage, here):
    code, out, err = r2("highlight", stage / "deed.mp4", "--model", "sprites")
    assert (code, err) == (0, "")
    first = ROW.findall(out)[0]
    assert first[:3] == ("1", "0:08.0", "0:13.0")
    assert 0.8 < float(first[3]) <= 1
    assert out.splitlines()[-1].startswith("0:00.0 ")


def test_where_nothing_stands_out_nothing_is_the_answer(r2, stage, here):
    code, out, err = r2("highlight", stage / "still.mp4", "--model", "sprites")
    assert (code, out) == (1, "")
    assert "nothing in" in err
    assert "stands out" in err
    assert r2("highlight", stage / "still.mp4", "--model", "sprites", "--min-score", "0")[0] == 0


def test_a_text_says_what_they_are_about(r2, stage, here):
    asked = ("highlight", stage / "deed.mp4", "--model", "sprites", "--json", "--about")
    code, out, _ = r2(*asked, "the dog jumps")
    (result,) = json_of(out)["results"]
    assert code == 0
    assert result["ground"] == {"kind": "text", "domain": None, "certainty": None}
    (moment,) = result["moments"]
    assert abs(moment["start"] - 8.0) <= 1
    assert abs(moment["end"] - 13.0) <= 1
    assert moment["start"] <= moment["peak"] <= moment["end"]
    code, out, err = r2(*asked, "an elephant")
    assert code == 1
    assert json_of(out)["results"][0]["moments"] == []
    assert 'matches "an elephant"' in err


def test_what_is_shown_about_a_text_is_what_is_compared(r2, stage, here):
    asked = ("highlight", stage / "deed.mp4", "--model", "sprites", "--json", "--about", "the dog jumps")
    everything = json_of(r2(*asked, "--min-score", "0", "--top", "50")[1])["results"][0]["moments"]
    scores = [moment["score"] for moment in everything]
    assert len(scores) > 1
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    found = json_of(r2("find", stage / "deed.mp4", "the dog jumps", "--model", "sprites", "--json", "--top", "99")[1])
    assert scores[0] == found["results"][0]["moments"][0]["score"]
    for least in (scores[0], scores[-1], (scores[0] + scores[-1]) / 2):
        kept = json_of(r2(*asked, "--min-score", str(least), "--top", "50")[1])["results"][0]["moments"]
        assert kept == [moment for moment in everything if moment["score"] >= least]


def test_what_nobody_asked_is_no_query(r2, stage, here):
    code, out, _ = r2("highlight", stage / "deed.mp4", "--model", "sprites", "--top", "1", "--clips", "c", "--json")
    assert (code, json_of(out)["results"][0]["query"]) == (0, "highlight")
    assert [path.name for path in Path("c").iterdir()] == ["deed_00-00-08_highlight.mp4"]


def test_a_setting_of_long_ago_that_chose_the_model_of_cartoons_is_told_of(r2, stage, here, monkeypatch):
    make_film(here / "real.mp4", frames=40, rate=10)
    note = "r2: sprites, which R2_MODEL chose, knows cartoons only: for real footage, --model qvhighlights"
    asked = ("highlight", "real.mp4", "--min-score", "0")
    assert note not in r2(*asked, "--model", "sprites")[2]
    monkeypatch.setenv("R2_MODEL", "sprites")
    assert r2(*asked)[2].splitlines().count(note) == 1
    assert note not in r2(*asked, "--quiet")[2]
    run_ffmpeg("-i", "real.mp4", "-metadata", f"title={TITLE}", "-c", "copy", "demo.mp4")
    assert note not in r2("highlight", "demo.mp4", "--min-score", "0")[2]


def test_clips_a_reel_and_the_same_again_from_the_saved_document(r2, stage, here):
    cuts = ("--clips", "clips", "--reel", "reel.mp4")
    code, out, _ = r2(
        "highlight", stage / "deed.mp4", "--model", "sprites", "--length", "3s", "--top", "2", "--json", *cuts
    )
    assert code == 0
    document = json_of(out)
    (result,) = document["results"]
    assert all(moment["end"] - moment["start"] == pytest.approx(3.0) for moment in result["moments"])
    assert len(document["clips"]) == len(list(Path("clips").iterdir())) == len(result["moments"])
    assert probe("reel.mp4").duration == pytest.approx(3.0 * len(result["moments"]), abs=0.01)
    Path("saved.json").write_text(out)
    code, out, _ = r2("cut", "saved.json", "--clips", "again", "--pad", "1", "--ranks", "1")
    assert code == 0
    (clip,) = Path("again").iterdir()
    assert probe(clip).duration == pytest.approx(5.0, abs=0.11)


def test_without_a_video_the_last_one_is_taken(r2, stage, here):
    assert r2("find", stage / "deed.mp4", "dog jumps", "--model", "sprites")[0] == 0
    code, out, err = r2("highlight", "--top", "5")
    assert code == 0
    assert f"taking the last one, {stage / 'deed.mp4'}" in err
    assert "with the model that it was searched with, sprites" in err
    assert ROW.findall(out)[0][1] == "0:08.0"
    code, out, err = r2("summarize", "--out", "summary.mp4")
    assert code == 0
    assert probe("summary.mp4").duration == pytest.approx(0.15 * 24, abs=0.051)
    assert "summary.mp4: 0:03.6" in out


def test_a_model_that_was_chosen_is_taken_even_so(r2, stage, here, monkeypatch):
    assert r2("find", stage / "deed.mp4", "dog jumps", "--model", "sprites")[0] == 0
    for choose in (lambda: ("--model", "youtube-dog"), lambda: monkeypatch.setenv("R2_MODEL", "youtube-dog") or ()):
        code, out, err = r2("highlight", "--about", "a dog", *choose())
        assert (code, out) == (4, "")
        assert "youtube-dog rates highlights" in err


def test_without_any_video_there_is_a_line_of_help(r2, here):
    for command in ("highlight", "summarize"):
        code, out, err = r2(command, "--model", "sprites")
        assert (code, out) == (2, "")
        assert "no video named, and none in this folder" in err


def test_a_summary_plays_the_deed(r2, stage, here):
    code, out, err = r2("summarize", stage / "deed.mp4", "--length", "5s", "--model", "sprites", "--json")
    assert (code, err) == (0, "")
    document = json_of(out)
    assert document["reel"]["path"] == "deed_summary.mp4"
    assert document["reel"]["duration"] == 5.0
    assert probe("deed_summary.mp4").duration == pytest.approx(5.0, abs=0.001)
    (result,) = document["results"]
    shots = result["summary"]["shots"]
    assert (shots[0]["start"], shots[-1]["end"]) == (0.0, 24.0)
    assert all(one["end"] == two["start"] for one, two in zip(shots, shots[1:], strict=False))
    spans = [shot["played"] for shot in shots if shot["played"]]
    assert sum(span["end"] - span["start"] for span in spans) == pytest.approx(5.0)
    assert sum(max(0.0, min(span["end"], 13.0) - max(span["start"], 8.0)) for span in spans) > 4.0
    assert all(shot["reason"] for shot in shots)
    assert all(shot["value"] == pytest.approx(shot["score"] * (shot["end"] - shot["start"])) for shot in shots)
    Path("saved.json").write_text(out)
    assert r2("cut", "saved.json", "--reel", "again.mp4")[0] == 0


def test_a_budget_longer_than_the_film_is_all_of_it(r2, here):
    make_film(here / "film.mp4", frames=40, rate=10)
    code, out, err = r2("summarize", "film.mp4", "--length", "2m", "--out", "all.mp4", "--model", "sprites")
    assert code == 0
    assert "lasts 0:04.0 only: the summary is all of it" in err
    assert numbers_in(here / "all.mp4") == list(range(40))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("summarize", "film.mp4", "--length", "0"), "'0' is no length"),
        (("summarize", "film.mp4", "--length", "a minute"), "is no length"),
        (("summarize", "film.mp4", "--length", "9" * 5000), "is no length"),
        (("summarize", "film.mp4", "--length", "60s", "--ratio", "0.1"), "both --length and --ratio"),
        (("summarize", "film.mp4", "--ratio", "1.5"), "is no share"),
        (("summarize", "film.mp4", "--ratio", "nan"), "is no share"),
        (("summarize", "film.mp4", "--out", "summary.gif"), "is one of .mp4"),
        (("summarize", "film.mp4", "--out", "nowhere/summary.mp4"), "there is no folder nowhere"),
        (("summarize", "film.mp4", "--out", "film.mp4"), "exists already"),
        (("summarize", "film.mp4", "--about", " "), "the query is empty"),
        (("summarize", "film.mp4", "--domain", "cooking"), "there is no domain 'cooking'"),
        (("highlight", "film.mp4", "dog jumps", "--model", "sprites"), 'be about: --about "dog jumps"'),
        (("highlight", "film.mp4", "--length", "-3"), "is no length"),
        (("highlight", "film.mp4", "--pad", "1"), "--pad has nothing to act on"),
        (("highlight", "film.mp4", "--about", ""), "the query is empty"),
        (("highlight", "film.mp4", "--model", "youtube-dog", "--about", "a dog"), "cannot say where"),
    ],
    ids=lambda value: "-".join(value)[:60] if isinstance(value, tuple) else "",
)
def test_what_makes_no_sense_shows_before_any_work(r2, here, words, message):
    make_film(here / "film.mp4", frames=20, rate=10)
    code, out, err = r2(*words)
    assert code in (2, 4)
    assert out == ""
    assert message in err
    assert len(err.splitlines()) == 1
    assert [path.name for path in here.iterdir()] == ["film.mp4"]


def test_a_video_that_cannot_be_read_stops_none_of_the_others(r2, stage, here):
    (here / "broken.mp4").write_text("no film")
    code, out, err = r2("highlight", "broken.mp4", stage / "deed.mp4", "--model", "sprites", "--json")
    document = json_of(out)
    assert code == 3
    assert [Path(result["video"]["path"]).name for result in document["results"]] == ["deed.mp4"]
    assert document["errors"][0]["path"] == "broken.mp4"
    code, out, err = r2("summarize", "broken.mp4", "--model", "sprites")
    assert (code, out) == (3, "")
    assert len(err.splitlines()) == 1
    assert not Path("broken_summary.mp4").exists()


def test_a_summary_is_of_one_video(r2, here):
    for name in ("a.mp4", "b.mp4"):
        make_film(here / name, frames=10, rate=10)
    code, out, err = r2("summarize", "--model", "sprites")
    assert (code, out) == (2, "")
    assert "2 videos in this folder" in err


def test_a_name_full_of_traps_stays_a_name(r2, here):
    name = "-a 'b'\n%d.mp4"
    run_ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x64:r=10:d=3", "film.mp4")
    Path("film.mp4").rename(name)
    code, out, err = r2("summarize", "--length", "1s", "--model", "sprites", "--", name)
    assert code == 0
    assert probe(f"{Path(name).stem}_summary.mp4").duration == pytest.approx(1.0, abs=0.001)
