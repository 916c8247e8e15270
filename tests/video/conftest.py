"""What several tests of the room need."""

from __future__ import annotations

import pytest

from r2cli.video.sampling.packets import SequentialOnlyError


@pytest.fixture
def sequential(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the way of videos whose packets cannot be trusted: the `ffmpeg` program decodes them from end to end."""

    def distrust(video: object) -> None:
        raise SequentialOnlyError("the test says so")

    monkeypatch.setattr("r2cli.video.sampling.decoders.read_packets", distrust)
