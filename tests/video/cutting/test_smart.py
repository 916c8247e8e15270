"""Smart cuts: to the picture, and bit-identical to the source between the edges."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from r2cli.cuts import CutMode
from r2cli.video import probe
from r2cli.video.bitstream.bits import UnknownSyntaxError
from r2cli.video.bitstream.hevc import (
    PPS,
    SPS,
    VPS,
    pps_number,
    read_sets,
    renumber,
    split,
    sps_number,
    type_of,
)
from r2cli.video.bitstream.parameter_sets import AvcSets, read_avcc, read_hvcc
from r2cli.video.cutting.plan import plan_clip
from tests.films import make_film, run_ffmpeg
from tests.marks import guarded
from tests.video.clips import ENCODERS, add_clicks, clicks_in, decoded, numbers_in, times_in
from tests.video.cutting.test_copying import copy


def smart(film, start, end, folder):
    return copy(film, start, end, folder, CutMode.SMART)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_sound_stays_with_its_picture(tmp_path, suffix):
    silent = make_film(tmp_path / "silent.mp4", frames=100, encoder=(*ENCODERS["h264"], "-g", "20"))
    film = add_clicks(silent, tmp_path / f"film{suffix}", 4, tracks=2)
    clip = smart(film, 1.7, 3.82, tmp_path)
    assert (clip.mode, numbers_in(clip.path)) == (CutMode.SMART, list(range(42, 96)))
    for track in (0, 1):
        assert clicks_in(clip.path, track) == pytest.approx([0.32, 1.32], abs=0.005)


@pytest.mark.parametrize("gop", ["open-gop=1", "open-gop=0"])
def test_open_and_closed_groups_of_hevc(tmp_path, gop):
    encoder = (
        "-c:v",
        "libx265",
        "-preset",
        "ultrafast",
        "-bf",
        "3",
        "-g",
        "15",
        "-pix_fmt",
        "yuv420p",
        "-x265-params",
        f"log-level=error:{gop}",
    )
    film = make_film(tmp_path / "film.mp4", frames=100, encoder=encoder)
    clip = smart(film, 0.4, 3.32, tmp_path)
    assert clip.mode is CutMode.SMART
    assert numbers_in(clip.path) == list(range(10, 83))


def test_open_groups_of_h264_are_joined_where_a_decoder_restarts(tmp_path):
    encoder = (*ENCODERS["h264"], "-g", "15", "-x264-params", "open-gop=1:bframes=3")
    film = make_film(tmp_path / "film.mp4", frames=100, encoder=encoder)
    clip = smart(film, 0.4, 3.32, tmp_path)
    assert numbers_in(clip.path) == list(range(10, 83))


DEPTHS = {"yuv420p": "Main", "yuv420p10le": "Main 10", "yuv444p": "Rext"}


@pytest.mark.parametrize(("pixels", "tag"), [*(guarded(pixels, "hvc1") for pixels in DEPTHS), ("yuv420p", "hev1")])
def test_hevc_keeps_its_tag_and_has_all_parameter_sets_in_its_header(tmp_path, pixels, tag):
    film = tmp_path / "film.mp4"
    moving = ["-f", "lavfi", "-i", "mandelbrot=s=320x180:rate=25:start_scale=1", "-t", "3"]
    coded = ["-c:v", "libx265", "-preset", "superfast", "-g", "25", "-x265-params", "log-level=error"]
    run_ffmpeg(*moving, *coded, "-pix_fmt", pixels, "-tag:v", tag, film)
    clip = smart(film, 0.52, 2.6, tmp_path)
    plan = plan_clip(probe(film), 0.52, 2.6, CutMode.SMART).smart
    assert (clip.mode, plan.head.count, plan.tail.count > 0) == (CutMode.SMART, 12, True)
    with av.open(str(clip.path)) as container:
        stream = container.streams.video[0]
        sets = read_hvcc(bytes(stream.codec_context.extradata))
        in_band = {type_of(unit) for packet in container.demux(stream) if packet.size for unit in split(bytes(packet))}
        assert (stream.codec_context.codec_tag, stream.codec_context.profile) == (tag, DEPTHS[pixels])
    assert not in_band & {VPS, SPS, PPS}
    assert [sps_number(unit) for unit in sets.units if type_of(unit) == SPS] == [0, 1, 2]
    assert [pps_number(unit) for unit in sets.units if type_of(unit) == PPS] == [0, 1, 2]
    for source, cut in zip(greys(film)[13:65], greys(clip.path), strict=True):
        assert 10 * np.log10(255**2 / max(np.mean((source - cut) ** 2), 1e-9)) > 36  # dB


def greys(path):
    """Every picture, or an error where a decoder only guesses."""
    with av.open(str(path), options={"err_detect": "explode"}) as container:
        container.streams.video[0].codec_context.options = {"err_detect": "explode"}
        return [frame.to_ndarray(format="gray").astype(float) for frame in container.decode(video=0)]


def test_other_encoders_sets_are_refused(tmp_path):
    film = make_film(tmp_path / "film.mp4", frames=30, encoder=(*ENCODERS["hevc"], "-bf", "3"))
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        sets = read_hvcc(bytes(stream.codec_context.extradata))
        packets = [bytes(packet) for packet in container.demux(stream) if packet.size]
    units = [unit for unit in sets.units if type_of(unit) in (VPS, SPS, PPS)]
    with pytest.raises(UnknownSyntaxError, match="not one set of each kind"):
        read_sets([*units, units[0]])
    with pytest.raises(UnknownSyntaxError, match="weights|refer to later"):
        known = read_sets(units)
        for packet in packets:
            renumber(packet, known, 1)
    for length in range(3, 20):
        with pytest.raises(UnknownSyntaxError):
            read_sets([units[0], units[1][:length], units[2]])


def test_ten_bits(tmp_path):
    encoder = (
        "-c:v",
        "libx265",
        "-preset",
        "ultrafast",
        "-g",
        "10",
        "-pix_fmt",
        "yuv420p10le",
        "-x265-params",
        "log-level=error",
    )
    film = make_film(tmp_path / "film.mkv", frames=60, encoder=encoder)
    clip = smart(film, 0.52, 2, tmp_path)
    assert clip.mode is CutMode.SMART
    assert numbers_in(clip.path) == list(range(13, 50))


def test_the_rotation_is_kept(tmp_path):
    encoder = (*ENCODERS["h264"], "-g", "10")
    film = make_film(tmp_path / "film.mp4", frames=60, size=(96, 160), rotation=90, encoder=encoder)
    clip = smart(film, 0.52, 2, tmp_path)
    assert (clip.mode, probe(clip.path).rotation) == (CutMode.SMART, 90)
    assert numbers_in(clip.path) == list(range(13, 50))


def test_a_cut_on_keyframes_encodes_nothing(tmp_path):
    film = make_film(tmp_path / "film.mp4", frames=60, encoder=(*ENCODERS["h264"], "-g", "10"))
    plan = plan_clip(probe(film), 0.4, 1.2, CutMode.SMART).smart
    assert plan is not None
    assert (plan.head, plan.tail) == (None, None)
    assert decoded(smart(film, 0.4, 1.2, tmp_path).path) == decoded(film)[10:30]


@pytest.mark.parametrize(
    ("name", "encoder", "reason"),
    [
        ("film.mp4", (*ENCODERS["mpeg4"], "-g", "10"), "mpeg4 as it is there does not allow it"),
        ("film.ts", (*ENCODERS["h264"], "-g", "10"), "mpegts does not allow it"),
        ("film.mp4", (*ENCODERS["h264"], "-g", "250"), "there is no keyframe in it"),
        ("film.mp4", (*ENCODERS["h264"], "-g", "10", "-flags", "+ildct+ilme"), "interlaced"),
    ],
)
def test_what_cannot_be_done_is_said_and_done_exactly(tmp_path, name, encoder, reason):
    film = make_film(tmp_path / name, frames=60, encoder=encoder)
    clip = smart(film, 0.6, 2, tmp_path)
    assert clip.mode is CutMode.EXACT
    assert clip.path.suffix == ".mp4"
    assert reason in clip.note
    assert "cut exactly instead" in clip.note
    assert numbers_in(clip.path) == list(range(15, 50))


def test_parameter_sets_are_read_and_written_back(tmp_path):
    film = make_film(tmp_path / "film.mp4", frames=5)
    with av.open(str(film)) as container:
        data = bytes(container.streams.video[0].codec_context.extradata)
    sets = read_avcc(data)
    assert isinstance(sets, AvcSets)
    assert sets.packed() == data
    assert sets.ids == {0}
    assert read_avcc(sets.joined(sets).packed()) == sets.joined(sets)


@pytest.mark.parametrize("size", range(0, 60, 3))
def test_damaged_parameter_sets_are_none(tmp_path, size):
    for data in (bytes(size), b"\1" * size, bytes([1]) + b"\xff" * size, b"\0\0\0\1\x67" + bytes(size)):
        assert read_avcc(data) is None
        assert read_hvcc(data) is None


def test_first_timestamps_that_are_not_zero(tmp_path):
    film = make_film(tmp_path / "film.mkv", frames=100, encoder=(*ENCODERS["h264"], "-g", "20"))
    run_ffmpeg("-i", film, "-c", "copy", "-output_ts_offset", "7", tmp_path / "late.mkv")
    assert probe(tmp_path / "late.mkv").start > 6
    clip = smart(tmp_path / "late.mkv", 0.52, 3, tmp_path)
    assert (clip.mode, numbers_in(clip.path)) == (CutMode.SMART, list(range(13, 75)))
    assert times_in(clip.path)[-1] == pytest.approx(Fraction(61, 25), abs=0.001)
