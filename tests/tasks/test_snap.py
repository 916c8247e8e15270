"""Ends of moments that are edges of shots: on a film whose cuts are known to the picture."""

from __future__ import annotations

import random
from dataclasses import fields, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from r2cli.findings import Findings, Ground, Highlight, Highlights, ModelSource, Moment, Sampling, VideoSource
from r2cli.select.snap import nearest_edge, reach_of
from r2cli.tasks.snap import snap_to_shots
from r2cli.video import probe
from r2cli.video.changes import find_cut, find_cuts
from tests.films import run_ffmpeg

RATE = Fraction(24_000, 1001)
SCENES = {"red": 61, "gray": 50, "green": 47, "white": 72, "blue": 60}
"""Colours, and how many pictures each is to be seen."""
CUTS = [61, 111, 158, 230]
"""The numbers of the pictures with which a scene begins."""
LENGTH = sum(SCENES.values())


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    """Twelve seconds with noise on them, of which only some pictures are keyframes."""
    path = tmp_path_factory.mktemp("snap") / "film.mp4"
    inputs = [
        word
        for colour, count in SCENES.items()
        for word in ("-f", "lavfi", "-i", f"color={colour}:s=64x64:r={RATE}:d={float(count / RATE)}")
    ]
    join = "".join(f"[{number}]" for number in range(len(SCENES)))
    graph = f"{join}concat=n={len(SCENES)},noise=alls=12:allf=t"
    coding = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "100", "-pix_fmt", "yuv420p")
    run_ffmpeg(*inputs, "-filter_complex", graph, *coding, path)
    return path


def found_in(film: Path, *spans: tuple[float, float], clips_per_second: float = 0.5) -> Findings:
    return Findings(
        "a colour",
        VideoSource(film, float(LENGTH / RATE), RATE),
        ModelSource("none", "0" * 64, "none"),
        Sampling(clips_per_second, 150.0),
        tuple(Moment(start, end, 0.9 - place / 100) for place, (start, end) in enumerate(spans)),
        (),
    )


def pictures(*numbers: float) -> tuple[float, ...]:
    return tuple(float(number / RATE) for number in numbers)


def test_every_cut_is_found_to_the_picture(film):
    video = probe(film)
    assert find_cuts(video, 0.0, 20.0) == pytest.approx(pictures(*CUTS), abs=1e-3)
    assert find_cuts(video, 2.8, 4.3) == []
    for cut in CUTS:
        near = float(cut / RATE)
        assert find_cuts(video, near - 0.6, near + 0.6) == [find_cut(video, near - 0.6, near + 0.6)]
    assert find_cuts(replace(video, path=film.with_name("gone.mp4")), 0.0, 5.0) == []


@pytest.mark.parametrize(
    ("name", "coding"),
    [
        ("film.ogv", ("-c:v", "libtheora", "-q:v", "6", "-g", "64")),
        ("film.ts", ("-c:v", "libx264", "-preset", "ultrafast", "-g", "240", "-sc_threshold", "0")),
        ("film.mpg", ("-c:v", "mpeg2video", "-q:v", "2")),
        ("film.mkv", ("-c:v", "ffv1")),
    ],
)
def test_in_containers_that_are_sought_only_nearly(film, tmp_path, name, coding):
    run_ffmpeg("-i", film, *coding, tmp_path / name)
    video = probe(tmp_path / name)
    for cut in CUTS:
        near = float(cut / RATE)
        assert find_cuts(video, near - 1.2, near + 1.2) == [pytest.approx(near, abs=2e-3)]


def test_what_moves_fast_or_flashes_is_no_cut():
    steady = [1.0] * 20
    assert cuts_among([*steady, 2.0, 5.0, 9.0, 16.0, 9.0, 4.0, *steady]) == []
    assert cuts_among([*steady, 60.0, 61.0, *steady]) == []
    assert cuts_among([0.0, 0.0, 12.0] * 20) == []
    assert cuts_among([*steady, 50.0, *steady, 17.0, 17.0, 48.0, *steady]) == [21.0, 44.0]
    assert cuts_among([]) == []


def cuts_among(changes: list[float]) -> list[float]:
    """What is found of pictures that differ so, one after the other."""
    levels = np.cumsum([0.0, *changes])
    pictures = [(float(place), np.full((2, 2), level, np.float32)) for place, level in enumerate(levels)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("r2cli.video.changes._small_pictures", lambda *span: iter(pictures))
        return find_cuts(None, 0.0, 1.0)


def test_ends_become_the_pictures_at_which_shots_begin(film):
    """Wherever they were near them."""
    draw = random.Random(7)
    edges = [0, *CUTS, LENGTH]
    for first, last in pairwise(edges):
        start, end = (max(float(edge / RATE) + draw.uniform(-0.4, 0.4), 0.0) for edge in (first, last))
        (moment,) = snap_to_shots(found_in(film, (start, end)), probe(film)).moments
        assert (moment.start * RATE, moment.end * RATE) == pytest.approx((first, last), abs=0.03), (first, last)
        assert moment.unsnapped == (start, end)
        assert moment.score == 0.9


def test_an_end_with_no_cut_in_reach_stays(film):
    (middle,) = pictures(85)  # of the grey scene: a second from either cut
    end = float(111 / RATE) + 0.3
    (moment,) = snap_to_shots(found_in(film, (middle, end), clips_per_second=2.0), probe(film)).moments
    assert (moment.start, moment.end) == (middle, pytest.approx(float(111 / RATE), abs=1e-3))
    still = found_in(film, (middle, middle + 0.4), clips_per_second=2.0)
    assert snap_to_shots(still, probe(film)) == still
    assert still.moments[0].unsnapped is None


def test_a_moment_across_one_cut_keeps_more_than_nothing(film):
    """Both its ends are nearer to the cut than a clip; each may go less than half of the way."""
    near = float(111 / RATE)
    (moment,) = snap_to_shots(found_in(film, (near - 0.2, near + 0.3)), probe(film)).moments
    assert (moment.start, moment.end) == (pytest.approx(near, abs=1e-3), near + 0.3)


def test_twice_is_once(film):
    once = snap_to_shots(found_in(film, (2.0, 5.0), (6.0, 9.9)), probe(film))
    assert snap_to_shots(once, probe(film)) == once
    assert [one.unsnapped for one in once.moments] == [(2.0, 5.0), (6.0, 9.9)]


def test_only_moments_that_are_meant_and_none_of_an_empty_answer(film):
    found = found_in(film, (2.0, 5.0), (6.0, 9.9))
    first, second = snap_to_shots(found, probe(film), is_meant=lambda one: one is found.moments[1]).moments
    assert first is found.moments[0]
    assert second.unsnapped == (6.0, 9.9)
    assert snap_to_shots(found_in(film), probe(film)).moments == ()


def test_highlights_keep_their_peaks_and_never_overlap(film):
    plain = found_in(film)
    spans = [(0.4, 2.2, 1.0), (2.3, 4.3, 4.2), (4.3, 6.4, 4.5), (6.9, 9.0, 7.0), (9.3, 11.0, 10.0)]
    known = {field.name: getattr(plain, field.name) for field in fields(Findings)}
    moments = tuple(Highlight(start, end, 0.5, peak) for start, end, peak in spans)
    found = Highlights(**{**known, "moments": moments}, ground=Ground("model"))
    snapped = snap_to_shots(found, probe(film))
    assert sum(one.unsnapped is not None for one in snapped.moments) >= 4
    assert all(one.start <= one.peak <= one.end for one in snapped.moments)
    assert all(first.end <= second.start for first, second in pairwise(snapped.moments))


def test_no_choice_of_edges_makes_apart_what_overlaps_or_an_end_that_comes_first():
    draw = random.Random(3)
    for _ in range(2000):
        times = sorted(draw.uniform(0, 30) for _ in range(8))
        spans = [span for span in zip(times[::2], times[1::2], strict=True) if span[0] < span[1]]
        edges = [draw.uniform(0, 30) for _ in range(draw.randrange(12))]
        reach = min(reach_of(end - start, 0.5) for start, end in spans)
        moved = [tuple(nearest_edge(time, edges, reach) for time in span) for span in spans]
        assert all(start < end for start, end in moved)
        assert all(first[1] <= second[0] for first, second in pairwise(moved))


def test_reach():
    assert reach_of(60.0, 0.5) == 2.0
    assert reach_of(1.0, 0.5) == 0.49
    assert reach_of(60.0, 0.0) == 10.0, "whatever a file says"
    assert nearest_edge(5.0, [4.0, 6.0, 9.0], 1.0) == 4.0
    assert nearest_edge(5.0, [7.0], 1.0) == 5.0
