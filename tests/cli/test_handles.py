"""`--pad`: so much before and after each moment, in clips, reels and files for editing programs alike."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from r2cli.amounts import read_pad
from r2cli.cuts import Pad
from tests.cli.commands.test_cut import save
from tests.cli.commands.test_find import one_line
from tests.export.json.test_schema import check
from tests.video.clips import numbers_in

EVENT = re.compile(r"^\d{3}  .* (\S+) (\S+) \S+ \S+$", re.MULTILINE)


def pictures(edl: Path) -> list[range]:
    """What the pieces of a list show, in the numbers of a film of 10 pictures a second, each of which counts thrice."""

    def number(label: str) -> int:
        hours, minutes, seconds, frames = map(int, label.split(":"))
        return ((hours * 60 + minutes) * 60 + seconds) * 10 + frames // 3

    return [range(number(first), number(stop)) for first, stop in EVENT.findall(edl.read_text())]


@pytest.fixture
def here(films, tmp_path, monkeypatch) -> Path:
    """The current folder, with `f.json`, of moments at both ends of a film and in its middle."""
    monkeypatch.chdir(tmp_path)
    save(Path("f.json"), (0.3, 1.0, 0.9), (4.0, 4.6, 0.8), (7.5, 8.0, 0.7), video=films / "short.mp4")
    return tmp_path


@pytest.mark.parametrize(
    ("text", "pad"),
    [
        ("1.5", Pad(1.5, 1.5)),
        ("1.5s,500ms", Pad(1.5, 0.5)),
        ("2,0", Pad(2, 0)),
        ("0s, 1:00", Pad(0, 60)),
        ("0ms", Pad()),
    ],
)
def test_one_time_for_both_sides_or_one_for_each(text, pad):
    assert read_pad(text) == pad


@pytest.mark.parametrize("text", ["", ",", "1,", ",1", "1,2,3", "-1,0", "nan", "1;2", "1e9,1"])
def test_what_is_no_padding(text):
    with pytest.raises(ValueError, match=r"is no length|more than two times"):
        read_pad(text)


def test_handles_are_what_clips_are_padded_with(r2, here):
    """To the picture: the film's own, which have their numbers drawn on them."""
    pad = ("--pad", "500ms,1")
    assert r2("cut", "f.json", "--clips", "clips", *pad, "--name", "{start}", "--quiet")[0] == 0
    assert r2("export", "f.json", "--out", "cut.edl", *pad) == (0, "", "r2: wrote cut.edl\n")
    clips = [numbers_in(clip) for clip in sorted(Path("clips").iterdir())]
    assert clips == [list(range(20)), list(range(35, 56)), list(range(70, 80))]
    assert [list(piece) for piece in pictures(Path("cut.edl"))] == clips


def test_what_was_cut_has_the_moment_marked_too(r2, here):
    """As the edit of the same moments with handles has, to the picture."""
    words = ("cut", "f.json", "--clips", "clips", "--pad", "500ms,1", "--quiet")
    code, out, _ = r2(*words, "--json", "--out", "cut.edl")
    assert (code, [one["moment"]["start"] for one in json.loads(out)["clips"]]) == (0, [0.3, 4.0, 7.5])
    check("findings.json", out)
    Path("cut.json").write_text(out)
    assert r2("export", "cut.json", "--out", "again.edl", "--quiet")[0] == 0
    assert r2("export", "f.json", "--out", "asked.edl", "--pad", "0.5,1", "--quiet")[0] == 0
    cut, again, asked = (Path(name).read_text().splitlines() for name in ("cut.edl", "again.edl", "asked.edl"))
    assert cut == again
    for line, other in zip(cut, asked, strict=True):
        if not line.startswith("* COMMENT"):
            assert line[:40].split("RED")[0] == other[:40].split("RED")[0]
    assert pictures(Path("cut.edl")) == pictures(Path("asked.edl"))


def test_each_command_that_finds_gives_handles(r2, films, random_model, here):
    film, model = films / "short.mp4", ("--model", random_model)
    for name, words in (
        ("find", (film, "a dog", "--top", "1")),
        ("highlight", (film, "--top", "1", "--domain", "none", *model)),
        ("summarize", (film, "--ratio", "0.2", "--domain", "none", "--dry-run", "--format", "edl", *model)),
    ):
        out = ("--out", f"{name}.edl") if name != "summarize" else ()
        plain, padded = (
            r2(name, *words, *out, *more, "--quiet", *force)
            for more, force in (((), ()), (("--pad", "1,0.5"), ("--force",)[: bool(out)]))
        )
        assert (plain[0], padded[0]) == (0, 0), padded
        assert "END" in (Path(f"{name}.edl").read_text() if out else padded[1]), name


def test_a_reel_and_an_edit_are_padded_alike(r2, here):
    words = ("cut", "f.json", "--reel", "r.mp4", "--pad", "0.5,1", "--json", "--quiet")
    code, out, err = r2(*words)
    assert (code, err) == (0, "")
    asked = [tuple(part["asked"].values()) for part in json.loads(out)["reel"]["parts"]]
    assert asked == [(0.0, 2.0), (3.5, 5.6), (7.0, 8.0)]


@pytest.mark.parametrize(
    "words",
    [
        ("export", "f.json", "--out", "a.csv", "--pad", "1"),
        ("find", "gone.mp4", "a dog", "--pad", "1"),
        ("find", "gone.mp4", "a dog", "--out", "a.json", "--pad", "1"),
        ("highlight", "gone.mp4", "--out", "a.html", "--pad", "1,2"),
        ("summarize", "gone.mp4", "--pad", "0"),
    ],
)
def test_padding_of_nothing_is_refused(r2, here, words):
    code, out, err = r2(*words)
    assert (code, out) == (2, "")
    assert re.search(r"--pad has nothing to act on - .*an editing program, as cut.edl$", one_line(err))
    assert not Path("a.csv").exists()
