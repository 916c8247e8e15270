"""What is set once and for all reaches commands: an option beats it, and where it has nothing to act on it waits."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from r2cli.cli.app import load_command
from r2cli.cli.commands import COMMANDS
from r2cli.settings import FLAGS, SETTINGS, config_file
from tests.cli.commands.test_cut import save
from tests.cli.commands.test_find import one_line

RENAMED = {"cut": "--cut", "clip_name": "--name", "highlight_length": "--length", "summarize_length": "--length"}
RENAMED["summarize_ratio"] = "--ratio"
ANSWER = ("a dog", "--min-score", "0", "--json", "--no-saliency")


@pytest.fixture
def here(films, tmp_path, monkeypatch) -> Path:
    """The current folder, of a project, with findings of one film."""
    monkeypatch.chdir(tmp_path)
    save(Path("f.json"), (2.0, 3.0, 0.9), (5.0, 5.5, 0.6), video=films / "short.mp4")
    return tmp_path


def write(text: str) -> None:
    config_file().parent.mkdir(parents=True, exist_ok=True)
    config_file().write_text(text, encoding="utf-8")


def parameters() -> dict[str, dict[str, Any]]:
    return {row.name: {param.name: param for param in load_command(row).params} for row in COMMANDS}


def test_every_setting_of_commands_is_the_default_of_that_option_and_of_nothing_else():
    known = parameters()
    for name in FLAGS:
        setting = SETTINGS[name]
        reached = [
            command[setting.option]
            for place, command in known.items()
            if setting.option in command and place in (setting.commands or (place,))
        ]
        assert reached, name
        flag = RENAMED.get(name, f"--{name.replace('_', '-')}")
        assert all(flag in param.opts for param in reached), name


def moments(r2, film: Path, *words: str) -> int:
    code, out, _ = r2("find", film, *ANSWER, *words)
    assert code == 0
    return len(json.loads(out)["results"][0]["moments"])


def test_how_many_moments_are_shown(r2, films, here, monkeypatch):
    film = films / "long.mp4"
    assert moments(r2, film) == 5
    write("top = 3\n")
    assert moments(r2, film) == 3
    Path("r2.toml").write_text("top = '2'\n")
    assert moments(r2, film) == 2
    monkeypatch.setenv("R2_TOP", "1")
    assert moments(r2, film) == 1
    assert moments(r2, film, "--top", "4") == 4


def test_padding_and_ways_to_cut_that_have_nothing_to_act_on_are_no_mistake(r2, films, here):
    write('pad = "0.5,250ms"\ncrossfade = 0.2\ncut = "smart"\nclip_name = "{rank}"\ndistinct = true\n')
    assert moments(r2, films / "short.mp4") > 0
    code, out, _ = r2("cut", "f.json", "--clips", "clips", "--json", "--quiet")
    first, second = json.loads(out)["clips"]
    assert (first["asked"], second["asked"]) == ({"start": 1.5, "end": 3.25}, {"start": 4.5, "end": 5.75})
    assert sorted(os.listdir("clips")) == ["1.mp4", "2.mp4"]
    code, out, _ = r2("cut", "f.json", "--clips", "others", "--pad", "0", "--ranks", "1", "--json", "--quiet")
    assert json.loads(out)["clips"][0]["asked"] == {"start": 2.0, "end": 3.0}
    assert r2("export", "f.json", "--out", "f.csv", "--quiet") == (0, "", "")
    assert r2("export", "f.json", "--out", "f.edl", "--quiet") == (0, "", "")
    assert "END a dog jumps" in Path("f.edl").read_text()
    code, _, err = r2("export", "f.json", "--out", "g.csv", "--pad", "1")
    assert (code, "--pad has nothing to act on" in err) == (2, True)


def test_where_clips_go(r2, here):
    write(f'clips = "{here / "mine"}"\n')
    assert r2("cut", "f.json", "--quiet")[0] == 0
    assert len(os.listdir("mine")) == 2
    Path("r2.toml").write_text('clips = "ours"\n')
    (here / "sub").mkdir()
    os.chdir("sub")
    assert r2("cut", "../f.json", "--quiet", "--ranks", "1")[0] == 0
    os.chdir("..")
    assert len(os.listdir("ours")) == 1
    assert r2("cut", "f.json", "--reel", "reel.mp4", "--quiet")[0] == 0
    assert len(os.listdir("ours")) == 1, "a reel was asked for, and no clips"


def test_quiet_and_colours_can_be_taken_back(r2, here):
    write("quiet = true\ncolor = 'always'\n")
    assert r2("export", "f.json", "--out", "a.csv") == (0, "", "")
    assert r2("export", "f.json", "--out", "b.csv", "--no-quiet") == (0, "", "r2: wrote b.csv\n")
    code, out, err = r2("cut", "f.json", "--clips", "c", "--ranks", "1")
    assert (code, err) == (0, "")
    assert "\x1b[" in out
    assert "\x1b[" not in r2("cut", "f.json", "--clips", "d", "--ranks", "1", "--color", "never")[1]


def test_length_and_share_of_a_summary(r2, films, random_model, here):
    def seconds(*words: str) -> float:
        words = (films / "long.mp4", "--model", random_model, "--domain", "none", "--json", "--dry-run", *words)
        code, out, err = r2("summarize", *words, "--quiet")
        assert code == 0, err
        return json.loads(out)["results"][0]["summary"]["length"]

    write("summarize_ratio = 0.5\nhighlight_length = '3s'\n")
    assert seconds() == pytest.approx(17.0)
    assert seconds("--length", "5s") == 5.0
    Path("r2.toml").write_text("summarize_length = '4s'\n")
    assert seconds() == 4.0, "the project's, which is nearer"
    assert seconds("--ratio", "0.25") == pytest.approx(8.5)
    Path("r2.toml").write_text("summarize_length = '4s'\nsummarize_ratio = '10%'\n")
    code, _, err = r2("summarize", films / "long.mp4")
    assert code == 2
    assert (
        one_line(err)
        == f"r2: {here / 'r2.toml'}: both summarize_length and summarize_ratio are set - remove one of them"
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("top = 0", "top: '0' is no whole number from 1"),
        ("top = 'many'", "top: 'many' is no whole number from 1"),
        ("top = true", "top must be a number, or text in quotes - as in: top = 5"),
        ("min_score = 40", "min_score: '40' is no score: write one from 0 to 1, as 0.4 or 40%"),
        ("pad = '1,2,3'", "pad: '1,2,3' is more than two times"),
        ("pad = 5000000", "pad: '5000000' is no length: it is longer than any film"),
        ("crossfade = -1", "crossfade: '-1' is no length"),
        ("cut = 'nicely'", "cut is 'nicely' - choose one of: exact, copy, smart"),
        ("snap = 'cut'", "snap is 'cut' - choose one of: none, shot"),
        ("quiet = 'rather'", "quiet is 'rather' - choose one of: true, false"),
        ("quiet = 1", "quiet must be true or false - as in: quiet = true"),
        ("summarize_ratio = 1.5", "summarize_ratio: '1.5' is no share"),
        ("clip_name = 'always the same'", "clip_name: 'always the same' names no clips"),
        ("clip_name = '{nonsense}'", "clip_name: '{nonsense}' names no clips (there is no {nonsense})"),
    ],
)
def test_what_makes_no_sense_is_named_with_its_file(r2, here, line, said):
    for path in (config_file(), here / "r2.toml"):
        write("") if path == config_file() else config_file().unlink()
        path.write_text(line)
        code, out, err = r2("cut", "f.json", "--clips", "clips")
        assert (code, out) == (2, "")
        assert one_line(err).startswith(f"r2: {path}: {said}")
    assert not Path("clips").exists()


def test_a_variable_is_named_too(r2, here, monkeypatch):
    monkeypatch.setenv("R2_CLIP_NAME", "{x}")
    assert one_line(r2("cut", "f.json", "--clips", "clips")[2]).startswith("r2: R2_CLIP_NAME: '{x}' names no clips")
    monkeypatch.setenv("R2_CLIP_NAME", "{rank}")
    monkeypatch.setenv("R2_QUIET", "maybe")
    assert one_line(r2("cut", "f.json", "--clips", "c")[2]) == "r2: R2_QUIET is 'maybe' - choose one of: true, false"
    for word, said in (("1", ""), ("YES", ""), ("off", "r2: wrote x.csv\n")):
        monkeypatch.setenv("R2_QUIET", word)
        assert r2("export", "f.json", "--out", "x.csv", "--force")[2] == said


def test_a_conversation_cuts_as_it_is_set(r2, films, here, monkeypatch):
    import io

    write('pad = 0.5\nclip_name = "{rank}"\n')
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a dog\n:top 1\n:clips clips\n"), encoding="utf-8"))
    code, out, err = r2("shell", films / "short.mp4", "--json", "--min-score", "0")
    assert (code, err) == (0, "")
    *_, shown, cut = map(json.loads, out.splitlines())
    (moment,) = shown["results"][0]["moments"]
    assert cut["clips"][0]["asked"]["start"] == max(moment["start"] - 0.5, 0)
    assert os.listdir("clips") == ["1.mp4"]
