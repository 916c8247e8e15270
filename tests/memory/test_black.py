"""What counts as black: a little noise of the encoder does, anything that could be seen does not."""

from __future__ import annotations

import numpy as np
import pytest

import r2cli
from r2cli.memory import Reading, VideoReader
from r2cli.memory.reader import Start
from r2cli.tasks.open_video import open_video
from r2cli.video.sampling.sample import FrameBatch


@pytest.mark.parametrize(("level", "black"), [(0, 10), (8, 10), (9, 3), (255, 3)])
def test_the_brightest_dot_of_a_black_picture(films, random_model, monkeypatch, level, black):
    model = r2cli.load(str(random_model), device="cpu", precision="fp32")
    pixels = np.zeros((10, 3, model.backbone.size, model.backbone.size), dtype=np.uint8)
    pixels[3, 1, 5, 7] = level

    def frames(*_, **__):
        yield FrameBatch(times=np.arange(10) / 2, pixels=pixels, decoded=10)

    monkeypatch.setattr("r2cli.video.sampling.sample.sample_frames", frames)
    reader = VideoReader(model, Reading(), lambda clips: None, Start())
    assert next(reader.read(open_video(films / "short.mp4"))).black == black
