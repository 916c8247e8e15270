"""Subtitles, as FFmpeg and pysubs2 read them."""

from __future__ import annotations

import subprocess
from html import unescape
from pathlib import Path

import pysubs2
import pytest

from r2cli.export.document import Document
from r2cli.export.formats import FORMATS
from r2cli.export.rows import timeline_of
from r2cli.export.text import words
from r2cli.video import ffmpeg_path
from tests.export.documents import DOCUMENTS, FOUND, NASTY, ODD, SEVERAL

WIDE = str.maketrans("<>{}\\", "\uff1c\uff1e\uff5b\uff5d\uff3c")


def by_ffmpeg(path: Path) -> pysubs2.SSAFile:
    """What FFmpeg reads in a file, through ASS, which is its own way to keep subtitles."""
    command = [ffmpeg_path(), "-v", "warning", "-i", path, "-f", "ass", "-"]
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stderr == b""
    return pysubs2.SSAFile.from_string(done.stdout.decode("utf-8"), format_="ass")


def unescaped(text: str) -> str:
    """ASS as FFmpeg writes it, with everything that means something there made plain."""
    return text.replace("\\{{}", "{").replace("\u2060", "")


def cues(document: Document, name: str, folder: Path) -> list[pysubs2.SSAFile]:
    """The same file, read by two programs that know nothing of each other."""
    path = folder / f"x.{name}"
    path.write_bytes(FORMATS[name].write(document))
    return [pysubs2.load(str(path), encoding="utf-8"), by_ffmpeg(path)]


@pytest.mark.parametrize("name", ["srt", "vtt"])
@pytest.mark.parametrize("document", [Document((FOUND,)), Document((ODD,)), DOCUMENTS["summary"]])
def test_times_are_those_of_the_moments(tmp_path, name, document):
    rows = timeline_of(document)
    wanted = [(round(row.start * 1000), max(round(row.end * 1000), round(row.start * 1000) + 1)) for row in rows]
    for program, read in zip(("pysubs2", "ffmpeg"), cues(document, name, tmp_path), strict=True):
        assert len(read) == len(rows), program
        for cue, (start, end) in zip(read, wanted, strict=True):
            assert abs(cue.start - start) <= 10, "ASS counts hundredths"
            assert abs(cue.end - end) <= 10 or end > 1e9, "ASS ends after ten hours"


@pytest.mark.parametrize("name", ["srt", "vtt"])
@pytest.mark.parametrize("text", NASTY)
def test_names_are_words_and_nothing_else(tmp_path, name, text):
    (found,) = (found for found in SEVERAL if found.query == text)
    label = words(text) or words(found.video.path.stem) or "-"
    for program, read in zip(("pysubs2", "ffmpeg"), cues(Document((found,)), name, tmp_path), strict=True):
        if program == "pysubs2" and (("{" in text and name == "vtt") or "-->" in text):
            continue  # it takes braces in WebVTT for ASS, and any two times in a line for those of a cue
        (cue,) = read
        shown = unescape(cue.plaintext) if program == "pysubs2" else unescaped(cue.text)
        assert shown.translate(WIDE) == f"{label} (0.50)".translate(WIDE), program


def test_the_text_as_it_is():
    assert FORMATS["srt"].write(Document((ODD,))).decode().split("\n\n")[1] == (
        "2\n00:00:02,000 --> 00:00:02,001\nodd (0.90)"
    )
    assert FORMATS["vtt"].write(DOCUMENTS["nothing"]) == b"WEBVTT\n\n"
