"""Healthy and broken films of kinds that are easily misread: whatever the mode, the pictures are those asked for."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from r2cli.cuts import Clip, CutMode
from r2cli.video import probe
from r2cli.video.cutting.plan import plan_clip
from r2cli.video.cutting.write import write_clip
from r2cli.video.reel.write import write_reel
from tests.marks import guarded
from tests.video.clips import moving_film, places_of, times_in, with_edits

H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
X265 = ("-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
MODES = (*CutMode, "reel")


def cut(film: Path, start: float, end: float, folder: Path, mode: CutMode = CutMode.EXACT) -> Clip:
    plan = plan_clip(probe(film), start, end, mode)
    return write_clip(plan, folder / f"clip{plan.suffix}")


def cut_out(film: Path, start: float, end: float, folder: Path, mode: CutMode | str) -> list[int]:
    """The pictures of a film that a clip, or a reel of one piece, shows."""
    if isinstance(mode, CutMode):
        return places_of(cut(film, start, end, folder, mode).path, film)
    return places_of(write_reel([plan_clip(probe(film), start, end)], folder / "reel.mp4").path, film)


@pytest.fixture(scope="module")
def refreshed(tmp_path_factory) -> dict[str, Path]:
    """Films with one keyframe, of which a column of every picture is coded anew."""
    folder, films = tmp_path_factory.mktemp("refreshed"), {}
    for name, params in (("plain.mp4", "bframes=0"), ("b.mkv", "bframes=2"), ("plain.ts", "bframes=0")):
        encoder = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-x264-params", f"intra-refresh=1:keyint=50:{params}")
        films[name] = moving_film(folder / name, 10, 25, *encoder)
    encoder = (*X265, "-x265-params", "log-level=error:intra-refresh=1:keyint=50:bframes=0")
    films["hevc.mp4"] = moving_film(folder / "hevc.mp4", 10, 25, *encoder)
    return films


@pytest.mark.parametrize("name", ["plain.mp4", "b.mkv", guarded("plain.ts"), guarded("hevc.mp4")])
@pytest.mark.parametrize("mode", [CutMode.EXACT, pytest.param(CutMode.SMART, marks=pytest.mark.slow), "reel"])
@pytest.mark.parametrize("first", [52, pytest.param(152, marks=pytest.mark.slow)])
def test_a_film_that_refreshes_little_by_little(refreshed, tmp_path, name, mode, first):
    assert cut_out(refreshed[name], first / 25 + 0.02, first / 25 + 2.2, tmp_path, mode) == [*range(first, first + 55)]


def test_such_a_film_is_decoded_from_a_recovery_point_that_lies_far_enough_before(refreshed):
    spans = [plan_clip(probe(refreshed["plain.mp4"]), start, start + 1).span for start in (1.0, 2.1, 2.5, 6.1, 9.0)]
    assert [round(span.key * 25) for span in spans] == [0, 0, 50, 100, 200]


def test_such_a_film_is_not_copied(refreshed, tmp_path):
    clip = cut(refreshed["plain.mp4"], 6.1, 7.0, tmp_path, CutMode.COPY)
    assert (clip.mode, "cut exactly instead" in clip.note) == (CutMode.EXACT, True)
    assert places_of(clip.path, refreshed["plain.mp4"]) == [*range(152, 175)]


RATED = [
    *(("mjpeg.avi", ("-c:v", "mjpeg"), rate) for rate in (12, 24, 25, 30, 50, 60)),
    *(("mpeg4.avi", ("-c:v", "mpeg4", "-bf", "2"), rate) for rate in (12, 30)),
    *(("raw.avi", ("-c:v", "rawvideo", "-pix_fmt", "yuv420p"), rate) for rate in (12, 30)),
    *(("h264.avi", H264, rate) for rate in (12, 30)),
    *(("h264-b.avi", ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "20"), rate) for rate in (12, 25, 30)),
    *(("vp8.ivf", ("-c:v", "libvpx", "-deadline", "realtime", "-b:v", "1M"), rate) for rate in (12, 30)),
    *(("theora.ogv", ("-c:v", "libtheora", "-q:v", "9"), rate) for rate in (12, 30)),
    *(("coarse.mp4", (*H264, "-video_track_timescale", str(rate)), rate) for rate in (12, 30, 60)),
]


QUICK = [RATED[0], RATED[3], *(one for one in RATED if one[2] == 30 and "avi" not in one[0]), *RATED[12:14]]


@pytest.mark.parametrize(
    ("name", "encoder", "rate"),
    [one if one in QUICK else pytest.param(*one, marks=pytest.mark.slow) for one in RATED],
    ids=lambda value: str(value) if not isinstance(value, tuple) else "",
)
def test_a_clock_that_ticks_once_a_picture(tmp_path, name, encoder, rate):
    film = moving_film(tmp_path / name, 3, rate, *encoder)
    clip = cut(film, 1, 2, tmp_path)
    assert places_of(clip.path, film) == [*range(rate, 2 * rate)]
    assert [float(time) for time in times_in(clip.path)] == pytest.approx([n / rate for n in range(rate)], abs=0.001)
    plan = plan_clip(probe(film), 1, 2)
    assert places_of(write_reel([plan], tmp_path / "reel.mp4").path, film) == [*range(rate, 2 * rate)]


def test_a_copy_out_of_storage_order_is_cut_exactly(tmp_path):
    film = moving_film(tmp_path / "film.avi", 3, 25, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "20")
    clip = cut(film, 1, 2, tmp_path, CutMode.COPY)
    assert (clip.mode, places_of(clip.path, film)) == (CutMode.EXACT, [*range(25, 50)])


RAW = {
    "film.h264": (*H264, "-g", "30"),
    "b.h264": ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "30"),
    "film.hevc": (*X265, "-x265-params", "log-level=error:bframes=3"),
    "film.m2v": ("-c:v", "mpeg2video", "-bf", "2", "-q:v", "3"),
    "film.mpg4": ("-c:v", "mpeg4", "-bf", "2", "-q:v", "3", "-f", "m4v"),
    "film.swf": ("-c:v", "flv1", "-q:v", "3"),
    "film.mjpeg": ("-c:v", "mjpeg", "-q:v", "3", "-r", "25"),
    "film.mpjpeg": ("-c:v", "mjpeg", "-q:v", "3", "-r", "25", "-f", "mpjpeg"),
}


@pytest.mark.parametrize(
    "name", [name if name in ("b.h264", "film.m2v", "film.swf") else guarded(name) for name in RAW]
)
def test_streams_in_which_nothing_can_be_sought(tmp_path, name):
    film = moving_film(tmp_path / name, 3, 25 if "jpeg" in name else 30, *RAW[name])
    rate = probe(film).rate
    for mode in MODES:
        folder = tmp_path / str(mode)
        folder.mkdir()
        assert cut_out(film, 1, 2, folder, mode) == [*range(round(rate), 2 * round(rate))]


@pytest.mark.parametrize(("name", "rate"), [("film.h264", 30), ("film.hevc", 30), ("film.m2v", 30), ("film.h264", 50)])
def test_a_raw_stream_has_the_rate_that_its_pictures_say(tmp_path, name, rate):
    info = probe(moving_film(tmp_path / name, 3, rate, *RAW[name]))
    assert (info.rate, info.duration, info.start) == (rate, 3.0, 0.0)


TICK = 512
"""Of a picture."""


@pytest.fixture(scope="module")
def edited(tmp_path_factory) -> dict[str, Path]:
    """Films of which a list of edits shows some parts: how many milliseconds, from which tick on."""
    folder = tmp_path_factory.mktemp("edited")
    whole = moving_film(folder / "whole.mp4", 12, 25, *H264, "-bf", "0", "-g", "250")
    reordered = moving_film(folder / "reordered.mp4", 12, 25, *H264, "-bf", "2", "-g", "250")
    lists = {
        "two": ((2600, 33 * TICK), (3600, 163 * TICK)),
        "swapped": ((2000, 163 * TICK), (2000, 33 * TICK)),
        "repeated": ((1000, 33 * TICK), (1000, 33 * TICK), (1000, 200 * TICK)),
        "begin": ((6000, 33 * TICK),),
        "end": ((5440, 0),),
    }
    films = {name: with_edits(whole, folder / f"{name}.mp4", *edits) for name, edits in lists.items()}
    films["reordered"] = with_edits(reordered, folder / "b.mp4", (2600, 35 * TICK), (3600, 165 * TICK))
    films["trimmed"] = with_edits(reordered, folder / "c.mp4", (5440, 35 * TICK))
    return films


@pytest.mark.parametrize("name", ["two", "reordered"])
def test_a_film_of_two_edits_is_as_long_as_both(edited, tmp_path, name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        info = probe(edited[name])
    assert info.duration == pytest.approx(6.2, abs=0.1 if name == "reordered" else 0.001)  # FFmpeg's seam is not exact
    clip = cut(edited[name], 0, info.duration, tmp_path)
    assert places_of(clip.path, edited[name]) == [*range(155)]


@pytest.mark.parametrize("mode", [CutMode.EXACT, guarded(CutMode.SMART), CutMode.COPY, guarded("reel")])
@pytest.mark.parametrize(
    ("name", "start", "end", "first", "last"),
    [
        guarded("two", 0.0, 6.2, 0, 154),
        guarded("two", 0.4, 2.0, 10, 49),
        ("two", 1.0, 5.0, 25, 124),
        guarded("two", 3.0, 5.0, 75, 124),
        ("begin", 0.4, 2.0, 10, 49),
        ("end", 4.08, 5.44, 102, 135),
        guarded("trimmed", 0.0, 1.0, 0, 24),
        ("trimmed", 4.0, 5.44, 100, 135),
    ],
)
def test_parts_that_edits_show(edited, tmp_path, mode, name, start, end, first, last):
    places = cut_out(edited[name], start, end, tmp_path, mode)
    if mode is CutMode.COPY:
        assert (places == [*range(places[0], places[-1] + 1)], places[0] <= first, last <= places[-1]) == (True,) * 3
    else:
        assert places == [*range(first, last + 1)]


@pytest.mark.parametrize("name", ["swapped", guarded("repeated")])
def test_edits_that_go_back(edited, tmp_path, name):
    film = edited[name]
    seconds = probe(film).duration
    whole = cut(film, 0, seconds, tmp_path)
    assert places_of(whole.path, film) == places_of(film, film)
    for number, start in enumerate((0.48, 1.2, seconds - 0.8)):
        (tmp_path / str(number)).mkdir()
        clip = cut(film, start, start + 0.6, tmp_path / str(number))
        first = round(clip.start * 25)
        count = round((clip.end - clip.start) * 25)
        assert places_of(clip.path, film) == places_of(film, film)[first : first + count]


def broken_film(folder: Path, name: str, share: float, *fragments: str) -> Path:
    """A film of 12 s whose file breaks off."""
    sound = ("-c:a", "pcm_s16le" if name.endswith("mov") else "aac", "-b:a", "256k")
    whole = moving_film(
        folder / f"whole-{name}", 12, 25, *H264, "-g", "250", *sound, *fragments, sound=("-map", "0", "-map", "1")
    )
    data = whole.read_bytes()
    broken = folder / name
    broken.write_bytes(data[: round(len(data) * share)])
    return broken


FRAGMENTED = ("-movflags", "+frag_keyframe+empty_moov+default_base_moof")


@pytest.mark.parametrize("mode", [CutMode.EXACT, guarded(CutMode.SMART), CutMode.COPY, guarded("reel")])
@pytest.mark.parametrize(
    ("share", "fragments"),
    [
        (0.7, FRAGMENTED),
        guarded(0.95, FRAGMENTED),
        guarded(0.5, FRAGMENTED),
        guarded(0.7, ("-movflags", "+faststart")),
    ],
)
@pytest.mark.filterwarnings("ignore::r2cli.video.DamagedVideoWarning")
def test_the_end_of_a_film_that_breaks_off(tmp_path, mode, share, fragments):
    film = broken_film(tmp_path, "film.mp4", share, *fragments)
    last = len(places_of(film, film)) - 1
    end = probe(film).duration
    assert end == pytest.approx((last + 1) / 25, abs=0.03)
    places = cut_out(film, end - 2, end, tmp_path, mode)
    assert places == [*range(places[0], last + 1)]
    assert places[0] == last - 49 if mode is not CutMode.COPY else places[0] <= last - 49
