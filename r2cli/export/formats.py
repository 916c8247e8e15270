"""The table of formats."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from r2cli.export.audacity import write_audacity
from r2cli.export.chapters import write_ffmetadata, write_youtube
from r2cli.export.cues import write_srt, write_vtt
from r2cli.export.document import EVERY_KIND, Document, Kind
from r2cli.export.edl import write_edl
from r2cli.export.fcp7 import write_fcp7
from r2cli.export.fcpxml import write_fcpxml
from r2cli.export.json.findings import write_json
from r2cli.export.json.lines import write_lines
from r2cli.export.markdown import write_markdown
from r2cli.export.names import names
from r2cli.export.otio import write_otio
from r2cli.export.playlists import write_m3u, write_mpv
from r2cli.export.report.page import stills_of, write_report
from r2cli.export.separated import separated
from r2cli.export.sheet import sheet_writer, stills_of_sheet


@dataclass(frozen=True)
class Format:
    """One row of the table: a way to write a document."""

    name: str
    """What `--format` calls it."""
    suffixes: tuple[str, ...]
    """Of the files that are taken to be of this format, in lower case with their dots; none: it has to be named."""
    about: str
    """In a few words, for the list in this room's README."""
    write: Callable[[Document], bytes]
    """The whole file. Text is UTF-8 and ends with a newline, if there is any."""
    takes: frozenset[Kind] = EVERY_KIND
    """Which documents it can hold."""
    of_one_video: bool = False
    """Whether it holds the times of a single video."""
    streams: bool = False
    """Whether what it says of videos one after the other is what it says of all of them."""
    is_text: bool = True
    """Whether it is text in UTF-8; pictures are none, and names of files need not be."""
    is_edit: bool = False
    """Whether it is for editing programs: it tells of the videos' files, their timecode, size and sound, and its pieces
    can have handles."""
    stills: Callable[[Document], Iterator[tuple[Path, float]]] | None = None
    """Which pictures of the videos it shows: of which video, at which second."""


_FOUND = EVERY_KIND - {Kind.CUTS}

_ROWS = (
    Format("json", (".json",), "everything, for programs; read back by `r2 cut` and `r2 export`", write_json),
    Format("jsonl", (".jsonl", ".ndjson"), "the same, a line as soon as a video is done", write_lines, streams=True),
    Format("csv", (".csv",), "a table for spreadsheets and data frames", separated(",")),
    Format("tsv", (".tsv",), "the same, with tabs", separated("\t")),
    Format("markdown", (".md", ".markdown"), "a table for notes and issues", write_markdown),
    Format("srt", (".srt",), "subtitles, for any player", write_srt, of_one_video=True),
    Format("vtt", (".vtt",), "subtitles for the web (WebVTT)", write_vtt, of_one_video=True),
    Format("ffmetadata", (".ffmeta", ".ffmetadata"), "chapters, for FFmpeg", write_ffmetadata, of_one_video=True),
    Format("youtube", (".youtube.txt",), "chapters, for a video's description", write_youtube, of_one_video=True),
    Format("audacity", (".labels.txt",), "labels for Audacity", write_audacity, of_one_video=True),
    Format("m3u", (".m3u", ".m3u8"), "a playlist of the moments, best first (VLC)", write_m3u),
    Format("mpv", (".mpv.edl",), "the moments played one after the other by mpv", write_mpv),
    Format("otio", (".otio",), "OpenTimelineIO: Resolve, Nuke, Blender, Kdenlive", write_otio, is_edit=True),
    Format("edl", (".edl",), "CMX3600: any editing program", write_edl, is_edit=True),
    Format("fcpxml", (".fcpxml",), "Final Cut Pro, DaVinci Resolve", write_fcpxml, is_edit=True),
    Format("fcp7", (".xml",), "Final Cut Pro 7's XML: Premiere Pro, Resolve, Avid", write_fcp7, is_edit=True),
    Format(
        "html", (".html", ".htm"), "a page to review: play, untick, nudge, save", write_report, _FOUND, stills=stills_of
    ),
    Format("png", (".png",), "a contact sheet", sheet_writer("PNG"), _FOUND, is_text=False, stills=stills_of_sheet),
    Format("jpeg", (".jpg", ".jpeg"), "the same", sheet_writer("JPEG"), _FOUND, is_text=False, stills=stills_of_sheet),
    Format(
        "files", (), "names of videos with a match, best first; of clips, after `r2 cut`", names(b"\n"), is_text=False
    ),
    Format("files0", (), "the same, each ended by a zero byte, for `xargs -0`", names(b"\0"), is_text=False),
)
FORMATS: dict[str, Format] = {row.name: row for row in _ROWS}
"""Every format by name; a new one is a file in this room and a row here."""

DEFAULT = FORMATS["json"]
"""What `--json` means."""


def by_suffix(file: Path) -> Format | None:
    """The format that a file's suffix stands for; of two that fit, `.mpv.edl` and `.edl`, the longer one."""
    rows = {suffix: row for row in FORMATS.values() for suffix in row.suffixes}
    suffixes = [suffix.lower() for suffix in file.suffixes]
    fitting = (rows.get("".join(suffixes[start:])) for start in range(len(suffixes)))
    return next((form for form in fitting if form is not None), None)
