"""Films that carry timecode, and what the formats for editing programs make of it, read from the files themselves."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import pytest

from r2cli.export.document import Document
from r2cli.export.edit import conformed, plan_edit
from r2cli.export.edl import write_edl
from r2cli.export.fcp7 import write_fcp7
from r2cli.export.fcpxml import write_fcpxml
from r2cli.findings import Moment, VideoSource
from r2cli.media import SourceMedia
from r2cli.saving.save import save
from r2cli.timecode import FrameCount
from r2cli.video import probe
from tests.export.documents import FOUND
from tests.export.test_editors import FIRST, HOUR, NTSC, read_edl, read_fcp7, read_fcpxml, read_timeline
from tests.films import run_ffmpeg

otio = pytest.importorskip("opentimelineio")

CARRIED = [
    source for source in FIRST if source[0] != 30 or ";" not in source[1]
]  # FFmpeg writes no drop-frame at a true 30, as some phones do
MOMENTS = ((0.5, 1.25), (1.4, 1.9))


def name_of(rate: Fraction, timecode: str) -> str:
    return f"{rate.numerator}-{rate.denominator} {timecode.replace(':', '.') or 'none'}.mov"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Two seconds at each rate, with sound, all of them by one FFmpeg."""
    folder = tmp_path_factory.mktemp("timecode")
    read: list[str] = ["-f", "lavfi", "-i", "sine=duration=2:sample_rate=48000"]
    write: list[str | Path] = []
    for number, (rate, timecode) in enumerate(CARRIED, start=1):
        read += ["-f", "lavfi", "-i", f"color=size=32x32:duration=2:rate={rate}"]
        stated = ["-timecode", timecode] if timecode else []
        coded = ["-c:v", "mpeg4", "-c:a", "pcm_s16le", "-ac", "2", *stated]
        write += ["-map", f"{number}:v", "-map", "0:a", *coded, folder / name_of(rate, timecode)]
    run_ffmpeg(*read, *write)
    return folder


@pytest.mark.parametrize(("rate", "timecode"), CARRIED, ids=str)
def test_all_four_agree_on_films(folder, tmp_path, rate, timecode):
    film = probe(folder / name_of(rate, timecode))
    assert film.rate == rate
    moments = tuple(Moment(start, end, 0.9) for start, end in MOMENTS)
    found = replace(FOUND, video=VideoSource(film.path, film.duration, film.rate), moments=moments)
    for suffix in ("otio", "edl", "fcpxml", "xml"):
        save(found, tmp_path / f"a.{suffix}")
    edited = conformed(rate)
    count = FrameCount(edited, ";" in timecode)
    text = (tmp_path / "a.otio").read_text(encoding="utf-8")
    cuts = read_timeline(otio.adapters.read_from_string(text, "otio_json"))
    assert read_edl((tmp_path / "a.edl").read_bytes(), count) == cuts
    assert read_fcpxml((tmp_path / "a.fcpxml").read_bytes(), edited) == cuts
    assert read_fcp7((tmp_path / "a.xml").read_bytes()) == cuts
    first, stop = (int(edited * Fraction(str(time))) for time in MOMENTS[0])
    assert cuts[0].source == FIRST[rate, timecode] + first
    assert cuts[0].length in (stop - first, stop - first + 1)
    assert "AA/V" in (tmp_path / "a.edl").read_text(encoding="utf-8")


def test_each_source_counts_as_its_own_timecode_does():
    """An edit of two cameras, of which one drops numbers: each column says what that file's own clock shows."""
    drop, plain = Path("drop.mov"), Path("plain.mov")
    document = Document(
        tuple(
            replace(FOUND, video=VideoSource(path, 60.0, NTSC), moments=(Moment(0.0, 1.0, 0.9),))
            for path in (drop, plain)
        ),
        media={drop: SourceMedia(64, 64, (), "01:00:00;00"), plain: SourceMedia(64, 64, (), "02:00:00:00")},
    )
    lines = [line for line in write_edl(document).decode().splitlines() if line[:3].isdigit()]
    assert [line.split()[4:] for line in lines] == [
        ["01:00:00;00", "01:00:01;00", "01:00:00;00", "01:00:01;00"],
        ["02:00:00:00", "02:00:01:00", "01:00:01;00", "01:00:02;00"],
    ]
    files = [file for file in ElementTree.fromstring(write_fcp7(document)).iter("file") if len(file)]
    assert [[file.find(f"timecode/{name}").text for name in ("string", "displayformat")] for file in files] == [
        ["01:00:00;00", "DF"],
        ["02:00:00:00", "NDF"],
    ]
    root = ElementTree.fromstring(write_fcpxml(document))
    assert [clip.get("tcFormat") for clip in root.iter("asset-clip")] == ["DF", "NDF"]
    assert root.find(".//sequence").get("tcFormat") == "DF"


@pytest.mark.parametrize(
    ("rate", "timecode", "label"),
    [
        (Fraction(25, 2), HOUR, "01:00:00:00"),
        (Fraction(25, 2), "01:00:00:12", "01:00:00:23"),  # the last of thirteen numbers, as FFmpeg counts them
        (Fraction(15), "01:00:00:14", "01:00:00:28"),
        (Fraction(120), "01:00:00:60", "01:00:00:30"),
        (Fraction(2717, 100), HOUR, "01:00:00:00"),
    ],
)
def test_where_no_timecode_knows_the_rate_its_clock_is_kept(rate, timecode, label):
    path = Path("odd.mov")
    found = replace(FOUND, video=VideoSource(path, 60.0, rate), moments=(Moment(0.0, 1.0, 0.9),))
    edit = plan_edit(Document((found,), media={path: SourceMedia(64, 64, (), timecode)}))
    assert edit.count.label(edit.events[0].source.start) == label


def test_a_name_in_a_list_has_an_end():
    found = replace(FOUND, query="word " * 100, moments=FOUND.moments[:1])
    lines = write_edl(Document((found,))).decode().splitlines()
    assert max(map(len, lines)) < 256
    assert [line[-15:] for line in lines if "COMMENT" in line] == ["or... (score 0.90)"[-15:]]
