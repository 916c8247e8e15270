"""What probing says about films whose properties are known because they were made so."""

from __future__ import annotations

import shutil
import warnings
from fractions import Fraction
from pathlib import Path

import pytest

from r2cli.video import DamagedVideoWarning, probe
from tests.films import H264, make_film, run_ffmpeg


def test_an_ordinary_film(tmp_path: Path) -> None:
    film = make_film(tmp_path / "film.mp4", frames=100, rate=25, size=(160, 96), audio_seconds=4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        video = probe(str(film))
    assert (video.path, video.duration, video.rate) == (film, 4.0, 25)
    assert (video.width, video.height, video.rotation) == (160, 96, 0)
    assert (video.codec, video.start, video.stream_index, video.audio_streams) == ("h264", 0.0, 0, 1)


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60000, 1001), Fraction(25)])
@pytest.mark.parametrize("container", ["mp4", "mkv", "ts"])
def test_the_rate_is_exact(tmp_path: Path, rate: Fraction, container: str) -> None:
    assert probe(make_film(tmp_path / f"film.{container}", rate=rate)).rate == rate


@pytest.mark.parametrize(("rotation", "size"), [(90, (96, 160)), (180, (160, 96)), (270, (96, 160))])
def test_size_and_rotation_are_those_shown(tmp_path: Path, rotation: int, size: tuple[int, int]) -> None:
    video = probe(make_film(tmp_path / "film.mp4", size=size, rotation=rotation))
    assert (video.width, video.height, video.rotation) == (*size, rotation)


@pytest.mark.parametrize(("rotation", "size"), [(0, (256, 144)), (90, (144, 256))])
def test_pixels_that_are_not_square_count_as_shown(tmp_path: Path, rotation: int, size: tuple[int, int]) -> None:
    video = probe(make_film(tmp_path / "film.mp4", size=size, stored_size=(180, 144), rotation=rotation))
    assert (video.width, video.height) == size


def test_variable_rate(tmp_path: Path) -> None:
    pieces = [(20, Fraction(1, 25)), (31, Fraction(1, 10)), (50, Fraction(17, 1000))]
    video = probe(make_film(tmp_path / "film.mp4", pieces=pieces))
    assert 4.75 <= video.duration <= 4.79  # how long its last picture lasts, a film of this kind does not say
    assert float(video.rate) == pytest.approx(101 / 4.75, rel=0.01)


@pytest.mark.parametrize("container", ["ts", "mpg", "mkv"])
def test_a_first_timestamp_that_is_not_zero(tmp_path: Path, container: str) -> None:
    encoder = ("-c:v", "mpeg2video") if container == "mpg" else H264
    film = make_film(
        tmp_path / f"film.{container}", encoder=encoder, audio_seconds=6, output=["-output_ts_offset", "7.3"]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        video = probe(film)
    assert 7.3 <= video.start < 9
    assert video.duration == pytest.approx(4.0, abs=0.002)


def test_audio_that_lasts_longer_does_not_lengthen_the_picture(tmp_path: Path) -> None:
    for container in ("mp4", "mkv", "ts"):
        film = make_film(tmp_path / f"film.{container}", audio_seconds=60)
        assert probe(film).duration == pytest.approx(4.0, abs=0.002)


def test_no_duration_in_the_header(tmp_path: Path) -> None:
    film = make_film(tmp_path / "film.webm", encoder=["-c:v", "libvpx", "-b:v", "1M"], output=["-live", "1"])
    assert probe(film).duration == pytest.approx(4.0, abs=0.002)


def test_no_timestamps_at_all(tmp_path: Path) -> None:
    assert probe(make_film(tmp_path / "film.h264")).duration == 4.0


def test_several_audio_tracks_are_counted(tmp_path: Path) -> None:
    film = make_film(tmp_path / "film.mkv", audio_seconds=1)
    run_ffmpeg("-i", film, "-map", "0:a", "-map", "0:v", "-map", "0:a", "-c", "copy", tmp_path / "three.mkv")
    video = probe(tmp_path / "three.mkv")
    assert (video.audio_streams, video.stream_index) == (2, 1)


@pytest.mark.parametrize("container", ["mp4", "mkv"])
def test_cover_picture_is_not_the_video(tmp_path: Path, container: str) -> None:
    film = make_film(tmp_path / f"film.{container}")
    cover = tmp_path / "cover.png"
    run_ffmpeg("-f", "lavfi", "-i", "color=red:s=640x480", "-frames:v", "1", cover)
    covered = tmp_path / f"covered.{container}"
    attach = (
        ["-attach", cover, "-metadata:s:t", "mimetype=image/png"]
        if container == "mkv"
        else ["-i", cover, "-map", "1", "-map", "0", "-disposition:v:0", "attached_pic"]
    )
    run_ffmpeg("-i", film, *attach, "-c", "copy", covered)
    video = probe(covered)
    assert (video.codec, video.width, video.height) == ("h264", 160, 96)


def test_a_still_image_and_an_animation(tmp_path: Path) -> None:
    run_ffmpeg("-f", "lavfi", "-i", "color=red:s=64x48", "-frames:v", "1", tmp_path / "still.png")
    still = probe(tmp_path / "still.png")
    assert (still.codec, still.width, still.height) == ("png", 64, 48)
    assert 0 < still.duration < 1
    moving = probe(make_film(tmp_path / "moving.gif", encoder=["-c:v", "gif"]))
    assert (moving.codec, moving.duration, moving.rate) == ("gif", 4.0, 25)


def test_a_file_that_was_cut_off_is_measured_and_said(tmp_path: Path) -> None:
    film = make_film(tmp_path / "film.mp4", frames=500, output=["-movflags", "+faststart"])
    with film.open("r+b") as file:
        file.truncate(film.stat().st_size // 2)
    with pytest.warns(DamagedVideoWarning, match=r"cut short: its header says 0:20\.0"):
        video = probe(film)
    assert 5 < video.duration < 15


def test_streams_joined_end_to_end_are_said_to_start_over(tmp_path: Path) -> None:
    one = make_film(tmp_path / "one.ts").read_bytes()
    (tmp_path / "twice.ts").write_bytes(one + one)
    with pytest.warns(DamagedVideoWarning, match="starts over"):
        video = probe(tmp_path / "twice.ts")
    assert video.duration == pytest.approx(4.0, abs=0.002)


def test_probing_leaves_the_file_alone(tmp_path: Path) -> None:
    film = make_film(tmp_path / "film.mp4")
    film.chmod(0o444)
    shutil.copy2(film, tmp_path / "before.mp4")
    probe(film)
    assert film.read_bytes() == (tmp_path / "before.mp4").read_bytes()


@pytest.mark.parametrize(
    ("name", "offset"), [("film.ts", 95437.317), ("film.ts", 95440), ("film.ts", 95300), ("film.mpg", 95437)]
)
def test_a_clock_that_runs_over_is_no_damage(tmp_path: Path, name: str, offset: float) -> None:
    encoder = ("-c:v", "mpeg2video") if name.endswith("mpg") else H264
    output = ["-output_ts_offset", str(offset)]
    film = make_film(tmp_path / name, frames=300, encoder=encoder, audio_seconds=12, output=output)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        video = probe(film)
    assert video.duration == pytest.approx(12.0, abs=0.05)
