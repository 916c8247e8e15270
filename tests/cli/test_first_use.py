"""What somebody types who has never used r2: nearly right, and answered with what is."""

from __future__ import annotations

import io
import sys

import pytest

ADDRESS = "https://video.example/watch//a?v=b&t=1/"


def refused(result: tuple[int, str, str], code: int, *words: str) -> None:
    assert result[:2] == (code, "")
    (line,) = result[2].splitlines()
    for word in words:
        assert word in line


@pytest.mark.parametrize(
    ("words", "quoted"),
    [(("dog", "jumps"), '"dog jumps"'), (("a dog", "b"), '"a dog b"'), (("the", "U.S.", "flag"), '"the U.S. flag"')],
)
def test_a_query_without_quotes(r2, films, words, quoted):
    video = films / "short.mp4"
    refused(r2("find", video, *words), 2, "put the query in quotes", f"r2 find {video} {quoted};", "--queries")
    refused(r2("find", video, films / "long.mp4", *words), 2, f"r2 find {video} {quoted};")


def test_a_query_without_quotes_where_videos_are_listed(r2, films, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(bytes(films / "short.mp4") + b"\0")))
    refused(r2("find", "-0", "dog", "jumps"), 2, "put the query in quotes", 'r2 find "dog jumps"')


@pytest.mark.parametrize("name", ["gone.mp4", "gone/film", "take.xyz"])
def test_a_video_that_is_missing_is_no_word_of_the_query(r2, films, name):
    code, out, err = r2("find", films / "short.mp4", name, "a dog jumps")
    assert code == 3
    assert out
    assert f"{name}: there is no such file" in err
    refused(r2("find", name, "a dog jumps"), 3, f"{name}: there is no such file")


@pytest.mark.parametrize("command", ["highlight", "summarize"])
def test_a_subject_where_a_video_should_be(r2, films, command):
    refused(r2(command, "the dog"), 2, '--about "the dog"')
    refused(r2("highlight", films / "short.mp4", "the", "dog"), 2, '--about "the dog"')


@pytest.mark.parametrize(
    "words",
    [
        ("find", ADDRESS, "a dog"),
        ("find", "a dog", ADDRESS),
        ("find", "film.mp4", ADDRESS, "--queries", "list.txt"),
        ("highlight", ADDRESS),
        ("summarize", ADDRESS),
        ("index", ADDRESS),
        ("shell", ADDRESS),
        ("bench", ADDRESS),
    ],
)
def test_a_link(r2, words):
    refused(r2(*words), 3, f"r2: {ADDRESS} is a link - download it first (yt-dlp can)")


def test_a_link_in_a_list(r2, tmp_path):
    (tmp_path / "list.txt").write_text(f"{ADDRESS}\n", encoding="utf-8")
    refused(r2("find", "--from-file", tmp_path / "list.txt", "a dog"), 3, f"{ADDRESS} is a link")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--device", "gpu"), ("--device: 'gpu' is not one of auto, cuda, mps, cpu",)),
        (("--pad", "1,2,3"), ("--pad: '1,2,3' is more than two times", "1.5s")),
        (("--pad", "-1"), ("--pad: '-1' is no length",)),
        (("--crossfade", "nan"), ("--crossfade: 'nan' is no length",)),
        (("--min-score", "7"), ("--min-score: '7' is no score", "40%")),
        (("--min-score", "101%"), ("'101%' is no score",)),
        (("--min-score", "4%%"), ("'4%%' is no score",)),
        (("--top", "x"), ("--top: it takes a whole number",)),
        (("--top", "0"), ("--top: it takes 1 or more",)),
        (("--tpo", "3"), ("No such option: --tpo. Did you mean '--top'?",)),
        (("--min-scor", "3"), ("Did you mean '--min-score'?",)),
    ],
)
def test_values_are_explained_in_words(r2, films, options, words):
    refused(r2("find", films / "short.mp4", "a dog", "--clips", "x", *options), 2, *words, "see: r2 find --help")


def test_times_and_shares_in_any_way_of_writing_them(r2, films, tmp_path):
    plain = r2("find", films / "short.mp4", "a dog", "--min-score", "0.4", "--json")
    assert r2("find", films / "short.mp4", "a dog", "--min-score", "40%", "--json") == plain
    video, codes = films / "short.mp4", []
    for folder, pad in (("a", "1"), ("b", "1s"), ("c", "0:01"), ("d", "0s")):
        codes.append(r2("find", video, "a dog", "--top", "1", "--clips", tmp_path / folder, "--pad", pad)[0])
    assert codes == [0, 0, 0, 0]
    sizes = [next((tmp_path / folder).iterdir()).stat().st_size for folder in "abc"]
    assert len(set(sizes)) == 1


def test_shares_of_a_video(r2, films, random_model, tmp_path):
    options = ("--model", random_model, "--json", "--quiet")
    by_share = r2("summarize", films / "short.mp4", "--ratio", "25%", "--out", tmp_path / "a.mp4", *options)
    by_number = r2("summarize", films / "short.mp4", "--ratio", "0.25", "--out", tmp_path / "b.mp4", *options)
    assert by_share[0] == by_number[0] == 0
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    refused(r2("summarize", films / "short.mp4", "--ratio", "0%"), 2, "--ratio: '0%' is no share", "15%")


@pytest.mark.parametrize("name", ['"my clips"', "'my clips'", "my clips"])
def test_quotes_around_a_name_in_a_conversation(r2, films, monkeypatch, tmp_path, name):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"a dog\n:top 1\n:clips {name}\n".encode())))
    assert r2("shell", films / "short.mp4")[0] == 0
    assert [path.name for path in tmp_path.iterdir()] == ["my clips"]


def test_a_summary_as_long_as_its_film_is_the_film(r2, films, random_model, tmp_path):
    video, out = films / "short.mp4", tmp_path / "all.mp4"
    code, table, err = r2(
        "summarize", video, "--length", "8s", "--out", out, "--model", random_model, "--domain", "none"
    )
    assert code == 0
    assert f"{video} lasts 0:08.0 only: the summary is all of it" in err
    assert out.read_bytes() == video.read_bytes()
    assert f"{out}: 0:08.000, " in table
    other = tmp_path / "all.mkv"
    assert r2("summarize", video, "--ratio", "1", "--out", other, "--model", random_model, "--domain", "none")[0] == 0
    assert other.read_bytes()[:4] == b"\x1aE\xdf\xa3"


def test_every_shot_of_a_summary_has_a_reason_of_its_own(r2, films, random_model, tmp_path):
    options = ("--out", tmp_path / "s.mp4", "--model", random_model, "--domain", "none", "--quiet")
    code, table, _ = r2("summarize", films / "long.mp4", "--ratio", "60%", *options)
    assert code == 0
    reasons = [line.split(None, 4)[4].strip() for line in table.splitlines()[1:-2]]
    assert len(set(reasons)) == len(reasons) > 1
    assert any(reason.startswith("the best of ") for reason in reasons)
