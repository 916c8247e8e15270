"""Answers in files and formats, as a user asks for them: `--out`, `--format`, `--json`."""

from __future__ import annotations

import json
import os
import shutil
import threading
from pathlib import Path

import pytest

from tests.cli.commands.test_find import one_line


@pytest.fixture
def here(films, tmp_path, monkeypatch) -> Path:
    """The current folder, with one film in it."""
    shutil.copy(films / "short.mp4", tmp_path / "short.mp4")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_files_beside_the_table(r2, here):
    code, table, err = r2("find", "short.mp4", "a dog jumps", "--out", "a.json", "--out", "b.JSON")
    assert (code, err.splitlines()) == (0, ["r2: wrote a.json", "r2: wrote b.JSON"])
    assert table.startswith("rank")
    code, out, _ = r2("find", "short.mp4", "a dog jumps", "--json")
    assert Path("a.json").read_text() == Path("b.JSON").read_text() == out
    assert r2("find", "short.mp4", "a dog jumps") == (0, table, "")


def test_standard_output_takes_the_place_of_the_table(r2, here):
    _, expected, _ = r2("find", "short.mp4", "a dog jumps", "--json")
    for words in (
        ("--format", "json"),
        ("--format", "JSON", "--out", "-"),
        ("--json", "--format", "json"),
        ("--json", "--out", "-"),
    ):
        assert r2("find", "short.mp4", "a dog jumps", *words) == (0, expected, "")
    code, out, err = r2("find", "short.mp4", "a dog jumps", "--json", "--out", "a.json", "--quiet")
    assert (code, out, err) == (0, expected, "")
    assert Path("a.json").read_text() == expected


def test_a_format_that_is_named_beats_the_suffix(r2, here):
    code, out, _ = r2("find", "short.mp4", "a dog jumps", "--out", "moments.txt", "--format", "json")
    assert (code, out[:4]) == (0, "rank")
    assert json.loads(Path("moments.txt").read_text())["schema"] == 1


def test_pages_and_sheets_have_options_of_their_own(r2, here):
    films = ("--report", "a.html", "--report", "b.HTM", "--sheet", "c.png", "--sheet", "d.jpeg")
    code, out, err = r2("find", "short.mp4", "a dog jumps", *films, "--format", "csv", "--top", "1")
    assert (code, out.splitlines()[0].split(",")[0]) == (0, "rank"), "they have formats of their own"
    assert err.splitlines() == [f"r2: wrote {name}" for name in ("a.html", "b.HTM", "c.png", "d.jpeg")]
    assert b"<html" in Path("a.html").read_bytes()[:200].lower()
    assert Path("c.png").read_bytes()[:4] == b"\x89PNG"
    assert Path("d.jpeg").read_bytes()[:2] == b"\xff\xd8"
    r2("find", "short.mp4", "a dog jumps", "--out", "f.json", "--top", "1")
    assert r2("export", "f.json", "--sheet", "e.png")[0] == 0
    assert Path("e.png").read_bytes() == Path("c.png").read_bytes()


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--report", "a.pdf"), "--report a.pdf: it is called as no html - let its name end in .html or .htm"),
        (("--report", "a.png"), "--report a.png: it is called as no html"),
        (("--report", "-"), "--report -: it is called as no html"),
        (
            ("--sheet", "a.html"),
            "--sheet a.html: it is called as no png or jpeg - let its name end in .png, .jpg or .j",
        ),
        (("--sheet", "a.png", "--out", "./a.png"), "a.png is given twice"),
        (("--report", "no/a.html"), "there is no folder no"),
        (("--out", "a.doc"), "a.doc: no format is known by that suffix - take .json, "),
        (("--out", "a"), "a: no format is known by that suffix"),
        (("--out", "-"), "--out - does not say in which format"),
        (("--format", "docx"), "there is no format 'docx' - there are: json"),
        (("--out", "no/a.json"), "there is no folder no"),
        (("--out", "short.mp4", "--format", "json"), "short.mp4 exists already"),
        (("--out", "taken.json"), "taken.json exists already - choose another name, or --force"),
        (("--out", "folder.json"), "folder.json is a folder"),
        (("--out", f"{'x' * 300}.json"), ".json cannot be written to: "),
        (("--out", f"{'x' * 300}/a.json"), "there is no folder xxx"),
        (("--clips", f"{'x' * 300}"), "xxx cannot be written to: "),
        (("--reel", f"{'x' * 300}.mp4"), ".mp4 cannot be written to: "),
        (("--out", "a.json", "--out", "./a.json"), "a.json is given twice"),
        (("--out", "-", "--format", "csv", "--json"), "standard output cannot be both csv and JSON or names"),
        (("--out", "-", "--out", "-", "--json"), "- is given twice"),
    ],
)
def test_what_cannot_be_written_shows_before_any_work(r2, here, options, complaint):
    Path("taken.json").write_text("mine")
    Path("folder.json").mkdir()
    code, out, err = r2("find", "gone.mp4", "a dog jumps", *options)
    assert (code, out) == (2, "")
    assert complaint in one_line(err)
    assert Path("taken.json").read_text() == "mine"
    assert sorted(os.listdir()) == ["folder.json", "short.mp4", "taken.json"]


def test_force_overwrites_files_but_never_the_film(r2, here):
    Path("taken.json").write_text("mine")
    assert r2("find", "short.mp4", "a dog jumps", "--out", "taken.json", "--force")[0] == 0
    assert json.loads(Path("taken.json").read_text())["schema"] == 1
    film = Path("short.mp4").read_bytes()
    os.link("short.mp4", "link.mp4")
    for name in ("short.mp4", "link.mp4"):
        options = ("--out", name, "--out", "other.json", "--format", "json", "--force")
        code, out, err = r2("find", "short.mp4", "a dog jumps", *options)
        assert (code, out[:4]) == (2, "rank")
        assert f"{name} is the film itself" in err
        assert json.loads(Path("other.json").read_text())["schema"] == 1
    assert Path("short.mp4").read_bytes() == film
    options = ("--reel", "reel.mp4", "--out", "reel.mp4", "--format", "csv", "--force")
    code, _, err = r2("find", "short.mp4", "a dog jumps", *options)
    assert code == 2
    assert "reel.mp4 is the film itself" in err
    assert Path("reel.mp4").stat().st_size > 1000


def test_a_name_that_is_taken_meanwhile(r2, here, monkeypatch):
    from r2cli.cli.commands import find

    def show(*arguments, **options):
        Path("a.json").write_text("mine")

    monkeypatch.setattr(find, "show_table", show)
    code, _, err = r2("find", "short.mp4", "a dog jumps", "--out", "a.json")
    assert code == 2
    assert "a.json exists already" in one_line(err)
    assert Path("a.json").read_text() == "mine"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk to be had")
def test_a_full_disk_is_one_line(r2, here):
    Path("full.json").symlink_to("/dev/full")
    code, out, err = r2("find", "short.mp4", "a dog jumps", "--out", "full.json")
    assert (code, out[:4]) == (2, "rank")
    assert "full.json: the disk is full - make room" in one_line(err)
    assert Path("/dev/full").is_char_device()


@pytest.mark.skipif(os.name == "nt", reason="there are no named pipes")
def test_a_pipe_is_written_to_and_stays_one(r2, here):
    os.mkfifo("pipe.json")
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(Path("pipe.json").read_text()))
    reader.start()
    code, _, _ = r2("find", "short.mp4", "a dog jumps", "--out", "pipe.json")
    reader.join(timeout=30)
    assert code == 0
    assert json.loads(read[0])["schema"] == 1
    assert Path("pipe.json").is_fifo()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_that_is_read_only(r2, here):
    Path("locked").mkdir(mode=0o500)
    code, _, err = r2("find", "short.mp4", "a dog jumps", "--out", "locked/a.json")
    assert code == 2
    assert "locked cannot be written to" in one_line(err)


def test_nothing_found_is_written_too(r2, here):
    code, out, err = r2("find", "short.mp4", "gone.mp4", "a dog jumps", "--min-score", "1", "--out", "a.json")
    assert (code, out) == (3, "")
    document = json.loads(Path("a.json").read_text())
    assert (len(document["results"]), document["results"][0]["moments"], len(document["errors"])) == (1, [], 1)


def test_highlights_and_summaries(r2, here, random_model):
    code, out, _ = r2("highlight", "short.mp4", "--model", random_model, "--about", "a dog", "--out", "h.json")
    assert "ground" in json.loads(Path("h.json").read_text())["results"][0]
    options = ("--model", random_model, "--length", "2s", "--out", "film.mp4", "--out", "s.json", "--format", "json")
    code, out, _ = r2("summarize", "short.mp4", *options)
    assert (code, out.split()[0]) == (0, "at")
    document = json.loads(Path("s.json").read_text())
    assert document["reel"]["path"] == "film.mp4"
    assert Path("film.mp4").stat().st_size > 1000
    assert document["results"][0]["summary"]["length"] == 2.0
    code, out, err = r2("summarize", "short.mp4", *options, "--out", "g.mkv")
    assert "two films, film.mp4 and g.mkv" in one_line(err)


def test_a_conversation_writes_files(r2, here, monkeypatch):
    import io

    lines = b":export a.json\na dog jumps\n:export a.json\n:export a.json\n:export a.doc\n:json b.json\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines), encoding="utf-8"))
    code, _, err = r2("shell", "short.mp4")
    assert err.splitlines() == [
        "r2: nothing has been asked yet - type what to look for first",
        "r2: wrote a.json",
        "r2: a.json exists already - choose another name",
        "r2: a.doc: no format is known by that suffix - as in: :export dogs.csv",
        "r2: wrote b.json",
    ]
    assert Path("a.json").read_text() == Path("b.json").read_text()


def test_every_format_by_name_and_by_suffix(r2, here):
    from r2cli.export.formats import FORMATS

    r2("find", "short.mp4", "a dog jumps", "--out", "saved.json")
    explained = r2("find", "--help")[1]
    for form in FORMATS.values():
        names = [f"a{suffix}" for suffix in form.suffixes]
        code, out, _ = r2("export", "saved.json", "--format", form.name)
        assert (code, out != "") == (0, form.name != "youtube"), "a film of 8 s has no chapters"
        r2("export", "saved.json", "--quiet", *(word for name in names for word in ("--out", name)))
        if form.stills is None:  # pictures are no text, and a report says when and how it was written
            assert [name for name in names if Path(name).read_bytes() != out.encode()] == [], "the same in a file"
        assert all(Path(name).exists() for name in names)
        assert form.name in explained


def test_json_lines_do_not_wait_for_the_next_film(r2, here, films, capfd, monkeypatch):
    """The first line is out before the second film is read, and cut clips come last."""
    from r2cli.cli.commands import find
    from r2cli.tasks.find import search

    shutil.copy(films / "short.mp4", "b.mp4")
    seen: list[str] = []

    def watched(video, *arguments):
        seen.append(capfd.readouterr().out)
        return search(video, *arguments)

    monkeypatch.setattr(find, "search", watched, raising=False)
    monkeypatch.setattr("r2cli.tasks.find.search", watched)
    options = ("--jsonl", "--clips", "c", "--top", "1")
    code, rest, _ = r2("find", "short.mp4", "b.mp4", "a dog jumps", *options)
    assert code == 0
    assert seen[0] == ""
    (first,) = seen[1].splitlines()
    second, last = rest.splitlines()
    videos = [json.loads(line)["results"][0]["video"]["path"] for line in (first, second)]
    assert videos == ["short.mp4", "b.mp4"]
    assert (json.loads(last)["results"], len(json.loads(last)["clips"])) == ([], 2)
    _, whole, _ = r2("find", "short.mp4", "b.mp4", "a dog jumps", "--top", "1", "--json")
    assert [json.loads(line)["results"][0] for line in (first, second)] == json.loads(whole)["results"]


def test_highlights_do_not_wait_either(r2, here, films, random_model, capfd, monkeypatch):
    from r2cli.cli.commands import highlight
    from r2cli.cli.subjects import rate_video

    shutil.copy(films / "short.mp4", "b.mp4")
    seen: list[str] = []

    def watched(*arguments):
        seen.append(capfd.readouterr().out)
        return rate_video(*arguments)

    monkeypatch.setattr(highlight, "rate_video", watched)
    options = ("--model", random_model, "--about", "a dog", "--format", "jsonl")
    code, rest, _ = r2("highlight", "short.mp4", "b.mp4", *options)
    assert (code, [text.count("\n") for text in (*seen, rest)]) == (0, [0, 1, 1])


def test_times_of_several_videos_go_to_a_folder(r2, here, films):
    Path("other").mkdir()
    for name in ("b.mp4", "other/short.mp4"):
        shutil.copy(films / "short.mp4", name)
    videos = ("short.mp4", "b.mp4", "other/short.mp4")
    code, out, err = r2("find", *videos, "a dog jumps", "--out", "a.srt", "--out", "a.csv")
    assert (code, out[:4]) == (2, "rank")
    assert "srt holds the times of one video, and this answer is about 3 - name a folder, as in: --format srt" in err
    assert not Path("a.srt").exists()
    assert Path("a.csv").exists(), "the others are written all the same"
    Path("subs").mkdir()
    code, _, err = r2("find", *videos, "a dog jumps", "--out", "subs", "--format", "srt", "--quiet")
    assert (code, err) == (0, "")
    assert sorted(os.listdir("subs")) == ["b.srt", "short-2.srt", "short.srt"]
    _, alone, _ = r2("find", "short.mp4", "a dog jumps", "--format", "srt")
    assert {Path("subs", name).read_text() for name in os.listdir("subs")} == {alone}
    code, _, err = r2("find", *videos, "a dog jumps", "--out", "subs", "--format", "srt")
    assert code == 2
    assert "short.srt exists already" in one_line(err)
    code, _, err = r2("find", *videos, "a dog jumps", "--out", "subs", "--format", "csv")
    assert "subs is a folder - name a file" in one_line(err)


def test_a_line_after_a_pattern(r2, here):
    code, out, err = r2("find", "short.mp4", "a dog jumps", "--format", r"{path}\t{start:timecode}\t{score:.2f}\n")
    document = json.loads(r2("find", "short.mp4", "a dog jumps", "--json")[1])
    first = document["results"][0]["moments"][0]
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == f"short.mp4\t0:0{first['start']:.1f}\t{first['score']:.2f}"
    assert len(out.splitlines()) == len(document["results"][0]["moments"])
    code, out, err = r2("find", "short.mp4", "a dog jumps", "--format", "{path.parent}")
    assert (code, out) == (2, "")
    assert "there is no {path.parent} in templates" in one_line(err)


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_names_of_files_are_harmless_on_a_terminal(r2, here, monkeypatch):
    name = os.fsdecode(b"\x1b[31m\xff.mp4")
    shutil.copy("short.mp4", name)
    options = ["find", name, "a dog jumps", "--format", "files", "--out", "-"]
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    code, out, _ = r2(*options)
    assert (code, out) == (0, "\\x1b[31m\\udcff.mp4\n")


def test_a_disk_that_becomes_full_leaves_nothing_behind(r2, here, monkeypatch):
    import errno

    def write_half(path, content):
        with path.open("wb") as file:
            file.write(content[: len(content) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", write_half)
    code, out, err = r2("find", "short.mp4", "a dog jumps", "--out", "a.json", "--out", "b.csv")
    assert (code, out[:4]) == (2, "rank")
    assert "a.json: the disk is full - make room" in one_line(err)
    assert sorted(os.listdir()) == ["short.mp4"]
