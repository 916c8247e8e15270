"""Anybody's own set: JSON lines or CSV, checked line by line."""

from __future__ import annotations

import json

import pytest

from r2cli.datasets.custom import CUSTOM
from r2cli.errors import UnreadableInputError


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "a.mp4").touch()
    (tmp_path / "b.mkv").touch()
    return tmp_path


def read(folder):
    return list(CUSTOM.samples(folder, "val"))


def test_json_lines(folder):
    rows = [
        {"video": "a.mp4", "query": " a dog jumps ", "windows": [[3.5, 8], [10, 12.25]], "saliency": [0, 0.5, 1]},
        {"video": "b", "query": "a cat", "windows": [], "duration": 30, "id": "mine"},
    ]
    (folder / "val.jsonl").write_text("\n".join(map(json.dumps, rows)))
    first, second = read(folder)
    assert (first.id, first.video, first.query) == (0, "a.mp4", "a dog jumps")
    assert first.windows == ((3.5, 8), (10, 12.25))
    assert first.ratings.tolist() == [[0], [2], [4]]
    assert (second.id, second.windows, second.ratings, second.duration) == ("mine", (), None, 30)


def test_csv_says_the_same(folder):
    (folder / "val.csv").write_text(
        'video,query,windows,saliency\na.mp4,"a dog, jumping",3.5-8; 10-12.25,0 0.5 1\nb,a cat,,\n'
    )
    first, second = read(folder)
    assert (first.query, first.windows) == ("a dog, jumping", ((3.5, 8), (10, 12.25)))
    assert first.ratings.tolist() == [[0], [2], [4]]
    assert (second.windows, second.ratings) == ((), None)


GOOD = '{"video": "a.mp4", "query": "q", "windows": []}\n'


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"video": "a.mp4", "query": "q"}', "'windows' is missing"),
        ('{"video": "a.mp4", "query": " ", "windows": []}', "'query' is empty"),
        ('{"video": "c.mp4", "query": "q", "windows": []}', "there is no video c.mp4"),
        ('{"video": "../a.mp4", "query": "q", "windows": []}', "'../a.mp4' is not the name of a video"),
        ('{"video": "a.mp4", "query": "q", "windows": [[8, 3]]}', "not 8-3"),
        ('{"video": "a.mp4", "query": "q", "windows": [[-1, 3]]}', "not -1-3"),
        ('{"video": "a.mp4", "query": "q", "windows": [[1]]}', "'windows' must be a list of"),
        ('{"video": "a.mp4", "query": "q", "windows": "1-2"}', "'windows' has a value of the wrong kind"),
        ('{"video": "a.mp4", "query": "q", "windows": [[9, 11]], "duration": 9}', "begins after the video's end at 9"),
        ('{"video": "a.mp4", "query": "q", "windows": [], "saliency": [2]}', "'saliency' must be a number from 0 to 1"),
        ('{"video": "a.mp4", "query": "q", "windows": [], "saliency": ["a"]}', "'saliency' must be a list of numbers"),
        ('{"video": "a.mp4", "query": "q", "windows": [], "window": []}', "'window' means nothing here"),
        ('{"video": "a.mp4", "query": "q", "windows": [], "id": 0}', "there is a line with the id 0 already"),
        ('{"video": true, "query": "q", "windows": []}', "'video' has a value of the wrong kind"),
        ("nonsense", "no JSON"),
    ],
)
def test_what_is_wrong_with_a_line_is_said(folder, line, told):
    (folder / "val.jsonl").write_text(GOOD + "\n" + line)
    with pytest.raises(UnreadableInputError) as caught:
        read(folder)
    assert told in caught.value.message
    assert caught.value.message.startswith(f"{folder / 'val.jsonl'}, line 3: ")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("a.mp4,q,1:2", "expected windows as in 1-4.5; 7-9"),
        ("a.mp4,q,1-2,3,4", "more fields than the heading names"),
        (",q,1-2", "'video' is missing"),
    ],
)
def test_what_is_wrong_with_a_row_of_csv_is_said(folder, row, told):
    (folder / "val.csv").write_text(f"video,query,windows\na.mp4,q,1-2\n{row}\n")
    with pytest.raises(UnreadableInputError) as caught:
        read(folder)
    assert caught.value.message.startswith(f"{folder / 'val.csv'}, line 3: ")
    assert told in caught.value.message


def test_what_is_no_text_is_said(folder):
    (folder / "val.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UnreadableInputError, match=r"cannot read .*val\.jsonl"):
        read(folder)
