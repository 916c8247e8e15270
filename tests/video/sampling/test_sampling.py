"""Decoding only what is needed gives the frames that decoding everything gives, and no thread is left behind."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from r2cli.timecode import exact_rate
from r2cli.video import SAMPLINGS, DamagedVideoWarning, FrameBatch, VideoInfo, clip_count, probe, sample_frames
from r2cli.video.sampling.decoders import DECODERS
from r2cli.video.sampling.frames import CannotDecodeError, SampleRequest, Still
from r2cli.video.sampling.packets import PacketTable, SequentialOnlyError, read_packets
from r2cli.video.sampling.plan import CHOICES, Timeline, plan_jobs
from r2cli.video.sampling.selective import Crew, decode_jobs
from r2cli.video.sampling.sequential import decode_all
from tests.films import even_times, expected_numbers, make_film, read_number, run_ffmpeg
from tests.marks import guarded

X264, X265 = ("-c:v", "libx264"), ("-c:v", "libx265", "-preset", "ultrafast")
PICTURE = "testsrc2=s=160x96:r=25:d=6,noise=alls=12:allf=t"
PLAIN = ("-pix_fmt", "yuv420p")
B_FRAMES = ("-bf", "2", "-q:v", "4", "-g", "15")

FILMS: dict[str, Sequence[str]] = {
    "b-pyramid.mp4": (*X264, "-g", "48", *PLAIN),
    "open.mp4": (*X264, "-x264-params", "open-gop=1:bframes=4:keyint=40:min-keyint=20:scenecut=0", *PLAIN),
    "open.ts": (*X264, "-x264-params", "open-gop=1:bframes=4:keyint=40:min-keyint=20:scenecut=0", *PLAIN),
    "refresh.mp4": (*X264, "-x264-params", "intra-refresh=1:keyint=30:bframes=0", *PLAIN),
    "one-key.mp4": (*X264, "-g", "9999", "-sc_threshold", "0", *PLAIN),
    "all-keys.mp4": (*X264, "-g", "1", *PLAIN),
    "fields.mp4": (*X264, "-flags", "+ildct+ilme", "-x264-params", "tff=1", "-g", "30", *PLAIN),
    "fragments.mp4": (*X264, "-g", "25", "-movflags", "frag_keyframe+empty_moov", *PLAIN),
    "ten-bits.mkv": (*X264, "-pix_fmt", "yuv420p10le", "-g", "40"),
    "full-range.mp4": (*X264, "-vf", "scale=out_range=full", "-color_range", "pc", "-colorspace", "bt709", *PLAIN),
    "colours.mkv": (*X264, "-pix_fmt", "yuv444p", "-g", "40"),
    "hevc.mp4": (*X265, "-x265-params", "log-level=none:keyint=40:min-keyint=20:bframes=4:b-pyramid=1", *PLAIN),
    "layers.mp4": (
        *X265[:2],
        "-x265-params",
        "log-level=none:keyint=40:temporal-layers=3:bframes=6:b-pyramid=1",
        *PLAIN,
    ),
    "vp8.webm": ("-c:v", "libvpx", "-auto-alt-ref", "1", "-lag-in-frames", "16", "-g", "60", "-deadline", "realtime"),
    "vp9.webm": ("-c:v", "libvpx-vp9", "-auto-alt-ref", "1", "-lag-in-frames", "16", "-g", "60", "-cpu-used", "8"),
    "av1.mp4": ("-c:v", "libsvtav1", "-preset", "12", "-g", "50", *PLAIN),
    "mpeg4.mp4": ("-c:v", "mpeg4", *B_FRAMES),
    "mpeg4.avi": ("-c:v", "mpeg4", *B_FRAMES),
    "mpeg2.mpg": ("-c:v", "mpeg2video", *B_FRAMES),
    "mpeg2-fields.ts": ("-c:v", "mpeg2video", "-flags", "+ildct+ilme", *B_FRAMES),
    "mpeg1.mpg": ("-c:v", "mpeg1video", *B_FRAMES),
    "mjpeg.mov": ("-c:v", "mjpeg", "-q:v", "4"),
    "prores.mov": ("-c:v", "prores_ks"),
    "dnxhr.mov": ("-s", "320x180", "-c:v", "dnxhd", "-profile:v", "dnxhr_lb", "-pix_fmt", "yuv422p"),
    "ffv1.mkv": ("-c:v", "ffv1", "-g", "10", *PLAIN),
}
"""Moving noise, in which nothing that is predicted from something else comes out the same by chance."""
UNTRUSTED: dict[str, Sequence[str]] = {
    "h264.avi": (*X264, "-g", "25", *PLAIN),  # its times are those of storage
    "h264.h264": (*X264, "-g", "25", *PLAIN),  # it has none
    "theora.ogv": ("-c:v", "libtheora"),
    "moving.gif": (),
}


def encode(path: Path, encoder: Sequence[str]) -> Path:
    run_ffmpeg("-f", "lavfi", "-i", PICTURE, *encoder, path)
    return path


def request_for(video: VideoInfo, rate: float, size: int = 48, first_clip: int = 0) -> SampleRequest:
    return SampleRequest(exact_rate(rate), size, clip_count(video.duration, rate), first_clip)


def pixels_of(stills: Iterator[Still]) -> NDArray[np.uint8]:
    return np.stack([still.pixels for still in stills])


def all_of(batches: Iterator[FrameBatch]) -> NDArray[np.uint8]:
    return np.concatenate([batch.pixels for batch in batches])


def assert_decodes(path: Path, rate: float = 3, decoder: str = "selective") -> None:
    """Without any way out: a video that a decoder does not take fails."""
    video = probe(path)
    request = request_for(video, rate)
    found, expected = pixels_of(DECODERS[decoder](video, request)), pixels_of(decode_all(video, request))
    assert found.shape == expected.shape
    # FFmpeg's program and PyAV's libraries may be of different versions; here they differ in nothing.
    assert np.abs(found.astype(int) - expected).max() <= 2


*OTHERS, LAST = DECODERS
RARE = (
    *("vp9.webm", "vp8.webm", "layers.mp4", "prores.mov", "ten-bits.mkv"),
    *("colours.mkv", "one-key.mp4", "fragments.mp4", "ffv1.mkv"),
)
"""Films that take longest to make."""


@pytest.mark.parametrize("decoder", OTHERS)
@pytest.mark.parametrize("name", [guarded(name) if name in RARE else name for name in FILMS])
def test_frames_are_those_of_decoding_everything(tmp_path: Path, name: str, decoder: str) -> None:
    assert_decodes(encode(tmp_path / name, FILMS[name]), decoder=decoder)


@pytest.mark.parametrize("decoder", OTHERS)
@pytest.mark.parametrize("name", UNTRUSTED)
def test_what_a_decoder_cannot_be_sure_of_it_leaves_to_the_next_one(tmp_path: Path, name: str, decoder: str) -> None:
    """All frames that it gives before it says so are right."""
    video = probe(encode(tmp_path / name, UNTRUSTED[name]))
    request, found = request_for(video, 3), []
    with suppress(CannotDecodeError):
        found.extend(DECODERS[decoder](video, request))
    for still, due in zip(found, decode_all(video, request), strict=False):
        assert np.abs(still.pixels.astype(int) - due.pixels).max() <= 2


@pytest.mark.parametrize("decoder", DECODERS)
def test_a_decoder_begins_where_it_is_told(tmp_path: Path, decoder: str) -> None:
    video = probe(encode(tmp_path / "film.mp4", FILMS["open.mp4"]))
    whole = pixels_of(DECODERS[decoder](video, request_for(video, 3)))
    assert np.array_equal(pixels_of(DECODERS[decoder](video, request_for(video, 3, first_clip=7))), whole[7:])


def test_the_last_decoder_takes_everything() -> None:
    assert DECODERS[LAST] is decode_all


@pytest.mark.parametrize("name", UNTRUSTED)
def test_packets_that_tell_too_little_are_not_trusted(tmp_path: Path, name: str) -> None:
    film = encode(tmp_path / name, UNTRUSTED[name])
    with pytest.raises(SequentialOnlyError):
        read_packets(probe(film))
    for sampling in SAMPLINGS:
        frames = all_of(sample_frames(probe(film), 3, 48, sampling=sampling))
        assert np.array_equal(
            frames, pixels_of(decode_all(probe(film), request_for(probe(film), 3))).transpose(0, 3, 1, 2)
        )


@pytest.mark.parametrize("options", [("-ss", "1.3"), ("-ss", "2.9", "-t", "2.2")])
def test_edit_lists(tmp_path: Path, options: Sequence[str]) -> None:
    whole = encode(tmp_path / "whole.mp4", FILMS["b-pyramid.mp4"])
    run_ffmpeg(*options, "-i", whole, "-c", "copy", tmp_path / "cut.mp4")
    assert_decodes(tmp_path / "cut.mp4")


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_turned_pictures(tmp_path: Path, rotation: int) -> None:
    assert_decodes(make_film(tmp_path / "film.mp4", size=(96, 162), rotation=rotation))


def test_pixels_that_are_not_square(tmp_path: Path) -> None:
    film = make_film(tmp_path / "film.mp4", size=(256, 144), stored_size=(180, 144), rotation=90)
    assert_decodes(film)


def test_mirrored_pictures_are_left_to_ffmpeg(tmp_path: Path) -> None:
    plain = make_film(tmp_path / "plain.mp4")
    run_ffmpeg("-display_hflip", "-i", plain, "-c", "copy", tmp_path / "mirrored.mp4")
    video = probe(tmp_path / "mirrored.mp4")
    request = request_for(video, 5)
    frames = all_of(sample_frames(video, 5, 48))
    assert np.array_equal(frames, pixels_of(decode_all(video, request)).transpose(0, 3, 1, 2))
    assert not np.array_equal(frames, all_of(sample_frames(probe(plain), 5, 48)))


def test_variable_rate_and_a_late_start(tmp_path: Path) -> None:
    pieces = [(20, Fraction(1, 25)), (30, Fraction(1, 10)), (1, Fraction(2)), (50, Fraction(17, 1000))]
    film = make_film(tmp_path / "film.mkv", pieces=pieces, output=["-output_ts_offset", "7.3"])
    assert_decodes(film, 5)


def test_a_size_that_changes_in_the_middle(tmp_path: Path) -> None:
    first = make_film(tmp_path / "first.ts")
    second = make_film(tmp_path / "second.ts", size=(192, 144), output=["-output_ts_offset", "4"])
    (tmp_path / "both.ts").write_bytes(first.read_bytes() + second.read_bytes())
    assert_decodes(tmp_path / "both.ts", 5)


def test_pictures_that_recover_step_by_step(tmp_path: Path) -> None:
    """Keyframes in name only: the picture is whole a second later."""
    film = encode(tmp_path / "film.mp4", (*X264, "-x264-params", "intra-refresh=1:keyint=30", *PLAIN))
    video = probe(film)
    expected = pixels_of(decode_all(video, request_for(video, 3))).transpose(0, 3, 1, 2)
    assert np.array_equal(all_of(sample_frames(video, 3, 48)), expected)


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_noise_in_the_middle_costs_no_frame(tmp_path: Path, sampling: str) -> None:
    encoder = [*X264, "-g", "25", *PLAIN]
    film = make_film(tmp_path / "film.mp4", frames=300, encoder=encoder, output=["-movflags", "+faststart"])
    data = bytearray(film.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = bytes(np.random.default_rng(0).integers(0, 256, 3000, np.uint8))
    film.write_bytes(data)
    frames = [pixels for batch in sample_frames(probe(film), 5, 64, sampling=sampling) for pixels in batch.pixels]
    assert len(frames) == 60
    if sampling == "exact":
        expected = pixels_of(decode_all(probe(film), request_for(probe(film), 5, 64)))
        assert np.array_equal(frames, expected.transpose(0, 3, 1, 2))  # damaged and concealed alike, too


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_a_film_that_breaks_off(tmp_path: Path, sampling: str) -> None:
    output = ["-movflags", "+faststart"]
    film = make_film(tmp_path / "film.mp4", frames=500, encoder=[*X264, "-g", "50", *PLAIN], output=output)
    with film.open("r+b") as file:
        file.truncate(film.stat().st_size * 7 // 10)
    with pytest.warns(DamagedVideoWarning):
        frames = all_of(sample_frames(probe(film), 5, 64, sampling=sampling))
    assert 50 < len(frames) < 80


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_auto_and_keyframes_are_near_and_cheap(tmp_path: Path, sampling: str) -> None:
    """Two keyframes in ten seconds, at 0 and 4.8; clips of half a second."""
    encoder = [*X264, "-g", "120", "-sc_threshold", "0", *PLAIN]
    film = make_film(tmp_path / "film.mp4", frames=250, encoder=encoder)
    batches = list(sample_frames(probe(film), 2, 64, sampling=sampling))
    numbers = [read_number(pixels) for batch in batches for pixels in batch.pixels]
    clips = [int(number / 12.5) for number in numbers]
    if sampling == "keyframes":
        assert set(numbers) == {0, 120, 240}
        assert sum(batch.decoded for batch in batches) == 3
    else:
        assert clips == list(range(20))
    if sampling == "auto":
        assert numbers[0] == 0
        assert numbers[9] == 120
        exact = expected_numbers(even_times(250, 25), 20, 2)
        assert np.mean([abs(found - due) <= 3 for found, due in zip(numbers, exact, strict=True)]) >= 0.8
    whole = sum(batch.decoded for batch in sample_frames(probe(film), 2, 64))
    assert sum(batch.decoded for batch in batches) <= whole < 200


@pytest.mark.parametrize("sampling", ["auto", "keyframes"])
def test_of_two_pictures_that_are_equally_near_the_earlier_is_taken(sampling: str) -> None:
    """Keyframes every 100 ms; in floats the middle of clip 4, at 3.75 s, is a hair nearer to the later one."""
    rate, clips = Fraction(6, 5), 240
    every = np.ones(2000, np.bool_)
    table = PacketTable(
        pts=100 * np.arange(2000),
        is_key=every,
        is_reference=every,
        is_shown=every,
        size=every.astype(np.int64),
        tick=Fraction(1, 1000),
        skipped=0,
        origin=0,
    )
    middles = [(clip + Fraction(1, 2)) / rate * 10 for clip in range(clips)]
    expected = [math.ceil(middle - Fraction(1, 2)) for middle in middles]
    assert CHOICES[sampling](Timeline(table, SampleRequest(rate, 48, clips))).tolist() == expected


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_a_film_of_few_pictures_repeats_them(tmp_path: Path, sampling: str) -> None:
    film = make_film(tmp_path / "film.mp4", frames=10, rate=1)
    numbers = [
        read_number(pixels) for batch in sample_frames(probe(film), 4, 64, sampling=sampling) for pixels in batch.pixels
    ]
    assert len(numbers) == 40
    if sampling != "keyframes":
        assert numbers == expected_numbers(even_times(10, 1), 40, 4)


@pytest.mark.parametrize("way", [*SAMPLINGS, "sequential"])
def test_beginning_anywhere_gives_the_same_frames(tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    film = encode(tmp_path / "film.mp4", FILMS["open.mp4"])
    sampling = "exact" if way == "sequential" else way
    if way == "sequential":
        monkeypatch.setattr("r2cli.video.sampling.decoders.read_packets", _distrust)
    whole = all_of(sample_frames(probe(film), 3, 48, sampling=sampling))
    for first in (1, 7, 17, 18, 40):
        rest = list(sample_frames(probe(film), 3, 48, batch_size=4, sampling=sampling, first_clip=first))
        assert [len(batch.times) for batch in rest[:-1]] == [4] * (len(rest) - 1)
        if first < len(whole):
            assert rest[0].times[0] == (first + 0.5) / 3
            assert np.array_equal(np.concatenate([batch.pixels for batch in rest]), whole[first:])
        else:
            assert not rest


def test_a_picture_that_stands_for_minutes_takes_no_more_memory_than_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten minutes of one picture: 6,000 frames of 150 kB."""
    film = make_film(tmp_path / "film.mkv", pieces=[(2, Fraction(600)), (1, Fraction(1))])
    monkeypatch.setattr("r2cli.video.supervise.memory_ceiling", lambda installed: 700 << 20)
    video = replace(probe(film), duration=600.0, rate=Fraction(1, 600))
    stills = list(islice(decode_all(video, request_for(video, 10, 224)), 6000))
    assert [read_number(still.pixels.transpose(2, 0, 1)) for still in stills[::500]] == [0] * 12
    assert len(stills) == 6000


def _distrust(video: VideoInfo) -> None:
    raise SequentialOnlyError("the test says so")


def test_whoever_fails_halfway_is_relieved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture that does not come: from its clip on ffmpeg decodes, in whole batches and without a word."""
    film = encode(tmp_path / "film.mp4", FILMS["b-pyramid.mp4"])
    expected = all_of(sample_frames(probe(film), 3, 48))

    def plan_too_much(*arguments: object) -> list[object]:
        jobs = plan_jobs(*arguments)  # type: ignore[arg-type]
        late = jobs[2]
        never = replace(late.wanted[0], pts=late.wanted[0].pts + 1)
        return [*jobs[:2], replace(late, wanted=(never, *late.wanted[1:])), *jobs[3:]]

    monkeypatch.setattr("r2cli.video.sampling.decoders.plan_jobs", plan_too_much)
    batches = list(sample_frames(probe(film), 3, 48, batch_size=5))
    assert [len(batch.times) for batch in batches] == [5, 5, 5, 3]
    assert np.array_equal(np.concatenate([batch.pixels for batch in batches]), expected)


@pytest.mark.parametrize("leave", ["close", "interrupt", "drop", "finish"])
@pytest.mark.parametrize("way", ["selective", "sequential"])
def test_no_thread_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, leave: str, way: str) -> None:
    film = make_film(tmp_path / "film.mp4", frames=500)
    if way == "sequential":
        monkeypatch.setattr("r2cli.video.sampling.decoders.read_packets", _distrust)
    before = threading.active_count()
    batches = sample_frames(probe(film), 25, 32, batch_size=2)
    next(batches)
    assert threading.active_count() > before
    if leave == "close":
        batches.close()
    elif leave == "interrupt":
        with pytest.raises(KeyboardInterrupt):
            batches.throw(KeyboardInterrupt)
    elif leave == "drop":
        del batches
    else:
        assert len(all_of(batches)) == 498
    assert threading.active_count() == before


def test_an_error_in_a_thread_comes_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise MemoryError("no more")

    film = make_film(tmp_path / "film.mp4")
    monkeypatch.setattr("r2cli.video.sampling.framing.Framer.frame", fail)
    before = threading.active_count()
    with pytest.raises(MemoryError, match="no more"):
        list(sample_frames(probe(film), 5, 32))
    assert threading.active_count() == before


def test_decoders_share_what_there_is(tmp_path: Path) -> None:
    video = probe(make_film(tmp_path / "film.mp4", frames=100, encoder=[*X264, "-g", "10", *PLAIN]))
    jobs = plan_jobs(read_packets(video), request_for(video, 5), "exact")
    assert Crew.for_jobs(video, jobs, cores=4) == Crew(decoders=4, threads=1)
    assert Crew.for_jobs(video, jobs[:1], cores=4) == Crew(decoders=1, threads=4)
    assert Crew.for_jobs(replace(video, width=7680, height=4320), jobs, cores=4).decoders == 1
    huge = [replace(job, size=1 << 30) for job in jobs]
    assert Crew.for_jobs(video, huge, cores=4) == Crew(decoders=1, threads=4)


@pytest.mark.parametrize("cores", [1, guarded(2), guarded(3), 8])
def test_the_number_of_cores_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cores: int) -> None:
    video = probe(encode(tmp_path / "film.mp4", FILMS["open.mp4"]))
    expected = pixels_of(decode_all(video, request_for(video, 3)))
    monkeypatch.setattr("r2cli.video.sampling.selective.usable_cores", lambda: cores)
    for _ in range(3):
        assert np.array_equal(all_of(sample_frames(video, 3, 48)), expected.transpose(0, 3, 1, 2))


def test_little_is_held_while_the_taker_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    frame = __import__("r2cli.video.sampling.framing", fromlist=["Framer"]).Framer.frame
    monkeypatch.setattr("r2cli.video.sampling.framing.Framer.frame", lambda *given: made.append(1) or frame(*given))
    video = probe(make_film(tmp_path / "film.mp4", frames=500, encoder=[*X264, "-g", "10", *PLAIN]))
    request = request_for(video, 25, 16)
    with closing(decode_jobs(video, plan_jobs(read_packets(video), request, "exact"), request)) as stills:
        next(stills)
        threading.Event().wait(1.0)
        assert len(made) < 150
