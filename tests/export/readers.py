"""Programs that know nothing of r2, or the grammar that a player has published: what they find in each format."""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

import av
import numpy as np
import pytest
from jsonschema import Draft202012Validator
from PIL import Image

from r2cli.export.document import Document
from r2cli.export.rows import Row, rows_of, timeline_of, videos_of
from tests.export.golden import STARTS
from tests.export.json.test_schema import SCHEMAS
from tests.export.test_markdown import rendered_text
from tests.export.test_playlists import entries
from tests.export.test_report import Page

otio = pytest.importorskip("opentimelineio")


@dataclass(frozen=True)
class Found:
    """A moment as somebody else reads it; None: the format does not say."""

    start: float | None
    end: float | None
    label: str | None = None


def as_ranked(document: Document) -> list[Found]:
    """All moments, best first."""
    return [_found(row) for row in rows_of(document)]


def in_time(document: Document) -> list[Found]:
    """Those of one video."""
    return [_found(row) for row in timeline_of(document)]


def in_edit(document: Document) -> list[Found]:
    """Video after video, each in order of time, in its own timecode."""
    rows = [row for found in document.findings for row in timeline_of(document.about(found.video.path))]
    return [Found(row.start + STARTS[row.video], row.end + STARTS[row.video], row.label) for row in rows]


def starts_only(document: Document) -> list[Found]:
    """Of the moments their beginnings, in whole seconds; the first is at 0."""
    return [Found(row.start // 10 * row.start // 1, None, row.label) for row in timeline_of(document)]


def of_videos(document: Document) -> list[Found]:
    """Each video by name."""
    return [Found(None, None, str(path)) for path in videos_of(document)]


def rows_only(document: Document) -> list[Found]:
    """That there is something for each moment."""
    return [Found(None, None) for _ in rows_of(document)]


def _found(row: Row) -> Found:
    return Found(row.start, row.end, row.label)


@dataclass(frozen=True)
class Reader:
    """Who reads a format, and what there is to be found."""

    program: str
    read: Callable[[bytes], Sequence[Found]]
    wanted: Callable[[Document], list[Found]] = as_ranked
    within: float = 1e-9
    """Seconds, how exact the format is."""


def _results(content: dict) -> list[Found]:
    Draft202012Validator(SCHEMAS["findings.json"]).validate(content)
    found = [(one, result) for result in content["results"] for one in result["moments"]]
    return [Found(one["start"], one["end"], result["query"]) for one, result in sorted(found, key=_score)]


def _score(pair: tuple[dict, dict]) -> float:
    return -pair[0]["score"]


def _json(content: bytes) -> list[Found]:
    return _results(json.loads(content))


def _lines(content: bytes) -> list[Found]:
    parts = [json.loads(line) for line in content.splitlines()]
    return _results({"schema": 1, "results": [one for part in parts for one in part["results"]], "errors": []})


def _table(dialect: str) -> Callable[[bytes], list[Found]]:
    def read(content: bytes) -> list[Found]:
        rows = csv.DictReader(io.StringIO(content.decode(), newline=""), dialect=dialect, strict=True)
        return [Found(float(row["start"]), float(row["end"]), row["query"]) for row in rows]

    return read


def _markdown(content: bytes) -> list[Found]:
    header, *rows = rendered_text(content.decode()).rows
    cells = [dict(zip(header, row, strict=True)) for row in rows]
    return [Found(_clock(row["start"]), _clock(row["end"]), row["query"]) for row in cells]


def _clock(text: str) -> float:
    seconds = 0.0
    for part in text.split(":"):
        seconds = 60 * seconds + float(part)
    return seconds


@contextmanager
def _by_ffmpeg(content: bytes, demuxer: str) -> Iterator[av.container.InputContainer]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(content)
        with av.open(str(path), format=demuxer) as opened:
            yield opened


def _cues(demuxer: str) -> Callable[[bytes], list[Found]]:
    """pysubs2 reads them too, in `test_cues.py`, but for texts that hold two times."""

    def read(content: bytes) -> list[Found]:
        with _by_ffmpeg(content, demuxer) as opened:
            cues = [(one, float(one.pts * one.time_base)) for one in opened.demux() if one.size]
            return [
                Found(start, start + float(one.duration * one.time_base), unescape(bytes(one).decode()))
                for one, start in cues
            ]

    return read


def _chapters(content: bytes) -> list[Found]:
    with _by_ffmpeg(content, "ffmetadata") as opened:
        chapters = opened.chapters()
    return [
        Found(float(one["start"] * one["time_base"]), float(one["end"] * one["time_base"]), one["metadata"]["title"])
        for one in chapters
    ]


def _youtube(content: bytes) -> list[Found]:
    """By the rules of its help page: a list from 0:00 on, in order, no chapter shorter than ten seconds."""
    found = []
    for line in content.decode().splitlines():
        match = re.fullmatch(r"((?:\d+:)?\d?\d:\d\d) (\S.*)", line)
        assert match, line
        found.append(Found(_clock(match[1]), None, match[2]))
    times = [one.start for one in found]
    assert times[0] == 0
    assert all(after - before >= 10 for before, after in zip(times, times[1:], strict=False))
    return found


def _labels(content: bytes) -> list[Found]:
    """By Audacity's manual: start, tab, end, tab, text."""
    cells = [line.split("\t") for line in content.decode().split("\n")[:-1]]
    return [Found(float(start), float(end), label) for start, end, label in cells]


def _m3u(content: bytes) -> list[Found]:
    """As VLC does: what stands between two places is about the second; a title is all after the first comma."""
    head, *lines = content.decode().split("\n")[:-1]
    assert head == "#EXTM3U"
    found: list[Found] = []
    told: dict[str, str] = {}
    for line in lines:
        if line.startswith("#EXTINF:"):
            told["title"] = line.split(",", 1)[1]
        elif line.startswith("#EXTVLCOPT:"):
            key, value = line.removeprefix("#EXTVLCOPT:").split("=", 1)
            told[key] = value
        else:
            assert not line.startswith("#"), line
            assert Path(_place(line)).is_absolute()
            found.append(Found(float(told["start-time"]), float(told["stop-time"]), told["title"]))
            told = {}
    return found


def _place(address: str) -> str:
    return unquote_to_bytes(urlsplit(address).path).decode() if address.startswith("file://") else address


def _mpv(content: bytes) -> list[Found]:
    return [Found(start, start + length) for _, start, length in entries(content)]


def _edit(adapter: str, **options: float) -> Callable[[bytes], list[Found]]:
    """Through OpenTimelineIO: what is taken out of each source."""

    def read(content: bytes) -> list[Found]:
        timeline = otio.adapters.read_from_string(content.decode(), adapter, **options)
        if isinstance(timeline, otio.schema.SerializableCollection):
            (timeline,) = timeline.find_children(descended_from_type=otio.schema.Timeline)
        found = []
        for clip in timeline.video_tracks()[0].find_clips():
            taken = clip.source_range
            label = clip.markers[0].name
            found.append(Found(taken.start_time.to_seconds(), taken.end_time_exclusive().to_seconds(), label))
        return found

    return read


def _page(content: bytes) -> list[Found]:
    page = Page(content)
    assert len(page.scripts) == 2
    results = page.data["document"]["results"]
    return [
        Found(one["start"], one["end"], results[one["result"]]["query"])
        for one in sorted(
            page.data["moments"], key=lambda one: -results[one["result"]]["moments"][one["place"]]["score"]
        )
    ]


def _sheet(content: bytes) -> list[Found]:
    """What can be seen: rows in which there is more than paper and ink."""
    pixels = np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)
    is_coloured = (pixels.max(axis=2) - pixels.min(axis=2) > 60).sum(axis=1) > 100
    begins = np.flatnonzero(is_coloured[1:] & ~is_coloured[:-1])
    return [Found(None, None)] * len(begins)


def _names(end: bytes) -> Callable[[bytes], list[Found]]:
    def read(content: bytes) -> list[Found]:
        *names, rest = content.split(end)
        assert not rest
        return [Found(None, None, name.decode()) for name in names]

    return read


READERS = {
    "json": Reader("jsonschema", _json),
    "jsonl": Reader("jsonschema, line by line", _lines),
    "csv": Reader("Python's csv", _table("excel")),
    "tsv": Reader("Python's csv", _table("excel-tab")),
    "markdown": Reader("markdown-it", _markdown, within=0.05),
    "srt": Reader("FFmpeg's demuxer", _cues("srt"), in_time, 0.001),
    "vtt": Reader("FFmpeg's demuxer", _cues("webvtt"), in_time, 0.001),
    "ffmetadata": Reader("FFmpeg's demuxer", _chapters, in_time, 0.001),
    "youtube": Reader("the rules of YouTube", _youtube, starts_only),
    "audacity": Reader("Audacity's manual", _labels, in_time, 1e-6),
    "m3u": Reader("the rules of VLC", _m3u, within=0.001),
    "mpv": Reader("mpv's grammar", _mpv, within=1e-6),
    "otio": Reader("OpenTimelineIO", _edit("otio_json"), in_edit),
    "edl": Reader("its CMX3600 adapter", _edit("cmx_3600", rate=25.0), in_edit),
    # It takes 3212/25 s for picture 3211; test_editors.py reads the fractions themselves.
    "fcpxml": Reader("its FCPX adapter", _edit("fcpx_xml"), in_edit, 0.04),
    "fcp7": Reader("its Final Cut 7 adapter", _edit("fcp_xml"), in_edit),
    "html": Reader("html.parser", _page),
    "png": Reader("Pillow", _sheet, rows_only),
    "jpeg": Reader("Pillow", _sheet, rows_only),
    "files": Reader("lines", _names(b"\n"), of_videos),
    "files0": Reader("xargs -0", _names(b"\0"), of_videos),
}
"""One for each format; whoever adds a format adds its reader."""
