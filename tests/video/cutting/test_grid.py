"""Every mode of cutting on every kind of film: codecs, rates, distances between keyframes, containers, with sound."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import pytest

from r2cli.cuts import Clip, CutMode
from r2cli.video import probe
from r2cli.video.cutting.plan import plan_clip
from r2cli.video.cutting.write import write_clip
from tests.video.clips import RATES, Film, clicks_in, decoded, film_of, numbers_in, times_in

CONTAINERS = {
    "h264": ("mp4", "mkv", "mov"),
    "hevc": ("mp4", "mkv", "mov"),
    "vp9": ("webm", "mkv", "mp4"),
    "mpeg4": ("mp4", "mkv", "mov"),
}
KEY_SECONDS = (0.5, 2, 10)
SOME = [
    ("h264", "mp4", "25", 0.5),
    ("h264", "mkv", "vfr", 2),
    ("hevc", "mp4", "vfr", 0.5),
    ("hevc", "mkv", "23.976", 10),
    ("vp9", "webm", "29.97", 2),
    ("mpeg4", "mov", "59.94", 0.5),
]
ALL = [
    (codec, container, rate, seconds)
    for codec, containers in CONTAINERS.items()
    for container in containers
    for rate in (*RATES, "vfr")
    for seconds in KEY_SECONDS
]
CLOCK = 0.0015
"""Seconds: Matroska rounds timestamps to milliseconds."""
IN_SYNC = 0.020
EDGE = 0.010
"""Seconds at both ends in which half a click may be heard."""


@pytest.fixture(
    scope="module",
    params=[*SOME, *(pytest.param(case, marks=pytest.mark.slow) for case in ALL if case not in SOME)],
    ids=lambda case: "-".join(map(str, case)),
)
def film(request, tmp_path_factory) -> Film:
    codec, container, rate, key_seconds = request.param
    return film_of(tmp_path_factory.mktemp("film"), codec, container, rate, key_seconds, sound=True)


@dataclass(frozen=True)
class Cutting:
    """A clip, and the pictures that were asked for."""

    clip: Clip
    first: int
    last: int


def cut(film: Film, mode: CutMode, folder: Path) -> Cutting:
    """From the middle of a film to a little before its end, across the last keyframe."""
    count = len(film.begins)
    first, last = round(count * 0.43), round(count * 0.95)
    plan = plan_clip(probe(film.path), float(film.begins[first]), float(film.begins[last + 1]), mode)
    return Cutting(write_clip(plan, folder / f"clip{plan.suffix}"), first, last)


def require_truth(film: Film, clip: Clip) -> list[int]:
    """Whether the clip is what it says: pictures one by one, at their times, and the sound beside them."""
    numbers = numbers_in(clip.path)
    begins = [*film.begins, film.end]
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    assert clip.start == pytest.approx(float(begins[numbers[0]]), abs=CLOCK)
    assert clip.end == pytest.approx(float(begins[numbers[-1] + 1]), abs=CLOCK)
    expected = [float(begins[number] - begins[numbers[0]]) for number in numbers]
    assert [float(time) for time in times_in(clip.path)] == pytest.approx(expected, abs=CLOCK)
    seconds = range(max(1, math.ceil(clip.start + EDGE)), math.ceil(clip.end - EDGE))
    heard = [click for click in clicks_in(clip.path) if EDGE <= click < clip.end - clip.start - EDGE]
    assert heard == pytest.approx([second - clip.start for second in seconds], abs=IN_SYNC)
    return numbers


def test_exact_starts_and_ends_on_the_asked_picture(film, tmp_path):
    cutting = cut(film, CutMode.EXACT, tmp_path)
    assert (cutting.clip.mode, cutting.clip.note) == (CutMode.EXACT, "")
    assert require_truth(film, cutting.clip) == list(range(cutting.first, cutting.last + 1))


def test_copy_begins_on_the_keyframe_that_it_reports(film, tmp_path):
    cutting = cut(film, CutMode.COPY, tmp_path)
    clip = cutting.clip
    assert (clip.mode, clip.note) == (CutMode.COPY, "")
    assert clip.path.suffix == film.path.suffix
    numbers = require_truth(film, clip)
    assert clip.start == pytest.approx(max(time for time in key_times(film.path) if time <= clip.asked_start + CLOCK))
    assert cutting.last <= numbers[-1] <= cutting.last + 8
    assert set(coded(clip.path)) <= set(coded(film.path))


def test_smart_is_exact_and_identical_between_the_edges(film, tmp_path):
    cutting = cut(film, CutMode.SMART, tmp_path)
    clip, asked = cutting.clip, range(cutting.first, cutting.last + 1)
    assert require_truth(film, clip) == list(asked)
    if film.codec == "mpeg4":
        assert (clip.mode, "mpeg4 as it is there does not allow it" in clip.note) == (CutMode.EXACT, True)
        return
    assert (clip.mode, clip.note) == (CutMode.SMART, "")
    source, written = decoded(film.path), decoded(clip.path)
    same = [source[number] == picture for number, picture in zip(asked, written, strict=True)]
    begin, end = longest_run(same)
    keys = [time for time in key_times(film.path) if time >= clip.start - CLOCK]
    assert film.begins[cutting.first + begin] <= Fraction(min(keys)) + Fraction(CLOCK)
    assert len(same) - end <= 16


def key_times(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.size]
    start = min(packet.pts for packet in packets)
    return [float((packet.pts - start) * packet.time_base) for packet in packets if packet.is_keyframe]


def coded(path: Path) -> list[str]:
    """Digest of each coded picture, without the parameter sets that a container may add."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return [hashlib.sha256(bytes(packet)).hexdigest() for packet in container.demux(stream) if packet.size]


def longest_run(same: list[bool]) -> tuple[int, int]:
    """Where most pictures one after the other are the source's."""
    breaks = [-1, *(number for number, one in enumerate(same) if not one), len(same)]
    before, behind = max(zip(breaks, breaks[1:], strict=False), key=lambda pair: pair[1] - pair[0])
    return before + 1, behind
