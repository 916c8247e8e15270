"""Chapters, as FFmpeg writes them into a film, and as YouTube takes them."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import av
import pytest

from r2cli.export.chapters import write_ffmetadata, write_youtube
from r2cli.export.document import Document
from r2cli.export.rows import timeline_of
from r2cli.findings import Moment
from r2cli.video import ffmpeg_path
from tests.export.documents import DOCUMENTS, FOUND, NASTY, ODD, SEVERAL


def put_into(film: Path, document: Document, target: Path) -> list[tuple[float, float, str]]:
    """Start, end and title of the chapters of a film after FFmpeg has put them there."""
    chapters = target.with_suffix(".ffmeta")
    chapters.write_bytes(write_ffmetadata(document))
    command = [ffmpeg_path(), "-v", "error", "-i", film, "-i", chapters, "-map_chapters", "1", "-c", "copy", target]
    subprocess.run(command, check=True)
    with av.open(str(target)) as container:
        return [
            (float(one["start"] * one["time_base"]), float(one["end"] * one["time_base"]), one["metadata"]["title"])
            for one in container.chapters()
        ]


def test_chapters_of_a_film(films, tmp_path):
    read = put_into(films / "short.mp4", DOCUMENTS["summary"], tmp_path / "x.mkv")
    assert [chapter[:2] for chapter in read] == [(1.5, 3.0), (7.0, 8.25)]


def test_chapters_do_not_overlap(films, tmp_path):
    read = put_into(films / "short.mp4", Document((ODD,)), tmp_path / "x.mkv")
    assert [chapter[:2] for chapter in read] == [(0.0, 2.0), (2.0, 2.0), (10.0, 11.0), (11.0, 9e6)]


@pytest.mark.parametrize("text", NASTY)
def test_titles_are_titles(films, tmp_path, text):
    (found,) = (found for found in SEVERAL if found.query == text)
    ((_, _, title),) = put_into(films / "short.mp4", Document((found,)), tmp_path / "x.mkv")
    assert title == timeline_of(Document((found,)))[0].label


def test_chapters_of_a_reel_are_its_parts(films, tmp_path):
    read = put_into(films / "short.mp4", DOCUMENTS["reel"], tmp_path / "x.mkv")
    assert [chapter[:2] for chapter in read] == [(0.0, 1.5), (1.5, 2.75)]
    assert read[1][2] == "odd"


def lines(*starts: float, duration: float = 3600.0) -> list[str]:
    """The list for moments that are each worth less than the one before."""
    moments = tuple(Moment(start, start + 1, 1 - rank / 100) for rank, start in enumerate(starts))
    found = replace(FOUND, query="dog", video=replace(FOUND.video, duration=duration), moments=moments)
    return write_youtube(Document((found,))).decode().splitlines()


def test_a_list_that_youtube_takes():
    assert lines(75.9, 3590.0) == ["0:00 Start", "1:15 dog", "59:50 dog"]
    assert lines(4.0) == ["0:00 dog"], "it begins at 0:00"
    assert lines(30.0, 39.0, 40.0, 21.0, 50.0) == ["0:00 Start", "0:30 dog", "0:40 dog", "0:50 dog"], "10 s at least"
    assert lines(3595.0) == [], "the last one too"
    assert lines(3661.0, duration=4000) == ["0:00 Start", "1:01:01 dog"]
    assert lines() == []
