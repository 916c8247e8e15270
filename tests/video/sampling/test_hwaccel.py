"""Hardware decoding: which device is tried, and that nothing depends on its working."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from r2cli.errors import CommandLineError
from r2cli.video import probe, sample_frames
from r2cli.video.sampling import hwaccel
from r2cli.video.sampling.frames import SampleRequest, Still
from r2cli.video.sampling.packets import read_packets
from r2cli.video.sampling.plan import plan_jobs
from tests.films import make_film


class FakeDevice:
    """Stands for a device; `decode_jobs` is faked along with it."""

    def __init__(self, device_type: str, allow_software_fallback: bool) -> None:
        assert not allow_software_fallback  # it would hide that nothing was gained
        self.name = device_type


@pytest.fixture
def choose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """choose(wish, offered, {device: what it does}): the name of the chosen device."""
    video = probe(make_film(tmp_path / "film.mp4", frames=50))
    request = SampleRequest(rate=5, size=32, clips=10)  # type: ignore[arg-type]
    jobs = plan_jobs(read_packets(video), request, "exact")
    right = hwaccel.decode_jobs

    def pick(wish: str, offered: Sequence[str], does: dict[str, str]) -> str | None:
        tried: list[str] = []

        def decode(video, jobs, request, device=None):
            stills = right(video, jobs, request)
            if device is None:
                return stills
            tried.append(device.name)
            return act(stills, does[device.name])

        monkeypatch.setattr(hwaccel, "HWAccel", FakeDevice)
        monkeypatch.setattr(hwaccel, "decode_jobs", decode)
        monkeypatch.setattr(hwaccel, "hwdevices_available", lambda: list(offered))
        device = hwaccel.choose_device(wish, video, jobs, request)
        assert set(tried) <= set(offered)
        return device.name if device else None  # type: ignore[attr-defined]

    return pick


def act(stills, what: str):
    if what == "fails":
        raise RuntimeError("no such device")
    for still in stills:
        if what == "stops":
            return
        noise = {"works": 0, "rounds": 1, "is green": 90}[what]
        yield Still(np.clip(still.pixels.astype(int) + noise, 0, 255).astype(np.uint8), still.decoded)


@pytest.mark.parametrize(
    ("wish", "offered", "does", "chosen"),
    [
        ("none", ["cuda"], {"cuda": "works"}, None),
        ("auto", [], {}, None),
        ("auto", ["cuda"], {"cuda": "works"}, "cuda"),
        ("auto", ["vaapi", "cuda"], {"cuda": "fails", "vaapi": "rounds"}, "vaapi"),
        ("auto", ["vaapi", "cuda"], {"cuda": "is green", "vaapi": "works"}, "vaapi"),
        ("auto", ["vaapi", "cuda"], {"cuda": "stops", "vaapi": "fails"}, None),
        ("vaapi", ["vaapi", "cuda"], {"vaapi": "works"}, "vaapi"),
        ("vaapi", ["cuda"], {"cuda": "works"}, None),
        ("vaapi", ["vaapi"], {"vaapi": "fails"}, None),
    ],
)
def test_the_first_that_shows_the_same_is_taken(choose, monkeypatch, wish, offered, does, chosen) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    assert choose(wish, offered, does) == chosen


def test_every_platform_tries_what_ffmpeg_knows() -> None:
    for names in hwaccel.LIKELY.values():
        for name in names:
            assert hwaccel.devices_for(name) == (name,)


@pytest.mark.parametrize("name", ["film.mp4", "untrusted.avi"])
def test_what_ffmpeg_does_not_know_is_an_error(tmp_path: Path, name: str) -> None:
    film = make_film(tmp_path / name, frames=5)
    with pytest.raises(CommandLineError, match=r"named 'cudda' - known: none, auto, .*cuda, .*vaapi"):
        next(sample_frames(probe(film), 1, 32, hwaccel="cudda"))


@pytest.mark.parametrize("wish", ["auto", "cuda", "vaapi", "vulkan", "videotoolbox"])
def test_frames_come_whatever_the_machine_has(tmp_path: Path, caplog: pytest.LogCaptureFixture, wish: str) -> None:
    caplog.set_level(logging.DEBUG, "r2cli.video.sampling.hwaccel")
    video = probe(make_film(tmp_path / "film.mp4", encoder=["-c:v", "libx264", "-g", "25", "-pix_fmt", "yuv420p"]))
    plain = np.concatenate([batch.pixels for batch in sample_frames(video, 5, 32)])
    found = np.concatenate([batch.pixels for batch in sample_frames(video, 5, 32, hwaccel=wish)])
    assert np.abs(found.astype(int) - plain).mean() <= 4
    assert caplog.records  # why it was given up, or that it was not


def test_a_device_that_fails_later_costs_no_frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is chosen by the first frames may break at the hundredth; that it is the same path as any other trouble."""
    video = probe(make_film(tmp_path / "film.mp4", encoder=["-c:v", "libx264", "-g", "25", "-pix_fmt", "yuv420p"]))
    expected = np.concatenate([batch.pixels for batch in sample_frames(video, 5, 32)])
    right = hwaccel.decode_jobs

    def breaks(video, jobs, request, device=None, *, smoothly=True):
        late = replace(jobs[2], wanted=(replace(jobs[2].wanted[0], pts=-1), *jobs[2].wanted[1:]))
        return right(video, [*jobs[:2], late, *jobs[3:]], request, smoothly=smoothly)

    monkeypatch.setattr("r2cli.video.sampling.decoders.choose_device", lambda *given: "a device")
    monkeypatch.setattr("r2cli.video.sampling.decoders.decode_jobs", breaks)
    assert np.array_equal(np.concatenate([b.pixels for b in sample_frames(video, 5, 32, hwaccel="cuda")]), expected)
