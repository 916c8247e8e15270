"""Cutting as a user meets it: `r2 find --clips` and `r2 cut`."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from r2cli.export.document import Document
from r2cli.export.json.findings import write_json
from r2cli.findings import Findings, ModelSource, Moment, Saliency, Sampling, VideoSource
from tests.cli.commands.test_find import one_line
from tests.video.clips import numbers_in

SPAN = r"(\d+:\d\d\.\d{3}) - (\d+:\d\d\.\d{3})"
ROW = re.compile(rf"^ *(\d+) +{SPAN} +{SPAN} +(\w+) +(\S+) *$", re.MULTILINE)


def save(path: Path, *moments: tuple[float, float, float], video: Path, query: str = "a dog jumps") -> Path:
    """Write findings of one film of 8 seconds, 10 pictures each."""
    found = Findings(
        query=query,
        video=VideoSource(video, 8.0, Fraction(10)),
        model=ModelSource("sprites", "0" * 64, "clip"),
        sampling=Sampling(2.0, 75.0),
        moments=tuple(Moment(*moment) for moment in moments),
        saliency=(Saliency(0.25, 0.5),),
    )
    path.write_bytes(write_json(Document((found,))))
    return path


@pytest.fixture
def findings(films, tmp_path) -> Path:
    return save(
        tmp_path / "findings.json", (2.0, 3.0, 0.9), (5.0, 5.5, 0.6), (7.5, 8.0, 0.3), video=films / "short.mp4"
    )


def test_a_table_of_asked_and_actual(r2, findings, tmp_path):
    code, out, err = r2("cut", findings, "--clips", tmp_path / "clips", "--ranks", "1")
    assert (code, err) == (0, "")
    path = tmp_path / "clips" / "short_00-00-02_a-dog-jumps.mp4"
    assert ROW.findall(out) == [("1", "0:02.000", "0:03.000", "0:02.000", "0:03.000", "exact", str(path))]
    assert numbers_in(path) == list(range(20, 30))
    assert [child.name for child in path.parent.iterdir()] == [path.name]


def test_json_and_padding_that_the_film_limits(r2, findings, tmp_path):
    code, out, err = r2("cut", findings, "--clips", tmp_path / "clips", "--ranks", "2-3", "--pad", "0.32", "--json")
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert (document["schema"], document["errors"]) == (1, [])
    second, third = document["clips"]
    assert (second["rank"], third["rank"]) == (2, 3)
    assert second["asked"] == {"start": pytest.approx(4.68), "end": pytest.approx(5.82)}
    assert second["actual"] == {"start": pytest.approx(4.6), "end": pytest.approx(5.9)}
    assert second["cut"] == "exact"
    assert third["asked"] == {"start": pytest.approx(7.18), "end": 8.0}
    assert numbers_in(Path(third["path"])) == list(range(71, 80))


def test_find_cuts_what_it_found(r2, films, tmp_path):
    arguments = ("find", films / "short.mp4", "a dog jumps", "--top", "2", "--clips", tmp_path / "clips", "--json")
    code, out, err = r2(*arguments)
    assert (code, err) == (0, "")
    document = json.loads(out)
    moments = document["results"][0]["moments"]
    assert [clip["asked"] for clip in document["clips"]] == [{"start": m["start"], "end": m["end"]} for m in moments]
    for clip in document["clips"]:
        numbers = numbers_in(Path(clip["path"]))
        assert clip["actual"] == {"start": numbers[0] / 10, "end": (numbers[-1] + 1) / 10}
        assert 0 <= clip["asked"]["start"] - clip["actual"]["start"] < 0.1
    code, out, err = r2(*arguments)
    assert (code, json.loads(out)["clips"]) == (2, [])
    assert "exists already - choose another name, or --force" in one_line(err)
    code, out, err = r2(*arguments[:-1], "--force")
    assert (code, err) == (0, "")
    assert len(ROW.findall(out)) == 2
    assert out.splitlines()[-1].startswith("0:00.0 ")


def test_from_a_pipe(r2, findings, tmp_path, monkeypatch):
    with findings.open() as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        code, out, _ = r2("cut", "-", "--clips", tmp_path / "clips", "--ranks", "2")
    assert code == 0
    assert len(ROW.findall(out)) == 1


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ((), "nothing to do"),
        (("--pad", "1"), "--pad has nothing to act on"),
        (("--clips", "c", "--report", "r.html"), "html holds findings, highlights or summaries, and no cuts"),
        (("--clips", "c", "--pad", "-1"), "--pad: '-1' is no length"),
        (("--clips", "c", "--pad", "nan"), "--pad"),
        (("--clips", "c", "--ranks", "0"), "is not a list of ranks"),
        (("--clips", "c", "--ranks", "1;2"), "is not a list of ranks"),
        (("--clips", "c", "--ranks", "3-1"), "is not a list of ranks"),
        (("--clips", "c", "--ranks", "1-999999999"), "is not a list of ranks"),
        (("--clips", "c", "--ranks", "4"), "there is no rank 4: the findings hold 3 moments"),
        (("--clips", "findings.json"), "cannot be written to"),
    ],
)
def test_command_lines_that_make_no_sense(r2, findings, monkeypatch, options, complaint):
    monkeypatch.chdir(findings.parent)
    code, out, err = r2("cut", "findings.json", *options)
    assert (code, out) == (2, "")
    assert complaint in one_line(err)


@pytest.mark.parametrize(
    ("text", "complaint"), [("no json", "it is not JSON"), ('{"schema": 1, "results": 3}', "results is 3, not a list")]
)
def test_files_that_are_no_findings(r2, tmp_path, text, complaint):
    (tmp_path / "x.json").write_text(text)
    code, out, err = r2("cut", tmp_path / "x.json", "--clips", tmp_path / "c")
    assert (code, out) == (3, "")
    assert complaint in one_line(err)
    code, _, err = r2("cut", tmp_path / "gone.json", "--clips", tmp_path / "c")
    assert code == 3
    assert "there is no such file" in one_line(err)


def test_hostile_names_stay_inside_the_folder(r2, films, tmp_path):
    video = tmp_path / "..sneaky ; rm -rf $HOME.mp4"
    shutil.copy(films / "short.mp4", video)
    findings = save(tmp_path / "f.json", (1, 1.2, 0.9), (1, 1.2, 0.8), video=video, query="../../../../tmp/evil\0`id`")
    code, _, err = r2("cut", findings, "--clips", tmp_path / "clips")
    assert (code, err) == (0, "")
    assert sorted(path.name for path in (tmp_path / "clips").iterdir()) == [
        "sneaky-rm-rf-HOME_00-00-01_tmp-evil-id-2.mp4",
        "sneaky-rm-rf-HOME_00-00-01_tmp-evil-id.mp4",
    ]


def test_a_video_that_has_gone_does_not_stop_the_others(r2, films, findings, tmp_path):
    document = json.loads(findings.read_text())
    gone = json.loads(save(tmp_path / "g.json", (0, 1, 0.95), video=tmp_path / "gone.mp4").read_text())
    document["results"] += gone["results"]
    findings.write_text(json.dumps(document))
    code, out, err = r2("cut", findings, "--clips", tmp_path / "c", "--ranks", "1,3", "--json")
    assert code == 3
    assert [clip["rank"] for clip in json.loads(out)["clips"]] == [3]
    assert "gone.mp4: there is no such file" in one_line(err)
    assert len(json.loads(out)["errors"]) == 1


def test_another_film_of_the_same_name_is_noticed(r2, films, tmp_path):
    findings = save(tmp_path / "f.json", (30, 31, 0.9), (1, 1.2, 0.8), video=films / "long.mp4")
    code, _, err = r2("cut", findings, "--clips", tmp_path / "c", "--ranks", "2")
    assert code == 0
    assert "its length has changed since it was searched" in one_line(err)
    findings = save(tmp_path / "f.json", (30, 31, 0.9), (1, 1.2, 0.8), video=films / "short.mp4")
    code, out, err = r2("cut", findings, "--clips", tmp_path / "d")
    assert (code, len(ROW.findall(out))) == (3, 1)
    assert "it ends at 0:08.0, before 0:30.0" in one_line(err)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the superuser may write anywhere")
@pytest.mark.parametrize("output", [("--clips", "c"), ("--clips", "c/new"), ("--reel", "c/reel.mp4")])
def test_a_folder_that_is_read_only(r2, findings, tmp_path, output):
    (tmp_path / "c").mkdir(mode=0o500)
    code, _, err = r2("cut", findings, output[0], tmp_path / output[1])
    assert code == 2
    assert "cannot be written to" in one_line(err)


@pytest.mark.skipif(os.name == "nt", reason="uses a shell script as ffmpeg")
@pytest.mark.parametrize(
    ("says", "exit_code", "complaint"),
    [
        ("av_interleaved_write_frame(): No space left on device", 2, "the disk is full - make room"),
        ("Unknown encoder 'libx264'", 5, "this ffmpeg cannot write H.264"),
        ("Unrecognized option 'fps_mode'.", 5, "this ffmpeg is too old to cut with"),
        ("Conversion failed!", 5, "ffmpeg failed: Conversion failed!"),
    ],
)
def test_what_ffmpeg_cannot_do_is_explained(r2, findings, tmp_path, monkeypatch, says, exit_code, complaint):
    script = tmp_path / "ffmpeg"
    script.write_text(f'#!/bin/sh\necho "{says}" >&2\nexit 1\n')
    script.chmod(0o755)
    monkeypatch.setenv("R2_FFMPEG", str(script))
    code, out, err = r2("cut", findings, "--clips", tmp_path / "c")
    assert (code, out) == (exit_code, "")
    assert complaint in one_line(err)
    assert list((tmp_path / "c").iterdir()) == []


def test_a_copy_says_where_it_really_begins(r2, findings, tmp_path):
    code, out, err = r2("cut", findings, "--clips", tmp_path / "clips", "--ranks", "2", "--cut", "copy")
    assert (code, err) == (0, "")
    ((rank, asked, _, start, _, cut, path),) = ROW.findall(out)
    assert (rank, asked, start, cut) == ("2", "0:05.000", "0:00.000", "copy")  # the film's only keyframe
    assert path.endswith("short_00-00-00_a-dog-jumps.mp4")
    assert numbers_in(Path(path))[0] == 0


def test_a_reel_from_findings(r2, findings, tmp_path):
    reel = tmp_path / "reel.mp4"
    code, out, err = r2("cut", findings, "--reel", reel, "--crossfade", "0.2", "--ranks", "1,2", "--pad", "0.5")
    assert (code, err) == (0, "")
    header, first, second, last = out.splitlines()
    assert header.split() == ["at", "asked", "actual"]
    assert first.split()[0] == "0:00.000"
    assert second.split() == ["0:01.800", *("0:04.500", "-", "0:06.000") * 2]
    assert last == f"{reel}: 0:03.300, 160x96, 10 pictures per second"
    assert numbers_in(reel, 18) == list(range(15, 33))
    code, out, err = r2("cut", findings, "--reel", reel)
    assert code == 2
    assert "exists already" in one_line(err)
    code, out, _ = r2("cut", findings, "--reel", reel, "--force", "--json")
    document = json.loads(out)["reel"]
    assert (code, document["duration"], len(document["parts"])) == (0, 2.0, 3)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--clips", "c", "--crossfade", "1"), "--crossfade has nothing to act on - say where to: --reel FILE"),
        (("--reel", "r.mp4", "--cut", "copy"), "--cut has nothing to act on - say where to: --clips DIR"),
        (("--reel", "r.gif"), "a reel is one of .mp4, .mov, .mkv"),
        (("--reel", "no/r.mp4"), "there is no folder no"),
    ],
)
def test_reels_that_make_no_sense(r2, findings, monkeypatch, options, complaint):
    monkeypatch.chdir(findings.parent)
    code, out, err = r2("cut", "findings.json", *options)
    assert (code, out) == (2, "")
    assert complaint in one_line(err)


def test_a_smart_cut_that_cannot_be_says_so(r2, findings, tmp_path):
    code, out, err = r2("cut", findings, "--clips", tmp_path / "clips", "--ranks", "2", "--cut", "smart")
    assert code == 0
    assert re.search(r"no smart cut is possible \(there is no keyframe in it\); cut exactly instead$", one_line(err))
    assert ROW.findall(out)[0][5] == "exact"


def test_a_relative_path_is_found_here_or_beside_the_findings(r2, films, tmp_path, monkeypatch):
    """Findings may be cut from any folder, and may be moved together with their video."""
    (tmp_path / "trip" / "raw").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    shutil.copy(films / "short.mp4", tmp_path / "trip" / "raw")
    findings = save(tmp_path / "trip" / "f.json", (2, 3, 0.9), video=Path("raw/short.mp4"))
    written = findings.read_bytes()
    monkeypatch.chdir(tmp_path / "elsewhere")
    code, out, err = r2("cut", "../trip/f.json", "--clips", "c", "--reel", "r.mp4", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["clips"][0]["video"] == "../trip/raw/short.mp4"
    assert numbers_in(Path("c/short_00-00-02_a-dog-jumps.mp4")) == list(range(20, 30))
    Path("raw").mkdir()
    shutil.copy(films / "long.mp4", "raw/short.mp4")  # what is here comes first
    code, out, err = r2("cut", "../trip/f.json", "--clips", "d", "--json")
    assert code == 0
    assert json.loads(out)["clips"][0]["video"] == "raw/short.mp4"
    assert "raw/short.mp4: its length has changed" in one_line(err)
    assert findings.read_bytes() == written


def test_a_relative_path_that_leads_nowhere_is_explained(r2, tmp_path, monkeypatch):
    (tmp_path / "trip").mkdir()
    save(tmp_path / "trip" / "f.json", (2, 3, 0.9), video=Path("short.mp4"))
    monkeypatch.chdir(tmp_path)
    code, _, err = r2("cut", "trip/f.json", "--clips", "c")
    assert code == 3
    assert f"short.mp4: there is no such file in {tmp_path} or {tmp_path}/trip - " in one_line(err)
    with open("trip/f.json") as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        code, _, err = r2("cut", "-", "--clips", "c")
    assert code == 3
    assert f"short.mp4: there is no such file in {tmp_path} - " in one_line(err)
