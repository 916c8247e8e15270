"""What goes with the picture: sound that nothing here can read, subtitles and chapters."""

from __future__ import annotations

import hashlib
import struct
from fractions import Fraction
from pathlib import Path

import av
import pytest

from r2cli.cuts import CutMode
from r2cli.video import probe
from r2cli.video.cutting.plan import plan_clip
from r2cli.video.cutting.write import write_clip
from r2cli.video.reel.write import write_reel
from tests.films import make_film, run_ffmpeg
from tests.video.clips import ENCODERS, add_clicks, clicks_in, numbers_in

SUBTITLES = ((0.2, 1.5, "one"), (2.0, 4.4, "two"), (4.6, 5.0, "three"), (5.6, 5.9, "four"))
CHAPTERS = ((0, 2500, "First; part=1"), (2500, 4800, "Second"), (4800, 6000, "Third"))


def cut(film: Path, mode: CutMode, folder: Path, start: float = 3.3, end: float = 5.2):
    plan = plan_clip(probe(film), start, end, mode)
    return write_clip(plan, folder / f"clip{plan.suffix}")


def unreadable(film: Path, tracks: tuple[int, ...]) -> Path:
    """Give sound tracks of an MP4 a code that FFmpeg does not know."""
    data = bytearray(film.read_bytes())
    places = [place for place in range(len(data)) if data.startswith(b"mp4a", place)]
    for track in tracks:
        data[places[track] : places[track] + 4] = b"zzzz"
        box = data.find(b"esds", places[track])
        data[box : box + 4] = b"free"
    film.write_bytes(data)
    return film


@pytest.fixture
def silent(tmp_path) -> Path:
    return make_film(tmp_path / "silent.mp4", frames=150, encoder=(*ENCODERS["h264"], "-g", "25"))


@pytest.mark.parametrize("mode", CutMode)
@pytest.mark.parametrize("lost", [0, 1])
def test_sound_that_nothing_here_can_read(silent, tmp_path, mode, lost):
    film = unreadable(add_clicks(silent, tmp_path / "film.mp4", 6, tracks=2), (lost,))
    clip = cut(film, mode, tmp_path)
    assert clip.mode is mode
    assert clip.note == f"{film}: its clips are without sound track {lost + 1}, which cannot go along"
    assert probe(clip.path).audio_streams == 1
    clicks = [second - clip.start for second in (3, 4, 5) if second >= clip.start]
    assert clicks_in(clip.path) == pytest.approx(clicks, abs=0.03)


def test_a_reel_takes_the_first_sound_that_it_can_read(silent, tmp_path):
    film = unreadable(add_clicks(silent, tmp_path / "film.mp4", 6, tracks=2), (0,))
    reel = write_reel([plan_clip(probe(film), 3.2, 5.2)], tmp_path / "reel.mp4")
    assert reel.note == f"the reel is without sound that cannot be decoded: {film} has some"
    assert clicks_in(reel.path) == pytest.approx([0.8, 1.8], abs=0.02)


@pytest.mark.parametrize("mode", CutMode)
def test_nothing_but_sound_that_nothing_can_read(silent, tmp_path, mode):
    film = unreadable(add_clicks(silent, tmp_path / "film.mp4", 6), (0,))
    clip = cut(film, mode, tmp_path)
    assert clip.note == f"{film}: its clips are without sound track, which cannot go along"
    assert probe(clip.path).audio_streams == 0
    reel = write_reel([plan_clip(probe(film), 3.2, 5.2)], tmp_path / "reel.mp4")
    assert reel.note == f"the reel is without sound that cannot be decoded: {film} has some"


def told(folder: Path, name: str, codec: str, *encoder: str) -> Path:
    """A film with subtitles in two languages, and chapters."""
    clock = "00:00:{:06.3f}".format
    lines = [f"{clock(start)} --> {clock(end)}\n{text}\n" for start, end, text in SUBTITLES]
    (folder / "text.srt").write_text(
        "\n".join(f"{n}\n{line}" for n, line in enumerate(lines, start=1)).replace(".", ",")
    )
    marks = [f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={start}\nEND={end}\ntitle={title}" for start, end, title in CHAPTERS]
    escaped = "\n".join(marks).replace("; part=1", "\\; part\\=1")
    (folder / "chapters").write_text(f";FFMETADATA1\n{escaped}\n")
    plain = make_film(folder / "plain.mp4", frames=150, encoder=(*ENCODERS["h264"], "-g", "25"))
    text = ["-i", folder / "text.srt"]
    maps = [*("-map", "0:v", "-map", "1", "-map", "2", "-map_chapters", "3"), *(encoder or ("-c:v", "copy"))]
    spoken = ["-metadata:s:s:0", "language=ger", "-metadata:s:s:1", "language=fre", "-disposition:s:1", "forced"]
    run_ffmpeg("-i", plain, *text, *text, "-i", folder / "chapters", *maps, "-c:s", codec, *spoken, folder / name)
    return folder / name


def subtitles_in(path: Path, track: int) -> list[tuple[float, float, str]]:
    with av.open(str(path)) as container:
        stream = container.streams.subtitles[track]
        packets = [(p.pts * p.time_base, p.duration * p.time_base, bytes(p)) for p in container.demux(stream) if p.size]
    words = [(at, length, data.split(b",")[-1].lstrip(bytes(range(32))).decode()) for at, length, data in packets]
    return [(float(at), float(at + length), text) for at, length, text in words if text]


def chapters_in(path: Path) -> list[tuple[float, float, str]]:
    with av.open(str(path)) as container:
        return [
            (float(c["start"] * c["time_base"]), float(c["end"] * c["time_base"]), c["metadata"]["title"])
            for c in container.chapters()
        ]


VP9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "25")
TOLD = {
    "mkv": ("film.mkv", "srt"),
    "ass": ("film.mkv", "ass"),
    "mp4": ("film.mp4", "mov_text"),
    "mov": ("film.mov", "mov_text"),
    "webm": ("film.webm", "webvtt", *VP9),
}


@pytest.mark.parametrize("mode", CutMode)
@pytest.mark.parametrize("kind", TOLD)
def test_subtitles_and_chapters_go_along(tmp_path, kind, mode):
    film = told(tmp_path, *TOLD[kind])
    clip = cut(film, mode, tmp_path)
    assert (clip.mode, clip.note) == (mode, "")
    length = clip.end - clip.start
    expected = [
        (max(start - clip.start, 0), min(end - clip.start, length), text)
        for start, end, text in SUBTITLES
        if start < clip.end and end > clip.start
    ]
    assert [text for _, _, text in expected] == ["two", "three"]
    for track in (0, 1):
        came = subtitles_in(clip.path, track)
        assert [text for _, _, text in came] == ["two", "three"]
        for (start, end, _), (due, until, _) in zip(came, expected, strict=True):
            assert (start, end) == (pytest.approx(due, abs=0.002), pytest.approx(until, abs=0.002))
    with av.open(str(clip.path)) as container:
        languages = [stream.language for stream in container.streams.subtitles]
    assert languages == ["ger", "fre"] or (kind == "mov" and languages[0] == "ger")  # QuickTime has no French for it
    marks = [
        (max(start / 1000 - clip.start, 0), min(end / 1000 - clip.start, length), title)
        for start, end, title in CHAPTERS
        if end / 1000 > clip.start and start / 1000 < clip.end
    ]
    found = chapters_in(clip.path)
    assert [title for _, _, title in found] == [title for _, _, title in marks]
    for (start, end, _), (due, until, _) in zip(found, marks, strict=True):
        assert (start, end) == (pytest.approx(due, abs=0.002), pytest.approx(until, abs=0.002))


def test_a_reel_says_that_it_has_no_subtitles(tmp_path):
    film = told(tmp_path, *TOLD["mkv"])
    reel = write_reel([plan_clip(probe(film), 3.2, 5.2)], tmp_path / "reel.mp4")
    assert reel.note == f"the reel has no subtitles: {film} has some"


def test_a_clip_within_one_chapter_has_its_name(tmp_path):
    film = told(tmp_path, *TOLD["mp4"])
    clip = cut(film, CutMode.EXACT, tmp_path, 2.6, 3.6)
    assert chapters_in(clip.path) == [(0.0, pytest.approx(1.0, abs=0.002), "Second")]


def drawn_subtitles(path: Path) -> Path:
    """A Blu-ray's subtitles: pictures, each of which stays until the next one; the last but one is empty."""

    def segment(at: float, kind: int, data: bytes) -> bytes:
        return b"PG" + struct.pack(">IIBH", round(at * 90_000), 0, kind, len(data)) + data

    def shown(at: float, number: int) -> bytes:
        screen = struct.pack(">HHBHBBBB", 160, 96, 0x10, number, 0x80, 0, 0, 1) + struct.pack(">HBBHH", 0, 0, 0, 8, 8)
        window = b"\x01" + struct.pack(">BHHHH", 0, 8, 8, 8, 2)
        palette = b"\x00\x00" + bytes((1, 200 + number, 128, 128, 255))
        pixels = b"\x01" * 8 + b"\x00\x00" + b"\x01" * 8 + b"\x00\x00"
        thing = (
            struct.pack(">HBB", 0, 0, 0xC0) + (len(pixels) + 4).to_bytes(3, "big") + struct.pack(">HH", 8, 2) + pixels
        )
        parts = ((0x16, screen), (0x17, window), (0x14, palette), (0x15, thing), (0x80, b""))
        return b"".join(segment(at, kind, data) for kind, data in parts)

    def cleared(at: float, number: int) -> bytes:
        return segment(at, 0x16, struct.pack(">HHBHBBBB", 160, 96, 0x10, number, 0, 0, 0, 0)) + segment(at, 0x80, b"")

    path.write_bytes(shown(1, 1) + cleared(1.5, 2) + shown(2, 3) + shown(4.2, 4) + cleared(4.8, 5) + shown(5.8, 6))
    return path


def test_drawn_subtitles(silent, tmp_path):
    film = tmp_path / "film.mkv"
    drawn = drawn_subtitles(tmp_path / "drawn.sup")
    run_ffmpeg("-copyts", "-i", silent, "-i", drawn, "-map", "0", "-map", "1", "-c", "copy", film)
    clip = cut(film, CutMode.COPY, tmp_path)
    assert clip.note == ""
    with av.open(str(film)) as source, av.open(str(clip.path)) as copy:
        wanted, came = (
            [(packet.pts * packet.time_base, digest(packet)) for packet in one.demux(subtitles=0) if packet.size]
            for one in (source, copy)
        )
    begin = Fraction(clip.start)
    assert came == [
        (max(at - begin, Fraction(0)), data) for at, data in wanted[2:5]
    ]  # from the one that is shown at 3 s
    exact = cut(film, CutMode.EXACT, tmp_path)
    assert exact.note == f"{film}: its clips are without subtitles (hdmv_pgs_subtitle), which cannot go along"


def digest(packet: av.Packet) -> str:
    return hashlib.sha256(bytes(packet)).hexdigest()


@pytest.mark.parametrize("mode", CutMode)
def test_a_film_with_neither_has_clips_with_neither(silent, tmp_path, mode):
    clip = cut(silent, mode, tmp_path)
    assert clip.note == ""
    with av.open(str(clip.path)) as container:
        assert [stream.type for stream in container.streams] == ["video"]
    assert numbers_in(clip.path)[-1] >= 129
