"""`r2 find --queries`: many queries, one reading."""

from __future__ import annotations

import io
import json
import re
import sys

import pytest

ROW = re.compile(r"^ *(\d+) +(\d+:\d\d\.\d) +(\d+:\d\d\.\d) +(\d\.\d\d) +[▁-█│·]{14} +(\S.*?) *$", re.MULTILINE)


@pytest.fixture
def listed(tmp_path):
    """A file of two queries, as an editor on Windows may leave it."""
    path = tmp_path / "list.txt"
    path.write_bytes("\ufeff# what to look for\r\na dog jumps\r\n\r\n  the red cat sleeps \r\na dog jumps\r\n".encode())
    return path


def test_each_query_is_answered_as_if_it_were_alone(r2, films, listed):
    code, out, err = r2("find", films / "long.mp4", "--queries", listed, "--json")
    assert (code, err) == (0, "")
    results = json.loads(out)["results"]
    alone = [
        json.loads(r2("find", films / "long.mp4", query, "--json", "--no-cache")[1])["results"][0]
        for query in ("a dog jumps", "the red cat sleeps")
    ]
    assert results == alone


def test_a_video_is_read_once(r2, films, listed, monkeypatch):
    from r2cli.memory import reader

    seen = []
    really = reader.VideoReader.read
    monkeypatch.setattr(reader.VideoReader, "read", lambda self, video: seen.append(video.path) or really(self, video))
    assert r2("find", films / "short.mp4", films / "long.mp4", "--queries", listed, "--no-cache")[0] == 0
    assert seen == [films / "short.mp4", films / "long.mp4"]


def test_the_table_says_which_query_a_row_answers(r2, films, listed):
    code, out, err = r2("find", films / "long.mp4", "--queries", listed, "--top", "2")
    assert (code, err) == (0, "")
    rows = ROW.findall(out)
    assert out.splitlines()[0].split() == ["rank", "start", "end", "score", "curve", "query"]
    assert [row[4] for row in rows] == ["a dog jumps"] * 2 + ["the red cat sleeps"] * 2
    by_rank = sorted(rows, key=lambda row: int(row[0]))
    assert [row[0] for row in by_rank] == ["1", "2", "3", "4"]
    assert [row[3] for row in by_rank] == sorted((row[3] for row in rows), reverse=True)
    assert [line.rpartition("  ")[2] for line in out.splitlines()[-2:]] == ['"a dog jumps"', '"the red cat sleeps"']


def test_and_which_video_where_there_are_several(r2, films, listed):
    _, out, _ = r2("find", films / "long.mp4", films / "short.mp4", "--queries", listed, "--top", "1")
    assert out.splitlines()[0].split() == ["rank", "start", "end", "score", "curve", "query", "video"]
    assert sorted(re.split(" {2,}", row[4])[1] for row in ROW.findall(out)) == sorted(
        [str(films / "long.mp4"), str(films / "short.mp4")] * 2
    )
    assert out.splitlines()[-1].endswith(f'"the red cat sleeps"  {films / "short.mp4"}')


def test_clips_are_named_after_their_query(r2, films, listed, tmp_path):
    code, _, _ = r2("find", films / "short.mp4", "--queries", listed, "--top", "1", "--clips", tmp_path / "clips")
    assert code == 0
    names = sorted(path.name for path in (tmp_path / "clips").iterdir())
    assert [re.sub(r"_\d\d-\d\d-\d\d", "", name) for name in names] == [
        "short_a-dog-jumps.mp4",
        "short_the-red-cat-sleeps.mp4",
    ]


def test_a_list_on_standard_input(r2, films, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a dog jumps\nthe cat")))
    code, out, _ = r2("find", films / "short.mp4", "--queries", "-", "--json")
    assert code == 0
    assert [result["query"] for result in json.loads(out)["results"]] == ["a dog jumps", "the cat"]


def test_nothing_for_one_of_them(r2, films, listed):
    code, out, err = r2("find", films / "short.mp4", "--queries", listed, "--min-score", "1")
    assert (code, out) == (1, "")
    (line,) = err.splitlines()
    assert f"nothing in {films / 'short.mp4'} matches 2 of 2 queries (threshold 1.00: see --min-score)" in line
    assert re.search(r'; nearest: \S+short\.mp4 at 0:0\d\.\d, 0\.\d\d, "(a dog jumps|the red cat sleeps)"$', line)


def wrong(result: tuple[int, str, str], code: int, *words: str) -> None:
    assert result[:2] == (code, "")
    (line,) = result[2].splitlines()
    for word in words:
        assert word in line


def test_a_query_and_a_list_of_them(r2, films, listed):
    wrong(r2("find", films / "short.mp4", "a dog", "--queries", listed), 2, "'a dog'", "--queries", "leave one out")


def test_no_video(r2, listed):
    wrong(r2("find", "--queries", listed), 2, "no video", "r2 find holiday.mp4 --queries list.txt")


def test_a_missing_video_is_not_taken_for_a_query(r2, films, listed):
    code, out, err = r2("find", films / "short.mp4", "gone.mp4", "--queries", listed)
    assert code == 3
    assert "gone.mp4: there is no such file" in err
    assert out


def test_a_missing_list(r2, films, tmp_path):
    wrong(r2("find", films / "short.mp4", "--queries", tmp_path / "gone.txt"), 3, "gone.txt", "no such file")
    wrong(r2("find", films / "short.mp4", "--queries", tmp_path), 3, str(tmp_path), "cannot be read")


@pytest.mark.parametrize("content", [b"", b"# only this\n\n   \n"])
def test_a_list_without_queries(r2, films, tmp_path, content):
    (tmp_path / "list.txt").write_bytes(content)
    wrong(
        r2("find", films / "short.mp4", "--queries", tmp_path / "list.txt"), 2, "no query in it", "one query per line"
    )


@pytest.mark.parametrize("content", ["ein Hund läuft\n".encode("latin-1"), "a dog".encode("utf-16")])
def test_a_list_that_is_no_utf8(r2, films, tmp_path, content):
    (tmp_path / "list.txt").write_bytes(content)
    wrong(r2("find", films / "short.mp4", "--queries", tmp_path / "list.txt"), 3, "UTF-8")


def test_a_list_that_is_a_film(r2, films, tmp_path):
    (tmp_path / "list.txt").write_bytes(bytes(2 << 20))
    wrong(r2("find", films / "short.mp4", "--queries", tmp_path / "list.txt"), 3, "too large")
