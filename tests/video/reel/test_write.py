"""Reels: pieces of different films in one format, as long as their parts, with sound where it belongs."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from r2cli.errors import CommandLineError
from r2cli.video import probe
from r2cli.video.cutting.clips import Wanted, plan_reel
from r2cli.video.cutting.plan import plan_clip
from r2cli.video.cutting.write import write_clip
from r2cli.video.reel.sound import crossfaded, sample_at
from r2cli.video.reel.stream import blend
from r2cli.video.reel.write import write_reel
from tests.films import make_film, run_ffmpeg
from tests.video.clips import ENCODERS, PIECES, RATES, add_clicks, clicks_in, numbers_in, pictures_in, times_in


def clicking(folder: Path, name: str, frames: int, rate: Fraction, codec: tuple[str, ...] = (), **options) -> Path:
    silent = make_film(folder / f"silent-{name}", frames=frames, rate=rate, **options)
    return add_clicks(silent, folder / name, probe(silent).duration, codec=codec)


def plans_of(*pieces):
    return [plan_clip(probe(film), start, end) for film, start, end in pieces]


@pytest.fixture(scope="module")
def films(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("films")
    return {
        "a": clicking(folder, "a.mp4", 150, Fraction(25), ("-ar", "44100")),
        "b": clicking(folder, "b.mkv", 300, RATES["59.94"], size=(96, 160), encoder=ENCODERS["mpeg4"]),
        "c": clicking(folder, "c.webm", 150, RATES["29.97"], ("-c:a", "libopus"), encoder=ENCODERS["vp9"]),
        "d": clicking(folder, "d.mov", 0, Fraction(1), ("-ar", "22050"), pieces=PIECES, encoder=ENCODERS["h264"]),
        "silent": make_film(folder / "silent.mp4", frames=150, size=(320, 96)),
    }


@pytest.mark.parametrize(
    ("pieces", "crossfade"),
    [(10, 0.0), pytest.param(40, 0.0, marks=pytest.mark.slow), pytest.param(40, 0.3, marks=pytest.mark.slow)],
)
def test_pieces_stay_in_sync_and_are_as_long_as_their_parts(films, tmp_path, pieces, crossfade):
    spans = [("abcd"[n % 4], 0.5 + 0.061 * n, 1.77 + 0.067 * n) for n in range(pieces)]
    plans = plans_of(*((films[name], start, end) for name, start, end in spans))
    reel = write_reel(plans, tmp_path / "reel.mp4", crossfade=crossfade)
    rate = Fraction(25) if pieces == 10 else RATES["23.976"]  # what most of the seconds have
    assert (reel.width, reel.height, reel.rate) == (160, 96, rate)
    fade = round(crossfade * rate)
    counts = [max(1, round(plan.span.length * rate)) for plan in plans]
    total = sum(counts) - fade * (pieces - 1)
    assert len(times_in(reel.path)) == total
    assert reel.duration == pytest.approx(float(total / rate))
    assert reel.duration == pytest.approx(
        sum(plan.end - plan.start for plan in plans) - fade * (pieces - 1) / rate, abs=pieces * 0.5 / rate
    )
    assert [part.at for part in reel.parts] == pytest.approx(
        [float((sum(counts[:n]) - fade * n) / rate) for n in range(pieces)]
    )
    expected = [
        part.at + second - part.start
        for part in reel.parts
        for second in range(1, 6)
        if part.start + crossfade + 0.01 <= second < part.end - crossfade - 0.03
    ]
    heard = clicks_in(reel.path)
    assert len(expected) >= pieces * 0.7
    for click in expected:
        assert min(abs(click - one) for one in heard) < 0.020
    assert len(heard) <= len(expected) + (4 if not crossfade else pieces)  # those that lie on a seam


def test_one_source_goes_through_picture_by_picture(films, tmp_path):
    reel = write_reel(plans_of((films["c"], 0.99, 1.5), (films["c"], 3, 3.4)), tmp_path / "reel.mkv")
    assert reel.rate == RATES["29.97"]
    assert numbers_in(reel.path) == [*range(29, 45), *range(89, 102)]


def test_other_shapes_lie_between_bars_and_upright(films, tmp_path):
    reel = write_reel(plans_of((films["a"], 1, 3), (films["b"], 1, 1.2), (films["silent"], 1, 1.2)), tmp_path / "r.mp4")
    assert (reel.width, reel.height) == (160, 96)
    assert len(times_in(reel.path)) == 60
    assert numbers_in(reel.path, 50) == list(range(25, 75))
    tall, wide = pictures_in(reel.path)[52], pictures_in(reel.path)[57]
    assert tall[:, :45].max() < 30  # 96x160 becomes 58x96
    assert tall[:10, 55:65].mean() > 60
    assert wide[:20].max() < 30  # 320x96 becomes 160x48
    assert wide[30:40, 5:20].mean() > 60


def test_silence_where_there_is_no_sound(films, tmp_path):
    plans = plans_of((films["silent"], 0, 1), (films["a"], 0.5, 1.5), (films["silent"], 0, 1))
    reel = write_reel(plans, tmp_path / "reel.mp4")
    assert clicks_in(reel.path) == pytest.approx(
        [
            1.48,
        ],
        abs=0.06,
    )
    alone = write_reel(plans_of((films["silent"], 0, 1)), tmp_path / "alone.mp4")
    assert probe(alone.path).audio_streams == 0


@pytest.mark.parametrize("crossfade", [0.4, 9])
def test_crossfades_share_their_pictures(films, tmp_path, crossfade):
    plans = plans_of((films["a"], 0.6, 1.6), (films["a"], 3.6, 4.6))
    reel = write_reel(plans, tmp_path / "reel.mp4", crossfade=crossfade)
    shared = 10 if crossfade == 0.4 else 12
    assert len(times_in(reel.path)) == 50 - shared
    assert reel.parts[1].at == pytest.approx((25 - shared) / 25)
    assert bool(reel.note) == (crossfade == 9)
    heard = clicks_in(reel.path)
    assert heard == pytest.approx([0.4, 1.4 - shared / 25], abs=0.02)


LENGTHS = [(name, length, fade) for name in "bcd" for length in (0.01, 0.5, 2.0, 2.93, 3.1, 4.2) for fade in (0, 0.2)]
SOME_LENGTHS = [("c", 0.01, 0.2), ("c", 2.0, 0), ("c", 2.93, 0.2), ("d", 3.1, 0), ("b", 4.2, 0.2)]


@pytest.mark.parametrize(
    ("name", "length", "crossfade"),
    [*SOME_LENGTHS, *(pytest.param(*case, marks=pytest.mark.slow) for case in LENGTHS if case not in SOME_LENGTHS)],
)
def test_a_reel_of_a_given_length(films, tmp_path, name, length, crossfade):
    plans = plans_of((films[name], 0.33, 1.34), (films[name], 2.0, 3.01), (films[name], 4.0, 5.05))
    reel = write_reel(plans, tmp_path / "reel.mp4", length=length, crossfade=crossfade)
    pictures = max(1, round(length * reel.rate))
    assert len(times_in(reel.path)) == pictures
    assert reel.duration == pytest.approx(float(pictures / reel.rate))
    last = reel.parts[-1]
    assert last.end - last.start == pytest.approx(reel.duration - last.at, abs=0.6 / float(reel.rate) + 0.001)
    assert "more video" not in reel.note


def test_a_reel_is_no_longer_than_its_video(films, tmp_path):
    reel = write_reel(plans_of((films["c"], 1, 2), (films["c"], 3, 4)), tmp_path / "reel.mp4", length=9)
    assert reel.note == "there is no more video to show than this"
    assert [(part.start, part.end) for part in reel.parts] == [
        (pytest.approx(1, abs=0.04), pytest.approx(3, abs=0.04)),
        (pytest.approx(3, abs=0.04), pytest.approx(probe(films["c"]).duration, abs=0.01)),
    ]


def test_the_tags_of_hdr_are_kept_where_all_is_hdr(films, tmp_path):
    light = "colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc"
    encoder = ("-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le")
    bright = make_film(tmp_path / "film.mp4", frames=50, encoder=(*encoder, "-x265-params", f"log-level=error:{light}"))
    for name, second, expected in (
        ("hdr", (bright, 1, 1.4), ("yuv420p10le", 9, 16, 9)),
        ("mixed", (films["a"], 1, 1.4), ("yuv420p", 1, 1, 1)),
    ):
        reel = write_reel(plans_of((bright, 0, 0.4), second), tmp_path / f"{name}.mp4")
        assert numbers_in(reel.path)[0] == 0
        with av.open(str(reel.path)) as container:
            context = container.streams.video[0].codec_context
            tags = (context.pix_fmt, context.color_primaries, context.color_trc, context.colorspace)
        assert tags == expected


def test_other_sound_tracks_are_left_behind_with_a_word(films, tmp_path):
    two = add_clicks(films["silent"], tmp_path / "two.mkv", 6, tracks=2)
    reel = write_reel(plans_of((two, 1, 2)), tmp_path / "reel.mp4")
    assert reel.note == f"the reel has the first sound track only: {two} has more"
    assert probe(reel.path).audio_streams == 1


def test_fields_are_woven_into_whole_pictures(tmp_path):
    fields = ("-vf", "tinterlace=interleave_top,setfield=tff", "-flags", "+ildct+ilme")
    moving = ["-f", "lavfi", "-i", "testsrc2=size=160x96:rate=50:duration=2"]
    film = tmp_path / "film.mp4"
    run_ffmpeg(*moving, *fields, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", film)
    plans = plans_of((film, 0.2, 1))
    assert plans[0].coding.interlaced
    reel, clip = write_reel(plans, tmp_path / "reel.mp4"), write_clip(plans[0], tmp_path / "clip.mp4")
    combed, woven = (np.mean([comb(picture) for picture in pictures_in(path)]) for path in (clip.path, reel.path))
    assert woven < combed / 2
    with av.open(str(clip.path)) as container:
        assert all(frame.interlaced_frame for frame in container.decode(video=0))


def comb(picture: np.ndarray) -> float:
    """How much neighbouring rows differ from each other, and not from those beyond."""
    rows = picture.mean(axis=2)
    return float(np.abs(rows[1:-1] - (rows[:-2] + rows[2:]) / 2).mean() - np.abs(rows[2:] - rows[:-2]).mean() / 2)


def test_overlapping_pieces_become_one_and_come_in_order(films):
    a, b = probe(films["a"]), probe(films["b"])
    wanted = [Wanted(a, 3, 4), Wanted(b, 1, 2), Wanted(a, 0.5, 1), Wanted(a, 3.5, 4.5), Wanted(a, 1, 1.2)]
    plans = plan_reel(wanted, on_failure=lambda path, error: pytest.fail(str(error)))
    assert [(plan.video.path.name, plan.asked_start, plan.asked_end) for plan in plans] == [
        ("a.mp4", 0.5, 1.2),
        ("a.mp4", 3, 4.5),
        ("b.mkv", 1, 2),
    ]


@pytest.mark.parametrize(
    ("name", "complaint"), [("reel.avi", "a reel is one of"), ("no/reel.mp4", "there is no folder")]
)
def test_where_no_reel_can_be(films, tmp_path, name, complaint):
    with pytest.raises(CommandLineError, match=complaint):
        write_reel(plans_of((films["a"], 0, 1)), tmp_path / name)


@pytest.mark.parametrize("kind", [np.uint8, np.dtype("<u2")])
def test_blending(kind):
    one, other = np.array([0, 255, 100], kind), np.array([255, 0, 100], kind)
    assert blend(one, other, 0).tolist() == one.tolist()
    assert blend(one, other, 1).tolist() == other.tolist()
    assert blend(one, other, 0.5).tolist() == [128, 128, 100]
    assert blend(one, other, 0.5).dtype == one.dtype


def test_loudness_stays_in_a_crossfade():
    noise = np.random.default_rng(7).normal(size=(2, 48_000, 2)).astype(np.float32)
    mixed = crossfaded(noise[0], noise[1])
    assert mixed.std() == pytest.approx(1, abs=0.02)
    assert np.allclose(mixed[0], noise[0][0], atol=0.001)
    assert np.allclose(mixed[-1], noise[1][-1], atol=0.001)


def test_samples_do_not_drift():
    rate = Fraction(30000, 1001)
    assert sample_at(30_000 * 40, rate) == 1001 * 48_000 * 40
