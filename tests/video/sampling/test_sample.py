"""Sampled frames are held to their times by films that carry their picture's number in their pixels."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from r2cli.video import clip_count, probe, sample_frames
from tests.films import even_times, expected_numbers, make_film, read_number, run_ffmpeg, uneven_times
from tests.marks import guarded

NTSC_FILM, NTSC_TV = Fraction(24000, 1001), Fraction(30000, 1001)


def sampled_numbers(path: Path, clips_per_second: float, size: int = 64) -> list[int]:
    batches = sample_frames(probe(path), clips_per_second, size)
    return [read_number(pixels) for batch in batches for pixels in batch.pixels]


def assert_on_time(path: Path, times: Sequence[Fraction], duration: Fraction, clips_per_second: int = 5) -> None:
    clips = clip_count(float(duration), clips_per_second)
    assert sampled_numbers(path, clips_per_second) == expected_numbers(times, clips, clips_per_second)


@pytest.mark.parametrize("rate", [NTSC_FILM, 25, NTSC_TV, 50])
@pytest.mark.parametrize("container", ["mp4", "mov", "mkv"])
def test_constant_rate(tmp_path: Path, rate: Fraction | int, container: str) -> None:
    film = make_film(tmp_path / f"film.{container}", rate=rate)
    assert_on_time(film, even_times(100, rate), 100 / Fraction(rate))


@pytest.mark.parametrize(
    ("container", "encoder"),
    [
        ("webm", ["-c:v", "libvpx", "-deadline", "realtime", "-b:v", "1M"]),
        ("webm", ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "1M"]),
        ("ogv", ["-c:v", "libtheora", "-q:v", "8"]),
        ("avi", ["-c:v", "mpeg4", "-q:v", "4"]),
        ("mpg", ["-c:v", "mpeg2video", "-q:v", "4"]),
        (
            "mp4",
            ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none", "-pix_fmt", "yuv420p10le"],
        ),
        ("mov", ["-c:v", "prores_ks"]),
        ("gif", ["-c:v", "gif"]),
        ("h264", ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]),
    ],
    ids=lambda value: value if isinstance(value, str) else value[1],
)
def test_codecs_and_containers(tmp_path: Path, container: str, encoder: list[str]) -> None:
    film = make_film(tmp_path / f"film.{container}", encoder=encoder)
    assert_on_time(film, even_times(100, 25), Fraction(4))


def test_pictures_stored_out_of_order(tmp_path: Path) -> None:
    film = make_film(tmp_path / "film.mp4", encoder=["-c:v", "libx264", "-bf", "3", "-pix_fmt", "yuv420p"])
    assert_on_time(film, even_times(100, 25), Fraction(4))


@pytest.mark.parametrize("container", ["mp4", "mkv"])
def test_variable_rate(tmp_path: Path, container: str) -> None:
    pieces = [(20, Fraction(1, 25)), (30, Fraction(1, 10)), (1, Fraction(2)), (50, Fraction(17, 1000))]
    film = make_film(tmp_path / f"film.{container}", pieces=pieces)
    assert_on_time(film, uneven_times(*pieces), sum((count * length for count, length in pieces), Fraction(0)))


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_turned_pictures_come_upright(tmp_path: Path, rotation: int) -> None:
    film = make_film(tmp_path / "film.mp4", size=(96, 160), rotation=rotation)
    assert_on_time(film, even_times(100, 25), Fraction(4))


@pytest.mark.parametrize("rotation", [0, 90])
def test_pixels_that_are_not_square(tmp_path: Path, rotation: int) -> None:
    size = (256, 144) if rotation == 0 else (144, 256)
    film = make_film(tmp_path / "film.mp4", size=size, stored_size=(180, 144), rotation=rotation)
    assert_on_time(film, even_times(100, 25), Fraction(4))


@pytest.mark.parametrize("size", [(161, 95), (95, 161), (97, 97)])
def test_odd_sizes(tmp_path: Path, size: tuple[int, int]) -> None:
    film = make_film(tmp_path / "film.mkv", size=size, encoder=["-c:v", "ffv1"])
    assert_on_time(film, even_times(100, 25), Fraction(4))


@pytest.mark.parametrize("side", [64, 96, 112, 224])
def test_any_side(tmp_path: Path, side: int) -> None:
    film = make_film(tmp_path / "film.mp4")
    assert sampled_numbers(film, 5, side) == expected_numbers(even_times(100, 25), 20, 5)


@pytest.mark.parametrize("container", ["ts", "mpg", "mkv", "mp4"])
def test_time_counts_from_the_first_picture(tmp_path: Path, container: str) -> None:
    encoder = ["-c:v", "mpeg2video", "-q:v", "4"] if container == "mpg" else ["-c:v", "libx264", "-pix_fmt", "yuv420p"]
    film = make_film(
        tmp_path / f"film.{container}", encoder=encoder, audio_seconds=6, output=["-output_ts_offset", "7.3"]
    )
    assert_on_time(film, even_times(100, 25), Fraction(4))


def test_a_film_cut_without_encoding_starts_at_its_first_picture(tmp_path: Path) -> None:
    encoder = ["-c:v", "libx264", "-g", "50", "-sc_threshold", "0", "-pix_fmt", "yuv420p"]
    whole = make_film(tmp_path / "whole.mp4", encoder=encoder)
    run_ffmpeg("-ss", "2.4", "-i", whole, "-c", "copy", tmp_path / "cut.mkv")
    assert sampled_numbers(tmp_path / "cut.mkv", 5)[0] == expected_numbers(even_times(100, 25), 1, 5)[0] + 50


def test_keyframes_ten_seconds_apart(tmp_path: Path) -> None:
    encoder = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "250", "-sc_threshold", "0", "-pix_fmt", "yuv420p"]
    film = make_film(tmp_path / "film.mp4", frames=600, encoder=encoder)
    assert_on_time(film, even_times(600, 25), Fraction(24))


def test_interlaced_pictures(tmp_path: Path) -> None:
    encoder = ["-c:v", "mpeg2video", "-q:v", "4", "-flags", "+ildct+ilme"]
    film = make_film(tmp_path / "film.mpg", size=(160, 128), encoder=encoder)
    assert_on_time(film, even_times(100, 25), Fraction(4))


def test_size_changes_in_the_middle(tmp_path: Path) -> None:
    first = make_film(tmp_path / "first.ts")
    second = make_film(tmp_path / "second.ts", size=(192, 144), output=["-output_ts_offset", "4"])
    film = tmp_path / "both.ts"
    film.write_bytes(first.read_bytes() + second.read_bytes())
    assert sampled_numbers(film, 5) == 2 * expected_numbers(even_times(100, 25), 20, 5)


def test_cover_picture_is_not_the_video(tmp_path: Path) -> None:
    film = make_film(tmp_path / "film.mp4", audio_seconds=4)
    run_ffmpeg("-f", "lavfi", "-i", "color=red:s=640x480", "-frames:v", "1", tmp_path / "cover.png")
    covered = tmp_path / "covered.mp4"
    run_ffmpeg(
        *("-i", tmp_path / "cover.png", "-i", film, "-map", "0", "-map", "1", "-c", "copy"),
        *("-disposition:v:0", "attached_pic", covered),
    )
    assert_on_time(covered, even_times(100, 25), Fraction(4))


@pytest.mark.parametrize("clips_per_second", [0.5, guarded(1), 2, 3.7, guarded(5), guarded(10), 25, 30])
@pytest.mark.parametrize("frames", [1, 12, guarded(24), 25, guarded(26), guarded(100), 113])
def test_frames_are_those_of_the_fps_filter(tmp_path: Path, clips_per_second: float, frames: int) -> None:
    film = make_film(tmp_path / "film.mp4", frames=frames)
    plain = tmp_path / "plain.rgb"
    filters = f"fps={clips_per_second},scale=-1:48:flags=bicubic+full_chroma_int+accurate_rnd+bitexact,crop=48:48"
    run_ffmpeg("-i", film, "-vf", filters, "-f", "rawvideo", "-pix_fmt", "rgb24", plain)
    expected = np.fromfile(plain, np.uint8).reshape(-1, 48, 48, 3).transpose(0, 3, 1, 2)

    pixels = np.concatenate([batch.pixels for batch in sample_frames(probe(film), clips_per_second, 48)])

    assert len(pixels) == max(1, len(expected)) == clip_count(frames / 25, clips_per_second)
    assert np.array_equal(pixels[: len(expected)], expected)


def test_batches_cover_the_film_once_with_their_times(tmp_path: Path) -> None:
    film = make_film(tmp_path / "film.mp4")
    batches = list(sample_frames(probe(film), 5, 32, batch_size=8))
    assert [batch.pixels.shape for batch in batches] == [(8, 3, 32, 32), (8, 3, 32, 32), (4, 3, 32, 32)]
    assert all(batch.pixels.dtype == np.uint8 and batch.pixels.flags.c_contiguous for batch in batches)
    assert np.array_equal(np.concatenate([batch.times for batch in batches]), (np.arange(20) + 0.5) / 5)


def test_colours_keep_their_order(tmp_path: Path) -> None:
    run_ffmpeg("-f", "lavfi", "-i", "color=red:s=64x64:d=1", tmp_path / "red.mp4")
    [batch] = sample_frames(probe(tmp_path / "red.mp4"), 1, 32)
    red, green, blue = batch.pixels[0].reshape(3, -1).mean(axis=1)
    assert red > 200 > 50 > max(green, blue)


@pytest.mark.parametrize("name", ["still.png", "still.jpg", "still.webp"])
def test_a_still_image_is_one_clip(tmp_path: Path, name: str) -> None:
    run_ffmpeg("-f", "lavfi", "-i", "color=red:s=64x48", "-frames:v", "1", tmp_path / name)
    [batch] = sample_frames(probe(tmp_path / name), 0.5, 32)
    assert batch.pixels.shape == (1, 3, 32, 32)


def test_a_film_shorter_than_half_a_clip_is_one_clip(tmp_path: Path) -> None:
    assert sampled_numbers(make_film(tmp_path / "film.mp4", frames=10), 0.5) == [9]


@pytest.mark.parametrize(("rate", "size", "batch_size"), [(0, 32, 1), (-1, 32, 1), (1, 0, 1), (1, 32, 0)])
def test_sizes_and_rates_must_be_positive(tmp_path: Path, rate: float, size: int, batch_size: int) -> None:
    film = make_film(tmp_path / "film.mp4", frames=2)
    with pytest.raises(ValueError, match="must be positive"):
        next(sample_frames(probe(film), rate, size, batch_size))
