"""The ways to decode a video for the model's frames, the best first; a new one is a file and a row."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing

from r2cli.video.probe import VideoInfo
from r2cli.video.sampling.frames import SampleRequest, Still
from r2cli.video.sampling.hwaccel import choose_device
from r2cli.video.sampling.packets import read_packets
from r2cli.video.sampling.plan import plan_jobs
from r2cli.video.sampling.selective import decode_jobs
from r2cli.video.sampling.sequential import decode_all

Decoder = Callable[[VideoInfo, SampleRequest], Generator[Still, None, None]]
"""Gives a frame for each clip of a request, from its first one on, in order of time.

It raises `CannotDecodeError`, after all frames that it has, where it cannot go on: the next row begins there. With
`sampling` exact its frames are those of the last row, which takes every video, to two of 255 levels
(`tests/video/sampling/test_sampling.py` holds each row to that over all films). It keeps a bounded number of frames,
and leaves no thread, process or open file behind, however it is left.
"""


def _selectively(video: VideoInfo, request: SampleRequest) -> Generator[Still, None, None]:
    jobs = plan_jobs(read_packets(video), request, request.sampling)
    device = choose_device(request.hwaccel, video, jobs, request)
    with closing(decode_jobs(video, jobs, request, device, smoothly=request.sampling == "exact")) as stills:
        yield from stills


DECODERS: dict[str, Decoder] = {"selective": _selectively, "sequential": decode_all}
