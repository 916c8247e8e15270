"""Cuts without encoding: where they really begin, and that nothing in them changes."""

from __future__ import annotations

from fractions import Fraction

import av
import pytest

from r2cli.cuts import CutMode
from r2cli.errors import FFmpegError
from r2cli.video import probe
from r2cli.video.cutting.copying import copied_from
from r2cli.video.cutting.plan import plan_clip
from r2cli.video.cutting.splice import decode_times
from r2cli.video.cutting.write import write_clip
from r2cli.video.pictures import Picture, Stretch
from tests.films import make_film, run_ffmpeg
from tests.video.clips import ENCODERS, add_clicks, clicks_in, numbers_in


def copy(film, start, end, folder, mode=CutMode.COPY):
    plan = plan_clip(probe(film), start, end, mode)
    return write_clip(plan, folder / f"clip{plan.suffix}")


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
def test_sound_stays_with_its_picture(tmp_path, suffix):
    silent = make_film(tmp_path / "silent.mp4", frames=100, encoder=(*ENCODERS["h264"], "-g", "20"))
    film = add_clicks(silent, tmp_path / f"film{suffix}", 4, tracks=2)
    clip = copy(film, 1.7, 3.8, tmp_path)
    assert numbers_in(clip.path)[0] == 40
    for track in (0, 1):
        assert clicks_in(clip.path, track) == pytest.approx([0.4, 1.4], abs=0.005)


@pytest.mark.parametrize("tag", ["hvc1", "hev1"])
def test_the_tag_is_kept(tmp_path, tag):
    film = make_film(tmp_path / "film.mp4", frames=50, encoder=(*ENCODERS["hevc"], "-tag:v", tag))
    with av.open(str(copy(film, 1, 1.2, tmp_path).path)) as container:
        assert container.streams.video[0].codec_context.codec_tag == tag


def test_the_rotation_is_kept(tmp_path):
    film = make_film(tmp_path / "film.mp4", frames=50, size=(96, 160), rotation=90)
    clip = copy(film, 1, 1.2, tmp_path)
    assert probe(clip.path).rotation == 90
    assert numbers_in(clip.path)[0] == 0


def test_open_groups_lose_what_cannot_be_shown(tmp_path):
    encoder = ("-c:v", "libx265", "-preset", "ultrafast", "-bf", "3", "-g", "25")
    film = make_film(
        tmp_path / "film.mkv", frames=100, encoder=(*encoder, "-x265-params", "log-level=error:open-gop=1")
    )
    clip = copy(film, 2.1, 3.1, tmp_path)
    numbers = numbers_in(clip.path)
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    assert numbers[0] / 25 == pytest.approx(clip.start, abs=0.001)


def test_a_broadcast_stream_stays_one(tmp_path):
    silent = make_film(tmp_path / "silent.mp4", frames=100, encoder=(*ENCODERS["h264"], "-g", "25"))
    film = add_clicks(silent, tmp_path / "whole.mp4", 4)
    run_ffmpeg("-i", film, "-c", "copy", "-output_ts_offset", "7", tmp_path / "late.ts")
    clip = copy(tmp_path / "late.ts", 1.6, 3.0, tmp_path)
    assert clip.path.suffix == ".ts"
    assert clip.start == pytest.approx(1.0, abs=0.001)
    assert numbers_in(clip.path)[0] == 25
    assert clicks_in(clip.path)[0] == pytest.approx(0.0, abs=0.03)


def test_pictures_without_times_are_encoded_instead(tmp_path):
    film = make_film(tmp_path / "film.avi", frames=60, encoder=("-c:v", "mpeg4", "-q:v", "3"))
    clip = copy(film, 1, 1.2, tmp_path)
    if clip.mode is CutMode.EXACT:
        assert "cut exactly instead" in clip.note
    assert numbers_in(clip.path)[-5:] == list(range(25, 30))


def test_a_container_that_refuses_is_an_error_with_a_way_out(tmp_path):
    film = make_film(tmp_path / "film.mkv", frames=60, encoder=("-c:v", "ffv1"))
    odd = tmp_path / "film.webm"
    film.rename(odd)
    with pytest.raises(FFmpegError, match="does not take these streams as they are.*try cut='exact'"):
        copy(odd, 1, 1.2, tmp_path)
    assert list(tmp_path.iterdir()) == [odd]


def stretch_of(text: str) -> Stretch:
    """Pictures by their places in time, in the order of decoding; K before a keyframe, h before a hidden one."""
    words = text.split()
    return Stretch(
        tuple(
            Picture(Fraction(int(word.strip("Kh"))), Fraction(1), word.startswith("K"), not word.startswith("h"))
            for word in words
        ),
        Fraction(1),
    )


@pytest.mark.parametrize(
    ("text", "end", "beyond", "within"),
    [
        ("K0 1 2 3 4", 3, "K0 1 2", "K0 1 2"),
        ("K0 3 1 2 6 4 5", 4, "K0 3 1 2", "K0 3 1 2"),
        ("K0 3 1 2 6 4 5", 5, "K0 3 1 2 6 4 5", "K0 3 1 2"),
        ("K0 3 1 2 6 4 5", 1, "K0", "K0"),
        ("K0 3 1 2", 2, "K0 3 1 2", "K0"),
        ("K0 h1 3 2 1 4", 4, "K0 h1 3 2 1", "K0 h1 3 2 1"),
        ("K0 1 2", 99, "K0 1 2", "K0 1 2"),
    ],
)
def test_what_can_be_shown_alone(text, end, beyond, within):
    stretch = stretch_of(text)
    for reach, expected in ((True, beyond), (False, within)):
        assert copied_from(stretch, Fraction(0), Fraction(end), beyond=reach) == stretch_of(expected).decoded


def test_pictures_that_refer_to_what_is_missing_are_left_out():
    stretch = stretch_of("K0 1 K4 2 3 5 6")
    assert copied_from(stretch, Fraction(4), Fraction(6), beyond=False) == stretch_of("K4 5").decoded
    assert copied_from(stretch, Fraction(2), Fraction(6), beyond=False) == ()


@pytest.mark.parametrize("order", [[0, 1, 2], [0, 3, 1, 2], [0, 4, 2, 1, 3, 8, 6, 5, 7]])
def test_decode_times_ascend_and_come_before_the_show(order):
    stamps = [Fraction(place, 25) for place in order]
    decoded = decode_times(stamps)
    assert decoded == sorted(set(decoded))
    assert all(early <= shown for early, shown in zip(decoded, stamps, strict=True))
