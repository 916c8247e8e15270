"""Which moments are cut, what their files are called, and what is said of it before anything is written."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from r2cli.cli.distinct import distinct_moments
from r2cli.findings import Moment
from r2cli.video.cutting.names import NamedSpan, read_name
from tests.export.json.test_schema import check

JUMP = [
    (10.0, 14.0, 0.9),
    (10.5, 13.5, 0.8),
    (9.5, 15.0, 0.75),
    (9.0, 20.0, 0.7),
    (13.5, 17.0, 0.6),
    (30.0, 34.0, 0.5),
    (32.5, 36.0, 0.4),
]


@pytest.fixture
def saved(films, tmp_path):
    """Findings with one jump seen again and again, and another one."""
    moments = [{"start": start / 2, "end": end / 2, "score": score} for start, end, score in JUMP]
    result = {
        "query": "a dog jumps",
        "video": {"path": str(films / "long.mp4"), "duration": 34.0, "rate": {"exact": "10/1", "fps": 10.0}},
        "model": {"name": "x", "sha256": "0", "backbone": "x"},
        "sampling": {"clips_per_second": 2.0, "window": 10.0},
        "moments": moments,
        "saliency": [],
    }
    path = tmp_path / "findings.json"
    path.write_text(json.dumps({"schema": 1, "results": [result]}), encoding="utf-8")
    return path


def test_moments_that_show_something_of_their_own():
    kept = distinct_moments([Moment(*one) for one in JUMP])
    assert [moment.score for moment in kept] == [0.9, 0.6, 0.5, 0.4]
    assert distinct_moments([Moment(3.0, 3.0, 0.9), Moment(3.0, 3.0, 0.8), Moment(5.0, 5.0, 0.7)]) == (
        Moment(3.0, 3.0, 0.9),
        Moment(5.0, 5.0, 0.7),
    )


def test_distinct_clips_of_saved_findings(r2, saved, tmp_path):
    code, _, err = r2("cut", saved, "--clips", tmp_path / "all", "--dry-run")
    assert code == 0
    assert "3 of these moments share most of their time with a better one: --distinct leaves out" in err
    code, out, err = r2("cut", saved, "--clips", tmp_path / "few", "--distinct", "--name", "{rank}")
    assert (code, err) == (0, "")
    assert sorted(path.name for path in (tmp_path / "few").iterdir()) == ["1.mp4", "5.mp4", "6.mp4", "7.mp4"]


def test_distinct_moments_of_a_search(r2, films):
    def moments(*options):
        result = r2("find", films / "long.mp4", "a dog", "--top", "10000", "--min-score", "0", "--json", *options)
        return [(one["start"], one["end"]) for one in json.loads(result[1])["results"][0]["moments"]]

    everything, distinct = moments(), moments("--distinct")
    assert 0 < len(distinct) <= len(everything)
    assert [one for one in everything if one in distinct] == distinct
    for place, (start, end) in enumerate(distinct):
        for other_start, other_end in distinct[:place]:
            shared = min(end, other_end) - max(start, other_start)
            assert shared <= min(end - start, other_end - other_start) / 2


def test_a_dry_run_writes_nothing(r2, saved, tmp_path):
    before = sorted(tmp_path.iterdir())
    options = ("--clips", tmp_path / "clips", "--reel", tmp_path / "reel.mp4", "--out", tmp_path / "cuts.json")
    code, out, err = r2("cut", saved, *options, "--ranks", "1,6", "--dry-run")
    assert (code, err) == (0, "")
    assert sorted(tmp_path.iterdir()) == before
    first, *names, answer = out.splitlines()
    assert answer == f"would write {tmp_path / 'cuts.json'}"
    assert re.fullmatch(r"would write 3 files, 8 s, about \d+ kB:", first)
    assert [name.split()[0] for name in names] == [
        str(tmp_path / "clips" / "long_00-00-05_a-dog-jumps.mp4"),
        str(tmp_path / "clips" / "long_00-00-15_a-dog-jumps.mp4"),
        str(tmp_path / "reel.mp4"),
    ]
    assert r2("cut", saved, "--dry-run")[0] == 2
    assert "--dry-run has nothing to act on" in r2("find", "gone.mp4", "a dog", "--dry-run")[2]


def test_a_program_is_told_what_a_dry_run_would_write(r2, saved, films, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files = ("--clips", "clips", "--reel", "reel.mp4", "--out", "moments.csv", "--sheet", "sheet.png")
    code, out, err = r2("cut", saved, *files[:6], "--ranks", "1,6", "--dry-run", "--json")
    assert (code, err) == (0, "")
    check("findings.json", out)
    document = json.loads(out)
    assert document["clips"] == []
    size = (films / "long.mp4").stat().st_size / 34
    assert [(one["path"], one["kind"], one["seconds"]) for one in document["planned"]] == [
        ("clips/long_00-00-05_a-dog-jumps.mp4", "clip", 2.0),
        ("clips/long_00-00-15_a-dog-jumps.mp4", "clip", 2.0),
        ("reel.mp4", "reel", 4.0),
        ("moments.csv", "answer", None),
    ]
    assert [one["bytes"] for one in document["planned"]] == [
        *(pytest.approx(seconds * size, abs=1) for seconds in (2, 2, 4)),
        None,
    ]
    words = ("find", films / "short.mp4", "a dog", "--top", "1", "--dry-run")
    really = (*words[:-1], "--json", "--quiet", *files)
    for form in ("--json", "--jsonl"):
        code, out, err = r2(*words, form, *files)
        assert (code, err) == (0, "")
        *_, last = map(json.loads, out.splitlines() if form == "--jsonl" else [out])
        check("findings.json", json.dumps(last))
        planned = [one["path"] for one in last["planned"]]
    assert [path.name for path in tmp_path.iterdir()] == ["findings.json"]
    assert r2(*really)[0] == 0
    assert all(Path(one).is_file() for one in planned)
    written = {str(path) for path in Path().rglob("*.*") if path.name != "findings.json"}
    assert written == set(planned)


def test_a_dry_run_of_other_formats(r2, saved, films, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = r2("export", saved, "--out", "a.csv", "--out", "b.edl", "--dry-run")
    assert (code, out, err) == (0, "would write a.csv\nwould write b.edl\n", "")
    code, out, err = r2("export", saved, "--format", "srt", "--out", ".", "--dry-run")
    assert (code, out) == (0, "would write long.srt\n")
    code, out, err = r2("find", films / "short.mp4", "a dog", "--top", "1", "--clips", "c", "--files", "--dry-run")
    assert out == f"{films / 'short.mp4'}\n"
    assert err.startswith("r2: would write c/short_")
    assert [path.name for path in tmp_path.iterdir()] == ["findings.json"]


def test_a_dry_run_of_a_summary(r2, films, random_model, tmp_path):
    options = ("--model", random_model, "--domain", "none", "--quiet", "--out", tmp_path / "s.mp4", "--length", "5s")
    code, out, _ = r2("summarize", films / "long.mp4", *options, "--dry-run")
    assert code == 0
    assert f"  {tmp_path / 's.mp4'}  0:05.0" in out
    assert re.search(r"^would write 1 file, 5 s, about \d+ kB:$", out, re.MULTILINE)
    assert not (tmp_path / "s.mp4").exists()


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("{video}_{start}_{query}", "my-film_00-01-03_a-dog"),
        ("{rank} {video} ({end})", "7 my-film (00-01-05)"),
        ("../{query}/x", "a-dog-x"),
        (".{query}", "a-dog"),
        ("{query}\n{rank}:", "a-dog-7"),
        ("C:\\{rank}", "C--7"),
        ("{{{rank}}}", "7"),
        ("{query}" * 100, "a-dog" * 40),
    ],
)
def test_names_by_a_template_are_harmless(template, name):
    assert read_name(template)(NamedSpan(Path("x/my film.mp4"), 63.2, 65.0, "A dog!", 7)) == name


def test_no_name_is_empty_or_a_device():
    span = NamedSpan(Path("a.mp4"), 0, 1, "!", 1)
    assert read_name("{query}")(span) == "clip_"
    assert read_name("{query}")(NamedSpan(Path("a.mp4"), 0, 1, "nul", 1)) == "clip_nul"
    assert read_name("{query}.x")(NamedSpan(Path("a.mp4"), 0, 1, "COM1", 1)) == "clip_com1.x"


@pytest.mark.parametrize("template", ["clip", "", "{", "{rank!r}", "{rank:05}", "{video.parent}", "{0}", "{}", "{x}"])
def test_templates_that_make_no_sense(r2, saved, tmp_path, template):
    code, out, err = r2("cut", saved, "--clips", tmp_path / "clips", "--name", template)
    assert (code, out) == (2, "")
    (line,) = err.splitlines()
    assert "--name: " in line
    assert "{video}, {start}, {end}, {query}, {rank}" in line
    assert not (tmp_path / "clips").exists()


def test_json_without_saliency_can_be_cut(r2, films, tmp_path):
    options = ("find", films / "short.mp4", "a dog", "--top", "1")
    whole = json.loads(r2(*options, "--json")[1])
    for switch in ("--json", "--jsonl"):
        code, out, _ = r2(*options, switch, "--no-saliency")
        assert code == 0
        lean = json.loads(out)
        assert lean["results"][0]["saliency"] == []
        assert lean["results"][0]["moments"] == whole["results"][0]["moments"]
    (tmp_path / "lean.json").write_text(out, encoding="utf-8")
    assert r2("cut", tmp_path / "lean.json", "--clips", tmp_path / "clips")[0] == 0
    assert len(list((tmp_path / "clips").iterdir())) == 1
