"""Stills: of every kind of film the picture that is on screen at a time, upright, in its true shape."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from r2cli.video.probe import probe
from r2cli.video.stills import as_jpeg, read_stills
from tests.films import H264, make_film, read_number, run_ffmpeg, uneven_times
from tests.marks import guarded

TIMES = (0.0, 0.037, 0.04, 1.0, 2.5, 3.96, 3.9999)
NUMBERS = (0, 0, 1, 25, 62, 99, 99)


def numbers_of(path, times, width=96):
    """What each still's central square says, by its time."""
    told = {}
    for time, picture in read_stills(probe(path), times, width):
        pixels = np.asarray(picture.convert("RGB"))
        side = min(pixels.shape[:2])
        top, left = ((length - side) // 2 for length in pixels.shape[:2])
        told[time] = read_number(pixels[top : top + side, left : left + side].transpose(2, 0, 1))
    return told


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("name", ["film.mp4", "film.mov"])
def test_they_are_upright_and_of_their_time(rotation, name, tmp_path):
    film = make_film(tmp_path / name, rotation=rotation)
    assert numbers_of(film, TIMES) == dict(zip(TIMES, NUMBERS, strict=True))
    ((_, picture),) = read_stills(probe(film), [1.0], 80)
    assert picture.size == (80, 48)


@pytest.mark.parametrize(("size", "across"), [((160, 96), (50, 30)), ((96, 160), (50, 83))])
@pytest.mark.parametrize("rotation", [0, 90])
def test_their_pixels_are_square(size, across, rotation, tmp_path):
    film = make_film(tmp_path / "film.mp4", size=size, stored_size=(96, 96), rotation=rotation)
    ((_, picture),) = read_stills(probe(film), [1.0], 50)
    assert picture.size == pytest.approx(across, abs=1)
    assert numbers_of(film, TIMES) == dict(zip(TIMES, NUMBERS, strict=True))


@pytest.mark.parametrize(
    "encoder",
    [
        pytest.param(("-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le"), id="10 bits"),
        pytest.param((*H264, "-flags", "+ildct+ilme", "-x264opts", "tff=1"), id="interlaced"),
        pytest.param(("-c:v", "libx264", "-preset", "medium", "-pix_fmt", "yuv420p", "-bf", "3"), id="B-frames"),
        pytest.param(("-c:v", "mjpeg", "-pix_fmt", "yuvj444p"), id="full range"),
    ],
)
def test_films_of_other_kinds(encoder, tmp_path):
    film = make_film(tmp_path / "film.mkv", encoder=encoder)
    assert numbers_of(film, TIMES) == dict(zip(TIMES, NUMBERS, strict=True))


def test_a_variable_rate(tmp_path):
    pieces = [(10, Fraction(1, 10)), (20, Fraction(1, 50)), (5, Fraction(1, 2))]
    film = make_film(tmp_path / "film.mkv", pieces=pieces)
    begins = [float(time) for time in uneven_times(*pieces)]
    middles = [(one + other) / 2 for one, other in zip(begins, begins[1:], strict=False)]
    assert numbers_of(film, middles) == dict(zip(middles, range(34), strict=True))


@pytest.mark.parametrize("group", ["10", guarded("250")])
@pytest.mark.parametrize("suffix", ["ts", "mkv", "webm", "flv", "avi", "mpg", "nut", "ogv", "mp4"])
def test_whatever_the_container_and_its_clock(suffix, group, tmp_path):
    encoders = {
        "webm": ("-c:v", "libvpx", "-deadline", "realtime", "-b:v", "1M"),
        "ogv": ("-c:v", "libtheora", "-q:v", "9"),
        "mpg": ("-c:v", "mpeg2video", "-q:v", "2", "-bf", "2"),
    }
    late = ["-output_ts_offset", "100"] if suffix in ("ts", "mkv") else []
    film = make_film(tmp_path / f"film.{suffix}", encoder=encoders.get(suffix, H264), output=["-g", group, *late])
    assert numbers_of(film, TIMES) == dict(zip(TIMES, NUMBERS, strict=True))


def test_times_outside_and_twice(tmp_path):
    film = make_film(tmp_path / "film.mp4")
    assert numbers_of(film, [5.0, -1.0, 1.0, 1.0, 1e9]) == {-1.0: 0, 1.0: 25, 5.0: 99, 1e9: 99}


def test_they_are_no_wider_than_the_film(tmp_path):
    film = make_film(tmp_path / "film.mp4")
    ((_, picture),) = read_stills(probe(film), [1.0], 1000)
    assert picture.size == (160, 96)
    assert as_jpeg(picture)[:3] == b"\xff\xd8\xff"


def test_what_cannot_be_decoded_gives_no_still_and_costs_no_other(tmp_path):
    film = make_film(tmp_path / "film.mp4", encoder=(*H264, "-x264opts", "keyint=10:slices=1"))
    with av.open(str(film)) as container:
        places = {
            packet.pts * packet.time_base: (packet.pos, packet.size)
            for packet in container.demux(video=0)
            if packet.size
        }
    content = bytearray(film.read_bytes())
    for number in range(40, 60):  # two keyframes, and all that lean on them
        begin, size = places[Fraction(number, 25)]
        content[begin : begin + size] = b"\xff" * size
    film.write_bytes(content)
    assert numbers_of(film, [0.5, 1.58, 1.9, 2.3, 2.42, 3.9]) == {0.5: 12, 1.58: 39, 2.42: 60, 3.9: 97}


def test_a_file_that_ends_in_the_middle(tmp_path):
    film = make_film(tmp_path / "film.mkv", output=["-g", "10"])
    content = film.read_bytes()
    film.write_bytes(content[: len(content) // 2])
    told = numbers_of(film, [0.2, 3.9])
    assert told[0.2] == 5


def test_a_film_that_goes_away_gives_none(tmp_path):
    film = make_film(tmp_path / "film.mp4", frames=10)
    info = probe(film)
    film.unlink()
    assert list(read_stills(info, [0.1], 96)) == []


def test_pictures_without_times_are_counted(tmp_path):
    film = make_film(tmp_path / "film.mp4", encoder=(*H264, "-bf", "0"))
    raw = tmp_path / "film.h264"
    run_ffmpeg("-i", film, "-c", "copy", raw)
    assert numbers_of(raw, TIMES[3:6]) == dict(zip(TIMES[3:6], NUMBERS[3:6], strict=True))
