"""A closer look at moments: why one has its score."""

from __future__ import annotations

import json
import re
from importlib.resources import files

from jsonschema import Draft202012Validator


def test_a_table_and_below_it_the_reasons(r2, films):
    code, out, err = r2("find", films / "short.mp4", "a dog jumps", "--top", "2", "--explain", "2")
    assert (code, err) == (0, "")
    table, curve, words, clips, layers = out.strip().split("\n\n")
    assert r2("find", films / "short.mp4", "a dog jumps", "--top", "2")[1] == f"{table}\n\n{curve}\n"
    row = table.splitlines()[2].split()
    start = rf'Moment 2 \({row[1]} - {row[2]} of \S+short.mp4\) matches "a dog jumps" with {row[3]}\. '
    assert re.match(start + r"The model, which saw 0:00\.0 to 0:08\.0 at once, gave it \d\.\d\d\. ", words)
    assert "A moment must reach 0.00 to be shown: it has" in words
    assert "The next one in the ranking, " in words
    assert re.fullmatch(r" *0:0\d\.\d +-?\d\.\d{3} +\d\.\d{3} +-?\d\.\d{3}", clips.splitlines()[-1])
    assert [line.split()[0] for line in layers.splitlines()[2:]] == ["last"] * 4


def test_json_has_the_figures(r2, films):
    plain = json.loads(r2("find", films / "short.mp4", "a dog jumps", "--json")[1])
    document = json.loads(r2("find", films / "short.mp4", "a dog jumps", "--json", "--explain", "1")[1])
    told = document.pop("explanation")
    assert document == plain, "nothing else has changed"
    moment = plain["results"][0]["moments"][0]
    assert {key: told[key] for key in moment} == moment
    assert (told["rank"], told["query"], told["video"]) == (1, "a dog jumps", str(films / "short.mp4"))
    schema = json.loads((files("r2cli.export.json") / "schema" / "findings.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(document | {"explanation": told})
    assert set(schema["$defs"]["explanation"]["required"]) == told.keys()
    del told["kept"]
    assert not Draft202012Validator(schema).is_valid(document | {"explanation": told})


def test_a_file_of_json_beside_the_table(r2, films, tmp_path):
    options = ("--explain", "1", "--out", tmp_path / "a.json", "-q")
    code, out, _ = r2("find", films / "short.mp4", films / "long.mp4", "a dog jumps", *options)
    assert code == 0
    told = json.loads((tmp_path / "a.json").read_text())["explanation"]
    assert told["video"] == re.search(r"of (\S+\.mp4)\) matches", out)[1]
    assert r2("export", tmp_path / "a.json", "--format", "csv")[0] == 0, "who does not know the field reads the rest"


def test_the_answer_is_there_even_if_it_cannot_be_explained(r2, films, monkeypatch):
    from r2cli.errors import R2Error
    from r2cli.tasks import explain

    def refuse(*arguments, **options):
        raise R2Error("another score", "add --device cpu")

    monkeypatch.setattr(explain, "explain", refuse)
    code, out, err = r2("find", films / "short.mp4", "a dog jumps", "--explain", "1")
    assert (code, err) == (2, "r2: another score - add --device cpu\n")
    assert out == r2("find", films / "short.mp4", "a dog jumps")[1]


def test_what_cannot_be_explained_is_one_line(r2, films):
    code, out, err = r2("highlight", films / "short.mp4", "--explain", "1")
    assert (code, out) == (2, "")
    assert err.startswith("r2: a highlight's score is the mean saliency of its clips, ")
    code, out, err = r2("find", films / "short.mp4", "a dog jumps", "--explain", "1", "--format", "csv")
    assert (code, out) == (2, "")
    assert err == "r2: csv cannot hold an explanation - add --json, or leave the format out\n"
    code, out, err = r2("find", films / "short.mp4", "a dog jumps", "--explain", "99")
    assert (code, out[:4]) == (2, "rank")
    assert "there is no moment 99: there are 5 moments" in err
    assert r2("find", films / "short.mp4", "a dog jumps", "--explain", "1", "--min-score", "1", "-q") == (1, "", "")
