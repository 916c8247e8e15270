"""Names for other programs: bytes that open the very file."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from r2cli.export.document import Document
from r2cli.export.formats import FORMATS
from r2cli.findings import Moment
from tests.export.documents import DOCUMENTS, FOUND, SEVERAL


def named(*scores: tuple[str, float]) -> Document:
    return Document(
        tuple(
            replace(FOUND, video=replace(FOUND.video, path=Path(name)), moments=(Moment(0, 1, score),))
            for name, score in scores
        )
    )


def test_each_video_once_and_the_best_first():
    document = named(("a.mp4", 0.2), ("b.mp4", 0.9), ("a.mp4", 0.95), ("c.mp4", 0.1))
    assert FORMATS["files"].write(document) == b"a.mp4\nb.mp4\nc.mp4\n"
    assert FORMATS["files"].write(DOCUMENTS["nothing"]) == b""


def test_names_come_through_to_the_byte():
    names = FORMATS["files0"].write(Document(SEVERAL)).split(b"\0")
    assert names == [*(os.fsencode(found.video.path) for found in SEVERAL), b""]
    assert FORMATS["files0"].write(DOCUMENTS["one"]) == b"caf\xe9 \x1b[31m.mp4\0"


def test_a_name_that_can_be_no_file_breaks_nothing():
    assert FORMATS["files0"].write(named(("\ud800.mp4", 0.5))) == b"\\ud800.mp4\0"


def test_clips_after_cutting():
    assert FORMATS["files"].write(DOCUMENTS["cuts"]) == b"clips/0.mp4\nclips/1.mp4\nclips/2.mp4\n"
    assert FORMATS["files"].write(DOCUMENTS["reel"]) == b"best.mp4\n"


def test_a_line_is_a_name():
    assert FORMATS["files"].write(named(("a\nb.mp4", 0.5), ("c\r\udce9.mp4", 0.4))) == b"a\\nb.mp4\nc\r\xe9.mp4\n"
