"""Formats for editing programs: they agree to the picture, and independent readers find in them what was meant."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import pytest

from r2cli.cuts import Pad
from r2cli.export.document import Document
from r2cli.export.edit import conformed, plan_edit, reel_names
from r2cli.export.edl import write_edl
from r2cli.export.fcp7 import write_fcp7
from r2cli.export.fcpxml import write_fcpxml
from r2cli.export.otio import write_otio
from r2cli.findings import Moment, VideoSource
from r2cli.media import SoundTrack, SourceMedia
from r2cli.timecode import FrameCount
from tests.export.documents import CLIPS, DOCUMENTS, FOUND, SUMMARY

otio = pytest.importorskip("opentimelineio")

WITHOUT = Pad()
STEREO = (SoundTrack(2, 48_000),)
NTSC = Fraction(30_000, 1001)
HOUR = "01:00:00:00"
ODD_HOUR = "00:59:59;28"
SOURCES = [
    (Fraction(24_000, 1001), HOUR),
    (Fraction(24), HOUR),
    (Fraction(25), HOUR),
    (Fraction(25), ""),
    (NTSC, HOUR),
    (NTSC, "01:00:00;00"),
    (NTSC, ODD_HOUR),
    (Fraction(30), ODD_HOUR),
    (Fraction(50), HOUR),
    (Fraction(60_000, 1001), HOUR),
    (Fraction(60_000, 1001), "00:59:59;56"),
    (Fraction(12_500, 1000), HOUR),
    (Fraction(120), ""),
]
"""The rate of a source, and the timecode of its first picture."""
FIRST = dict(
    zip(
        SOURCES,
        (86_400, 86_400, 90_000, 0, 108_000, 107_892, 107_890, 107_890, 180_000, 216_000, 215_780, 90_000, 0),
        strict=True,
    )
)
"""Which picture that is from midnight, in pictures of the edit."""


def document_of(rate: Fraction, timecode: str, *moments: tuple[float, float], pad: Pad = WITHOUT) -> Document:
    path = Path("a film.mov")
    found = replace(
        FOUND,
        query="a dog jumps",
        video=VideoSource(path, 600.0, rate),
        moments=tuple(Moment(start, end, 0.9 - number / 10) for number, (start, end) in enumerate(moments)),
    )
    return Document((found,), media={path: SourceMedia(1280, 720, STEREO, timecode, "")}, pad=pad)


MOMENTS = ((1.5, 3.0), (66.6, 70.04), (599.0, 650.0))


@dataclass(frozen=True)
class Cut:
    """What a reader found of one piece, in pictures: of the source from midnight, of the record from its beginning."""

    source: int
    length: int
    at: int


def read_edl(text: bytes, count: FrameCount) -> list[Cut]:
    """Read as its columns say; the adapter does so too, where it knows the rate."""
    cuts = []
    for line in text.decode().splitlines():
        words = line.split()
        if len(words) == 8 and words[0].isdigit():
            first, stop, at, end = map(count.frames, words[4:])
            assert stop - first == end - at
            cuts.append(Cut(first, stop - first, at - plan_start(count)))
    return cuts


def plan_start(count: FrameCount) -> int:
    return count.frames(f"01:00:00{';' if count.drop else ':'}00")


def read_timeline(timeline) -> list[Cut]:
    """From what the library or one of its adapters read."""
    (track,) = timeline.video_tracks()
    cuts = []
    for clip in track.find_clips():
        source = clip.source_range
        cuts.append(
            Cut(
                source.start_time.to_frames(),
                source.duration.to_frames(),
                track.range_of_child(clip).start_time.to_frames(),
            )
        )
    return cuts


def read_fcpxml(text: bytes, rate: Fraction) -> list[Cut]:
    root = ElementTree.fromstring(text)
    sequence = root.find("./library/event/project/sequence")
    form = {one.get("id"): one for one in root.findall("./resources/format")}[sequence.get("format")]
    assert seconds(form.get("frameDuration")) == 1 / rate
    begin = seconds(sequence.get("tcStart"))
    cuts = []
    for clip in sequence.findall("./spine/asset-clip"):
        pictures = [seconds(clip.get(name)) * rate for name in ("start", "duration", "offset")]
        pictures[2] -= begin * rate
        assert all(one.denominator == 1 for one in pictures)
        cuts.append(Cut(*map(int, pictures)))
    assert len(cuts) == len(root.findall(".//asset-clip")), "none is loose"
    return cuts


def seconds(text: str) -> Fraction:
    return Fraction(text.removesuffix("s"))


def read_fcp7(text: bytes) -> list[Cut]:
    root = ElementTree.fromstring(text)
    track = root.find("./sequence/media/video/track")
    begin = int(track.find("./clipitem/file/timecode/frame").text)
    return [
        Cut(
            begin + int(item.find("in").text),
            int(item.find("out").text) - int(item.find("in").text),
            int(item.find("start").text),
        )
        for item in track.findall("clipitem")
    ]


@pytest.mark.parametrize(("rate", "timecode"), SOURCES, ids=str)
def test_all_four_agree_to_the_picture(rate, timecode):
    document = document_of(rate, timecode, *MOMENTS)
    edited, count = conformed(rate), plan_edit(document).count
    assert count == FrameCount(edited, ";" in timecode)
    expected = read_timeline(otio.adapters.read_from_string(write_otio(document).decode(), "otio_json"))
    assert read_edl(write_edl(document), count) == expected
    assert read_fcpxml(write_fcpxml(document), edited) == expected
    assert read_fcp7(write_fcp7(document)) == expected
    assert len(expected) == 3


@pytest.mark.parametrize(("rate", "timecode"), SOURCES, ids=str)
def test_a_piece_begins_with_the_picture_on_screen_and_ends_with_the_last_before_the_end(rate, timecode):
    edit = plan_edit(document_of(rate, timecode, *MOMENTS))
    for event, (start, end) in zip(edit.events, MOMENTS, strict=True):
        begin = math.floor(Fraction(str(start)) * edit.count.rate)
        stop = min(math.ceil(Fraction(str(end)) * edit.count.rate), round(600 * edit.count.rate))
        first = FIRST[rate, timecode] + begin
        assert (event.source.start + event.first, event.length) == (first, stop - begin)
    assert [event.at for event in edit.events] == [0, *(sum(e.length for e in edit.events[:n]) for n in (1, 2))]


@pytest.mark.parametrize(
    ("rate", "timecode", "labels"),
    [
        (Fraction(25), HOUR, "01:00:01:12 01:00:03:00 01:00:00:00 01:00:01:13"),
        (NTSC, ODD_HOUR, "01:00:01;12 01:00:02;28 01:00:00;00 01:00:01;16"),
        (NTSC, "", "00:00:01:14 00:00:03:00 01:00:00:00 01:00:01:16"),
        (Fraction(60_000, 1001), "00:59:59;56", "01:00:01;25 01:00:02;56 01:00:00;00 01:00:01;31"),
    ],
)
def test_the_columns_of_a_list(rate, timecode, labels):
    lines = write_edl(document_of(rate, timecode, (1.5, 3.0))).decode().splitlines()
    assert lines[:4] == [
        "TITLE: r2",
        f"FCM: {'DROP FRAME' if ';' in timecode else 'NON-DROP FRAME'}",
        "",
        f"001  A_FILM   AA/V  C        {labels}",
    ]
    assert lines[4] == "* FROM CLIP NAME: a film.mov"
    assert "* COMMENT: a dog jumps (score 0.90)" in lines
    assert lines[-1] == f"* LOC: 01:00:00{';' if ';' in timecode else ':'}00 RED     a dog jumps"


@pytest.mark.parametrize("rate", [24, 25, 30, NTSC])
def test_the_librarys_own_reader_of_lists(rate):
    document = document_of(Fraction(rate), HOUR, *MOMENTS)
    timeline = otio.adapters.read_from_string(write_edl(document).decode(), "cmx_3600", rate=float(rate))
    (track, *_) = timeline.video_tracks()
    found = [
        (one.source_range.start_time.to_frames(), one.source_range.duration.to_frames()) for one in track.find_clips()
    ]
    edit = plan_edit(document)
    assert found == [(event.source.start + event.first, event.length) for event in edit.events]
    assert {clip.name for clip in track.find_clips()} == {"a film.mov"}


@pytest.mark.parametrize(("rate", "timecode"), [(Fraction(25), HOUR), (NTSC, ODD_HOUR), (Fraction(50), "")])
def test_the_librarys_own_readers_of_apples_xml(rate, timecode):
    document = document_of(rate, timecode, *MOMENTS)
    edit = plan_edit(document)
    expected = [(event.length, event.at) for event in edit.events]
    texts = [(write_fcp7(document), "fcp_xml")]
    if rate.denominator == 1:  # the other adapter takes 1001/30000 s for 1/30 s
        texts.append((write_fcpxml(document), "fcpx_xml"))
    for text, adapter in texts:
        timeline = otio.adapters.read_from_string(text.decode(), adapter)
        if isinstance(timeline, otio.schema.SerializableCollection):
            timeline = next(iter(timeline.find_children(descended_from_type=otio.schema.Timeline)), timeline[0])
        cuts = read_timeline(timeline)  # it counts from midnight, not from the sequence's first picture
        assert [(cut.length, cut.at - cuts[0].at) for cut in cuts] == expected, adapter


def test_handles_widen_a_piece_and_leave_its_marker_where_it_is():
    pads = (Pad(), Pad(2.0, 2.0))
    plain, padded = (plan_edit(document_of(Fraction(25), HOUR, (1.5, 3.0), pad=pad)).events[0] for pad in pads)
    assert (plain.first, plain.length, plain.marked) == (37, 38, 0)
    assert (padded.first, padded.length) == (0, 125), "no picture from before the film"
    assert (padded.first + padded.marked, padded.marked_length) == (37, 38)


def read_marks(document: Document, count: FrameCount) -> dict[str, list[tuple[int, int]]]:
    """Where each format says that the moments themselves are, in pictures of the edit: the first, and how many."""
    (track,) = otio.adapters.read_from_string(write_otio(document).decode(), "otio_json").video_tracks()
    pieces = [(clip, track.range_of_child(clip).start_time.to_frames()) for clip in track.find_clips()]
    otio_marks = []
    for clip, at in pieces:
        (marker,) = clip.markers
        first = marker.marked_range.start_time - clip.source_range.start_time
        otio_marks.append((at + first.to_frames(), marker.marked_range.duration.to_frames()))
    lines = write_edl(document).decode().splitlines()
    places = [count.frames(line.split()[2]) - plan_start(count) for line in lines if line.startswith("* LOC:")]
    items = ElementTree.fromstring(write_fcp7(document)).findall("./sequence/media/video/track/clipitem")
    sevens = [
        (at - inside + first, stop - first)
        for at, inside, first, stop in (
            [int(item.find(name).text) for name in ("start", "in", "marker/in", "marker/out")] for item in items
        )
    ]
    root = ElementTree.fromstring(write_fcpxml(document))
    begin = seconds(root.find(".//sequence").get("tcStart"))
    tens = []
    for clip in root.iter("asset-clip"):
        (word,) = clip.findall("keyword")
        assert word.get("start") == clip.find("marker").get("start")
        first = seconds(clip.get("offset")) - begin - seconds(clip.get("start")) + seconds(word.get("start"))
        tens.append((int(first * count.rate), int(seconds(word.get("duration")) * count.rate)))
    firsts, lasts = places[::2], places[1::2]
    return {
        "otio": otio_marks,
        "edl": [(first, last - first + 1) for first, last in zip(firsts, lasts, strict=True)],
        "fcp7": sevens,
        "fcpxml": tens,
    }


@pytest.mark.parametrize(("rate", "timecode"), SOURCES, ids=str)
def test_all_four_agree_on_handles_and_on_what_is_between_them(rate, timecode):
    plain = plan_edit(document_of(rate, timecode, *MOMENTS))
    document = document_of(rate, timecode, *MOMENTS, pad=Pad(2.0, 0.5))
    edit = plan_edit(document)
    count = edit.count
    expected = read_timeline(otio.adapters.read_from_string(write_otio(document).decode(), "otio_json"))
    assert read_edl(write_edl(document), count) == expected
    assert read_fcpxml(write_fcpxml(document), count.rate) == expected
    assert read_fcp7(write_fcp7(document)) == expected
    begin = edit.sources[0].start
    for piece, event, (start, end) in zip(expected, plain.events, MOMENTS, strict=True):
        first = max(math.floor(Fraction(str(start - 2.0)) * count.rate), 0)
        stop = min(math.ceil(Fraction(str(end + 0.5)) * count.rate), round(600 * count.rate))
        assert (piece.source, piece.length) == (begin + first, stop - first), "handles stop at the film's ends"
        assert first <= event.first
        assert event.first + event.length <= stop
    shown = [
        (piece.at + event.first - (piece.source - begin), event.length)
        for piece, event in zip(expected, plain.events, strict=True)
    ]
    for name, marks in read_marks(document, count).items():
        assert marks == shown, name


@pytest.mark.parametrize("moment", [(0.0, 0.5), (5.0, 6.0), (0.0, 9.0), (2.0, 2.0), (3.0, 1e6)])
def test_what_a_clip_was_cut_for_lies_in_it_whatever_a_file_says(moment):
    clip = replace(CLIPS[0], start=1.0, end=3.0, moment=moment)
    (event,) = plan_edit(Document((), (), (clip,), None, DOCUMENTS["cuts"].kind)).events
    assert (event.first, event.length) == (25, 50)
    assert 0 <= event.marked < event.marked + event.marked_length <= event.length


def test_without_handles_no_end_is_marked():
    document = document_of(Fraction(25), HOUR, (1.5, 3.0))
    assert "END" not in write_edl(document).decode()
    assert "keyword" not in write_fcpxml(document).decode()


def test_sound_is_linked_channel_by_channel():
    root = ElementTree.fromstring(write_fcp7(document_of(Fraction(25), HOUR, (1.5, 3.0), (5, 6))))
    sound = root.findall("./sequence/media/audio/track")
    assert [len(track.findall("clipitem")) for track in sound] == [2, 2]
    assert [item.find("sourcetrack/trackindex").text for track in sound for item in track.findall("clipitem")] == [
        *"1122"
    ]
    ids = {item.get("id") for item in root.iter("clipitem")}
    assert {link.text for link in root.iter("linkclipref")} == ids
    described = [file for file in root.iter("file") if len(file)]
    assert len(described) == 1
    assert described[0].find("media/audio/channelcount").text == "2"


def test_a_source_without_sound_has_none_anywhere():
    document = document_of(Fraction(25), HOUR, (1.5, 3.0))
    path = document.findings[0].video.path
    silent = replace(document, media={path: SourceMedia(640, 480)})
    assert "hasAudio" not in write_fcpxml(silent).decode()
    assert ElementTree.fromstring(write_fcp7(silent)).find("./sequence/media/audio/track") is None
    assert " V     C " in write_edl(silent).decode()


def test_a_summary_is_what_it_plays_in_order():
    edit = plan_edit(Document((SUMMARY,), kind=DOCUMENTS["summary"].kind))
    assert [(event.row.start, event.row.end) for event in edit.events] == [
        (one.start, one.end) for one in sorted(SUMMARY.moments, key=lambda one: one.start)
    ]


@pytest.mark.parametrize(
    ("rate", "known"),
    [
        (Fraction(25, 2), 25),
        (Fraction(15), 30),
        (Fraction(10), 30),
        (Fraction(120), 60),
        (Fraction(120_000, 1001), Fraction(60_000, 1001)),
        (Fraction(15_000, 1001), NTSC),
        (Fraction(2717, 100), 25),
        (Fraction(29), NTSC),
    ],
)
def test_rates_that_no_program_knows(rate, known):
    assert conformed(rate) == known


def test_what_had_to_be_bent_is_said():
    assert plan_edit(document_of(Fraction(2717, 100), "", (1, 2))).notes == (
        "27.170 pictures a second are counted at 25.000: times are rounded to its pictures",
    )
    assert plan_edit(document_of(Fraction(25, 2), "", (1, 2))).notes == ()


def test_timecode_that_makes_no_sense_is_none():
    for nonsense in ("rubbish", "99:99:99:99", "01:00:00:99", "01:01:00;01"):
        assert plan_edit(document_of(NTSC, nonsense, (1, 2))).events[0].source.start == 0


def test_tapes_have_names_of_their_own():
    videos = [Path(name) for name in ("a film.mov", "b/a film.mp4", "a-film-of-mine.mp4", "犬.mp4", "猫.mp4")]
    names = reel_names(Document(()), videos)
    assert names == ["A_FILM", "A_FILM2", "A_FILM_O", "R2", "R22"]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("write", [write_edl, write_fcpxml, write_fcp7, write_otio])
def test_whatever_a_document_holds_the_file_can_be_read(name: str, write: Callable[[Document], bytes]):
    content = write(DOCUMENTS[name]).decode("utf-8")
    if write is write_otio:
        assert otio.adapters.read_from_string(content, "otio_json")
    elif write is not write_edl:
        assert ElementTree.fromstring(content) is not None
    else:
        numbered = [line for line in content.splitlines() if line[:3].isdigit()]
        assert len(numbered) == len(plan_edit(DOCUMENTS[name]).events)
        assert "\x1b" not in content
