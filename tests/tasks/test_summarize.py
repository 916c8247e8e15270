"""A summary on disk: exactly as long as was asked for, with the pictures that were chosen."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from r2cli.errors import CommandLineError
from r2cli.findings import Findings, Ground, ModelSource, Saliency, Sampling, VideoSource
from r2cli.tasks.rate import Rated
from r2cli.tasks.summarize import budget, joined, summarize, summary_of, write_summary
from r2cli.video import probe
from r2cli.video.changes import find_cut
from tests.films import make_film, run_ffmpeg
from tests.video.clips import add_clicks, film_of, numbers_in, pictures_in


def rated_of(video, *, seed=0, rate=2.0):
    """A video as some model might rate it: shots of one to four clips, each with a saliency of its own."""
    rng = np.random.default_rng(seed)
    clips = max(1, round(video.duration * rate))
    shots = np.repeat(np.arange(clips), rng.integers(1, 5, clips))[:clips]
    looks = rng.standard_normal((clips, 24))
    looks /= np.linalg.norm(looks, axis=1, keepdims=True)
    scores = rng.random(clips)[shots]
    saliency = tuple(Saliency((i + 0.5) / rate, float(score)) for i, score in enumerate(scores))
    findings = Findings(
        "a film",
        VideoSource(video.path, video.duration, video.rate),
        ModelSource("none", "0" * 64, "none"),
        Sampling(rate, 60.0),
        (),
        saliency,
    )
    return Rated(findings, Ground("model"), looks[shots].astype(np.float32), video.duration, 0.0)


def write(video, length, target, **options):
    summary = summary_of(rated_of(video), length)
    return summary, write_summary(summary, video, target, **options)


KINDS = [("h264", "mp4", "23.976"), ("mpeg4", "mkv", "29.97"), ("h264", "mov", "vfr")]
SLOW_KINDS = [
    ("hevc", "mp4", "25"), ("hevc", "mkv", "59.94"), ("vp9", "webm", "29.97"), ("h264", "mkv", "59.94"),
    ("mpeg4", "mp4", "25"), ("vp9", "mkv", "vfr"), ("h264", "mp4", "25"),
]  # fmt: skip


@pytest.mark.parametrize(
    "kind", [*KINDS, *(pytest.param(kind, marks=pytest.mark.slow) for kind in SLOW_KINDS)], ids="-".join
)
def test_it_lasts_as_long_as_was_asked_for_to_the_picture(tmp_path, kind):
    film = film_of(tmp_path, *kind, 1.0, sound=kind[2] != "25")
    video = probe(film.path)
    for length in (0.7, 2.5, 3.1):
        summary, reel = write(video, length, tmp_path / "out.mp4", force=True)
        shown = numbers_in(tmp_path / "out.mp4")
        assert len(shown) == round(Fraction(length) * reel.rate)
        assert sum(end - start for start, end in summary.played) == pytest.approx(length)
        assert shown == sorted(shown)  # a film of constant rate may hold a picture twice where the rate varies
        chosen = {
            number
            for number, begin in enumerate(film.begins)
            for start, end in summary.played
            if start - 0.06 <= begin < end + 0.06
        }
        assert set(shown) <= chosen


@pytest.mark.parametrize("sound", ["longer", "shorter"])
def test_sound_that_ends_elsewhere_than_the_pictures_changes_nothing(tmp_path, sound):
    make_film(tmp_path / "silent.mp4", frames=150, rate=25)
    add_clicks(tmp_path / "silent.mp4", tmp_path / "film.mp4", 9.0 if sound == "longer" else 2.5)
    write(probe(tmp_path / "film.mp4"), 3.0, tmp_path / "out.mp4")
    assert len(numbers_in(tmp_path / "out.mp4")) == 75
    assert probe(tmp_path / "out.mp4").audio_streams == 1


@pytest.mark.parametrize("length", [6.0, 6.001, 100.0])
def test_more_time_than_film_is_the_whole_film(tmp_path, length):
    make_film(tmp_path / "film.mp4", frames=150, rate=25)
    summary, reel = write(probe(tmp_path / "film.mp4"), length, tmp_path / "out.mp4")
    assert summary.length == 6.0
    assert numbers_in(tmp_path / "out.mp4") == list(range(150))
    assert reel.duration == 6.0


def test_a_single_picture(tmp_path):
    make_film(tmp_path / "film.mp4", frames=150, rate=25)
    write(probe(tmp_path / "film.mp4"), 0.001, tmp_path / "out.mp4")
    assert len(numbers_in(tmp_path / "out.mp4")) == 1


def test_a_film_of_one_picture(tmp_path):
    make_film(tmp_path / "film.mp4", frames=1, rate=25)
    write(probe(tmp_path / "film.mp4"), 10.0, tmp_path / "out.mp4")
    assert numbers_in(tmp_path / "out.mp4") == [0]


@pytest.mark.slow
@pytest.mark.parametrize("number", range(10))
def test_sixty_seconds_of_ten_different_films(tmp_path, number):
    rates = ("24000/1001", "25", "30000/1001", "60000/1001", "24")
    kinds = list(product(rates, (("mp4", "libx264"), ("mkv", "mpeg4"))))
    rate, (container, codec) = kinds[number]
    seconds = 70 + 13 * number
    source = f"testsrc2=s=128x72:r={rate}:d={seconds}"
    sound = ("-f", "lavfi", "-i", f"sine=d={seconds - 5}", "-c:a", "aac") if number % 3 else ()
    film = tmp_path / f"film.{container}"
    run_ffmpeg("-f", "lavfi", "-i", source, *sound[:4], "-c:v", codec, "-g", str(10 + 40 * number), *sound[4:], film)
    summary, reel = write(probe(film), 60.0, tmp_path / "out.mp4")
    pictures = probe(tmp_path / "out.mp4")
    assert abs(pictures.duration - 60.0) <= 1 / float(reel.rate)
    assert reel.duration == float(round(60 * reel.rate) / reel.rate)
    assert len(joined(summary.played)) > 1


def test_shots_begin_where_the_picture_changes(tmp_path):
    scenes = [("red", 61), ("gray", 50), ("green", 47), ("white", 72), ("blue", 60)]
    inputs = [word for colour, n in scenes for word in ("-f", "lavfi", "-i", f"color={colour}:s=64x64:r=24:d={n / 24}")]
    join = "".join(f"[{i}]" for i in range(5)) + "concat=n=5"
    run_ffmpeg(*inputs, "-filter_complex", join, "-pix_fmt", "yuv420p", "-c:v", "libx264", tmp_path / "film.mp4")
    video = probe(tmp_path / "film.mp4")
    cuts = np.cumsum([n for _, n in scenes]) / 24
    looks = np.eye(5, dtype=np.float32)[
        np.searchsorted(cuts[:-1], np.arange(12) + 0.5, side="right")
    ]  # a clip a second
    saliency = looks @ np.array([0.1, 0.9, 0.2, 0.8, 0.3])
    rated = rated_of(video, rate=1.0)
    seen = tuple(Saliency(i + 0.5, float(score)) for i, score in enumerate(saliency))
    rated = replace(rated, findings=replace(rated.findings, saliency=seen), embeddings=looks)
    summary = summary_of(rated, (50 + 72) / 24 + 0.002, partial(find_cut, video))
    assert np.array(summary.played) * 24 == pytest.approx(np.array([[61, 111], [158, 230]]), abs=0.1)
    write_summary(summary, video, tmp_path / "out.mp4")
    levels = [picture.mean(axis=(0, 1)).round() for picture in pictures_in(tmp_path / "out.mp4")]
    assert len(levels) == 122
    assert all(np.ptp(level) < 12 for level in levels)  # grey and white only


def test_without_a_cut_there_is_none_to_be_found(tmp_path):
    run_ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x64:r=25:d=4", "-c:v", "libx264", tmp_path / "film.mp4")
    video = probe(tmp_path / "film.mp4")
    assert find_cut(video, 1.0, 3.0) is None
    assert find_cut(video, 3.99, 4.5) is None


def test_parts_that_touch_are_one():
    assert joined(((5.0, 7.0), (0.0, 2.0), (2.0, 3.0))) == [(0.0, 3.0), (5.0, 7.0)]


@pytest.mark.parametrize(
    ("length", "ratio", "expected"), [(None, None, 15.0), (None, 0.5, 50.0), (20.0, None, 20.0), (None, 1.0, 100.0)]
)
def test_a_budget(length, ratio, expected):
    assert budget(100.0, length, ratio) == expected


@pytest.mark.parametrize(
    ("length", "ratio"), [(10.0, 0.1), (0.0, None), (-3.0, None), (float("nan"), None), (None, 0.0), (None, 1.5)]
)
def test_no_budget(length, ratio):
    with pytest.raises(CommandLineError):
        budget(100.0, length, ratio)


def test_a_target_that_cannot_be_written_shows_before_any_work(tmp_path):
    (tmp_path / "there.mp4").write_bytes(b"x")
    with pytest.raises(CommandLineError, match="exists already"):
        summarize("gone.mp4", tmp_path / "there.mp4", model="sprites")
    with pytest.raises(CommandLineError, match="a reel is one of"):
        summarize("gone.mp4", Path("summary.gif"), model="sprites")
