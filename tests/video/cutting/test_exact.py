"""Exact cuts: films that carry their number in every picture and a click in every second tell where a clip lies."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from r2cli.cuts import CutMode
from r2cli.errors import CommandLineError, FFmpegError, UnreadableInputError
from r2cli.video import probe
from r2cli.video.cutting.plan import plan_clip
from r2cli.video.cutting.write import write_clip
from tests.films import make_film, run_ffmpeg
from tests.video.clips import ENCODERS, add_clicks, clicks_in, numbers_in


def cut(film: Path, start: float, end: float, target: Path, **options):
    return write_clip(plan_clip(probe(film), start, end), target, **options)


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    """4 s at 25 per second, with one keyframe and a click in every second on two tracks."""
    folder = tmp_path_factory.mktemp("film")
    silent = make_film(folder / "silent.mp4", frames=100, encoder=(*ENCODERS["h264"], "-g", "250"))
    return add_clicks(silent, folder / "film.mp4", 4, tracks=2)


def test_covers_what_was_asked_for_with_no_picture_more(film, tmp_path):
    clip = cut(film, 1.01, 2.03, tmp_path / "a.mp4")
    assert (numbers_in(clip.path)[0], numbers_in(clip.path)[-1]) == (25, 50)
    assert (clip.start, clip.end) == (pytest.approx(1.0), pytest.approx(2.04))
    assert (clip.asked_start, clip.asked_end) == (1.01, 2.03)


@pytest.mark.parametrize(
    ("start", "end", "numbers"),
    [
        (0, 0.2, range(0, 5)),
        (-3, 0.2, range(0, 5)),
        (3.8, 4.0, range(95, 100)),
        (3.8, 99, range(95, 100)),
        (2.01, 2.01, range(50, 51)),
        (2.0, 2.0001, range(50, 51)),
        (0, 99, range(0, 100)),
    ],
)
def test_edges_of_the_film_and_moments_shorter_than_a_picture(film, tmp_path, start, end, numbers):
    clip = cut(film, start, end, tmp_path / "clip.mp4")
    assert numbers_in(clip.path) == list(numbers)
    assert (clip.start, clip.end) == (pytest.approx(numbers[0] / 25), pytest.approx((numbers[-1] + 1) / 25))


def test_sound_stays_with_its_picture_on_every_track(film, tmp_path):
    clip = cut(film, 1.6, 3.8, tmp_path / "clip.mp4")
    for track in (0, 1):
        assert clicks_in(clip.path, track) == pytest.approx([0.4, 1.4], abs=0.005)


@pytest.mark.parametrize(("sound", "clicks"), [(2.2, [0.4]), (1.2, []), (9, [0.4, 1.4])])
def test_sound_shorter_and_longer_than_the_picture(tmp_path, sound, clicks):
    silent = make_film(tmp_path / "silent.mp4", frames=100)
    film = add_clicks(silent, tmp_path / "film.mkv", sound)
    clip = cut(film, 1.6, 3.8, tmp_path / "clip.mp4")
    assert clicks_in(clip.path) == pytest.approx(clicks, abs=0.005)
    assert len(numbers_in(clip.path)) == 55
    with av.open(str(clip.path)) as container:
        assert container.duration / av.time_base == pytest.approx(2.2, abs=0.03)


def test_a_first_timestamp_that_is_not_zero(tmp_path):
    silent = make_film(tmp_path / "silent.mp4", frames=100, encoder=(*ENCODERS["h264"], "-g", "20"))
    film = add_clicks(silent, tmp_path / "whole.mp4", 4)
    run_ffmpeg("-i", film, "-c", "copy", "-output_ts_offset", "7", tmp_path / "late.ts")
    assert probe(tmp_path / "late.ts").start > 5
    clip = cut(tmp_path / "late.ts", 1.6, 3.0, tmp_path / "clip.mp4")
    assert numbers_in(clip.path) == list(range(40, 75))
    assert clicks_in(clip.path) == pytest.approx([0.4], abs=0.005)


@pytest.mark.parametrize("mode", CutMode)
def test_a_container_in_which_seeking_lands_behind(tmp_path, mode):
    film = make_film(tmp_path / "film.flv", frames=100, encoder=(*ENCODERS["h264"], "-g", "20"))
    for start, first in ((0, 0), (0.5, 12), (2.5, 62)):
        plan = plan_clip(probe(film), start, start + 0.4, mode)
        clip = write_clip(plan, tmp_path / f"clip{plan.suffix}", force=True)
        assert numbers_in(clip.path)[0] == (first // 20 * 20 if mode is CutMode.COPY else first)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_rotated_pictures_come_out_upright(tmp_path, rotation):
    film = make_film(tmp_path / "film.mp4", frames=50, size=(96, 160), rotation=rotation)
    clip = cut(film, 1, 1.2, tmp_path / "clip.mp4")
    assert numbers_in(clip.path) == list(range(25, 30))
    shown = probe(clip.path)
    assert (shown.width, shown.height, shown.rotation) == (96, 160, 0)


def test_pixel_aspect_is_kept(tmp_path):
    film = make_film(tmp_path / "film.mp4", frames=50, size=(192, 96), stored_size=(96, 96))
    clip = cut(film, 1, 1.2, tmp_path / "clip.mp4")
    shown = probe(clip.path)
    assert (shown.width, shown.height) == (192, 96)
    with av.open(str(clip.path)) as container:
        assert container.streams.video[0].sample_aspect_ratio == 2


def test_odd_sizes_lose_one_row_and_column(tmp_path):
    encoder = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv444p")
    film = make_film(tmp_path / "film.mp4", frames=50, size=(161, 97), encoder=encoder)
    clip = cut(film, 1, 1.2, tmp_path / "clip.mp4")
    assert numbers_in(clip.path) == list(range(25, 30))
    assert (probe(clip.path).width, probe(clip.path).height) == (160, 96)


def test_ten_bits_and_the_tags_of_hdr_are_kept(tmp_path):
    light = "colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:max-cll=1000,400"
    master = "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
    encoder = ("-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le")
    film = make_film(
        tmp_path / "film.mp4",
        frames=50,
        encoder=(*encoder, "-x265-params", f"log-level=error:{light}:{master}:repeat-headers=1"),
    )
    clip = cut(film, 1, 1.2, tmp_path / "clip.mp4")
    with av.open(str(clip.path)) as container:
        context = container.streams.video[0].codec_context
        assert context.pix_fmt == "yuv420p10le"
        assert (context.color_primaries, context.color_trc, context.colorspace) == (9, 16, 9)
        assert context.codec_tag == "hvc1"
        frame = next(container.decode(video=0))
    kinds = {data.type.name for data in frame.side_data}
    assert {"MASTERING_DISPLAY_METADATA", "CONTENT_LIGHT_LEVEL"} <= kinds


def test_the_picture_looks_like_the_source(tmp_path):
    film = tmp_path / "film.mp4"
    detail = ["-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=2"]
    run_ffmpeg(*detail, "-c:v", "libx264", "-crf", "12", "-pix_fmt", "yuv420p", film)
    clip = cut(film, 1, 1.4, tmp_path / "clip.mp4")

    def pictures(path, first, count):
        with av.open(str(path)) as container:
            return [frame.to_ndarray(format="gray") for frame in container.decode(video=0)][first : first + count]

    for source, copy in zip(pictures(film, 25, 10), pictures(clip.path, 0, 10), strict=True):
        error = np.mean((source.astype(float) - copy) ** 2)
        assert 10 * np.log10(255**2 / error) > 40  # dB; above 40 nobody sees a difference


def test_covers_are_no_video_and_data_is_left_behind(tmp_path):
    plain = make_film(tmp_path / "plain.mp4", frames=50)
    run_ffmpeg("-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1", tmp_path / "cover.png")
    cover = ["-map", "0", "-map", "1", "-c", "copy", "-disposition:v:1", "attached_pic", "-timecode", "01:00:00:00"]
    run_ffmpeg("-i", plain, "-i", tmp_path / "cover.png", *cover, tmp_path / "film.mov")
    clip = cut(tmp_path / "film.mov", 1, 1.2, tmp_path / "clip.mp4")
    with av.open(str(clip.path)) as container:
        assert [stream.type for stream in container.streams] == ["video"]


def test_beyond_the_end_is_an_error(film, tmp_path):
    with pytest.raises(UnreadableInputError, match=r"it ends at 0:04\.0, before 0:04\.5"):
        cut(film, 4.5, 5, tmp_path / "clip.mp4")


@pytest.mark.parametrize(("start", "end"), [(float("nan"), 1), (0, float("inf")), (2, 1)])
def test_times_that_are_none(film, tmp_path, start, end):
    with pytest.raises(ValueError, match="not a span"):
        cut(film, start, end, tmp_path / "clip.mp4")


def test_nothing_is_overwritten_unless_forced(film, tmp_path):
    target = tmp_path / "clip.mp4"
    target.write_text("precious")
    with pytest.raises(CommandLineError, match="exists already"):
        cut(film, 1, 1.2, target)
    assert target.read_text() == "precious"
    cut(film, 1, 1.2, target, force=True)
    assert numbers_in(target) == list(range(25, 30))
    assert list(tmp_path.iterdir()) == [target]


def test_what_cannot_be_decoded_leaves_no_file(film, tmp_path):
    whole = bytearray(film.read_bytes())
    start = whole.index(b"mdat") + 4
    whole[start + 2000 : start + 12000] = bytes(10000)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(whole)
    with pytest.raises((UnreadableInputError, FFmpegError)):
        cut(broken, 1, 3, tmp_path / "clip.mp4")
    assert list(tmp_path.iterdir()) == [broken]


def test_progress_reaches_the_end(film, tmp_path):
    shares: list[float] = []
    cut(film, 1, 2, tmp_path / "clip.mp4", on_share=shares.append)
    assert shares[-1] == 1
    assert shares == sorted(shares)
