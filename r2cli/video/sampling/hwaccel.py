"""Decoding on a graphics card, where FFmpeg and the machine offer it and it shows the same pictures."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING

import av
import numpy as np
from av.codec.hwaccel import HWAccel, HWDeviceType, hwdevices_available

from r2cli.errors import CommandLineError
from r2cli.video.sampling.frames import SampleRequest, Still
from r2cli.video.sampling.packets import SequentialOnlyError
from r2cli.video.sampling.selective import decode_jobs

if TYPE_CHECKING:
    from r2cli.video.probe import VideoInfo
    from r2cli.video.sampling.plan import Job

_LOG = logging.getLogger(__name__)

LIKELY = {
    "linux": ("cuda", "vaapi", "qsv"),
    "darwin": ("videotoolbox",),
    "win32": ("d3d11va", "cuda", "qsv", "dxva2"),
}
"""What ``auto`` tries, in this order, by `sys.platform`."""
_LOOKED_AT = 3
"""Frames that are decoded both ways."""
_NEAR = 4.0
"""Of 255: the mean difference between frames that are the same picture."""


def choose_device(wish: str, video: VideoInfo, jobs: Sequence[Job], request: SampleRequest) -> HWAccel | None:
    """The first device of a wish that decodes the beginning of a video as the processor does.

    Args:
        wish: ``none``, ``auto``, or FFmpeg's name of a kind of device.
        video: What is to be decoded.
        jobs: How.
        request: What for.

    Returns:
        None where none does, for whatever reason; the log says why.

    Raises:
        CommandLineError: FFmpeg knows no such kind of device.
    """
    names = devices_for(wish)
    offered = [name for name in names if name in hwdevices_available()]
    for name in names:
        if name not in offered:
            _LOG.debug("%s: this FFmpeg was built without it", name)
    for name in offered:
        device = HWAccel(device_type=name, allow_software_fallback=False)
        if _shows_the_same(device, video, jobs, request):
            _LOG.debug("%s: decodes %s", name, video.path)
            return device
    return None


def devices_for(wish: str) -> tuple[str, ...]:
    """The kinds of device that a wish names.

    Raises:
        CommandLineError: FFmpeg knows no such kind of device.
    """
    if wish == "none":
        return ()
    if wish == "auto":
        return LIKELY.get(sys.platform, LIKELY["linux"])
    known = [kind.name for kind in HWDeviceType if kind.name != "none"]
    if wish not in known:
        raise CommandLineError(f"no hardware decoder named {wish!r}", f"known: none, auto, {', '.join(sorted(known))}")
    return (wish,)


def _shows_the_same(device: HWAccel, video: VideoInfo, jobs: Sequence[Job], request: SampleRequest) -> bool:
    try:
        theirs, ours = (_first_stills(video, jobs[:1], request, one) for one in (device, None))
    except (SequentialOnlyError, av.FFmpegError, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        _LOG.debug("%s", error)
        return False
    apart = [float(np.abs(a.pixels.astype(int) - b.pixels).mean()) for a, b in zip(theirs, ours, strict=False)]
    _LOG.debug("frames differ by %s of 255", apart)
    return len(theirs) == len(ours) > 0 and max(apart) <= _NEAR


def _first_stills(video: VideoInfo, jobs: Sequence[Job], request: SampleRequest, device: HWAccel | None) -> list[Still]:
    with closing(decode_jobs(video, jobs, request, device)) as stills:
        return list(islice(stills, _LOOKED_AT))
