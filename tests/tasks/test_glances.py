"""How many pictures of a film its domain is named from: two dozen, however long it is."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from r2cli.backbones.spec import Pixels
from r2cli.tasks.open_video import open_video
from r2cli.tasks.rate import name_domain


class Asked(Exception):  # noqa: N818 - no error
    """What was asked for; nothing has to be looked at."""


@pytest.mark.parametrize("seconds", [1.0, 8.0, 3600.0])
def test_two_dozen_glances(films, monkeypatch, seconds):
    def sample_frames(video, rate, size, *, sampling, interpolation, resize):
        raise Asked(rate * video.duration, sampling, interpolation, resize)

    monkeypatch.setattr("r2cli.video.sample_frames", sample_frames)
    video = replace(open_video(films / "short.mp4"), duration=seconds)
    with pytest.raises(Asked) as asked:
        name_domain(video, SimpleNamespace(backbone=SimpleNamespace(size=32, pixels=Pixels(resize="squash"))))
    assert asked.value.args == (pytest.approx(24), "keyframes", "bicubic", "squash")
