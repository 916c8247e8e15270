"""Reading back what was cut: the numbers on the pictures, and the clicks in the sound."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from r2cli.video import ffmpeg_path
from r2cli.video.ffmpeg import file_url
from tests.films import read_number, run_ffmpeg

SOUND_RATE = 48_000
CLICK_SECONDS = 0.004


def numbers_in(path: Path, count: int | None = None) -> list[int]:
    """The number on every picture, or on the first ones, in the order in which a player shows them."""
    return [read_number(_square(pixels).transpose(2, 0, 1)) for _, pixels in _pictures(path)[:count]]


def pictures_in(path: Path) -> list[np.ndarray]:
    """Every picture upright, RGB, [height, width, 3]."""
    return [pixels for _, pixels in _pictures(path)]


def times_in(path: Path) -> list[Fraction]:
    """When each picture is shown, counted from the first one."""
    stamps = [stamp for stamp, _ in _pictures(path)]
    return [stamp - stamps[0] for stamp in stamps]


def _pictures(path: Path) -> list[tuple[Fraction, np.ndarray]]:
    with av.open(str(path)) as container:
        pictures = [
            (frame.pts * frame.time_base, np.rot90(frame.to_ndarray(format="rgb24"), frame.rotation // 90))
            for frame in container.decode(container.streams.video[0])
        ]
    return sorted(pictures, key=lambda picture: picture[0])


def _square(pixels: np.ndarray) -> np.ndarray:
    height, width = pixels.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return pixels[top : top + side, left : left + side]


def clicks_in(path: Path, track: int = 0) -> list[float]:
    """When each click begins, in seconds from the first picture, as a player would sound it."""
    with av.open(str(path)) as container:
        start = float(container.streams.video[0].start_time * container.streams.video[0].time_base)
    command = [ffmpeg_path(), "-v", "error", "-copyts", "-i", file_url(path), "-map", f"0:a:{track}"]
    keep_time = f"asetpts=PTS-{start}/TB,aresample={SOUND_RATE}:async=1:min_hard_comp=0.0005:first_pts=0"
    command += ["-af", keep_time, "-ac", "1", "-f", "f32le", "pipe:"]
    sound = np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, np.float32)
    loud = np.flatnonzero(np.abs(sound) > 0.25)
    starts = loud[np.flatnonzero(np.diff(loud, prepend=-SOUND_RATE) > SOUND_RATE // 10)]
    return [float(sample) / SOUND_RATE for sample in starts]


def add_clicks(film: Path, target: Path, seconds: float, *, tracks: int = 1, codec: tuple[str, ...] = ()) -> Path:
    """Copy a film with a click at every whole second from 1 on."""
    click = f"aevalsrc='0.8*sin(2*PI*2000*t)*lt(mod(t,1),{CLICK_SECONDS})*gte(t,0.5)':s={SOUND_RATE}:d={seconds}"
    sound = ["-f", "lavfi", "-i", click]
    maps = [option for _ in range(tracks) for option in ("-map", "1:a")]
    run_ffmpeg("-i", film, *sound, "-map", "0:v", *maps, "-c:v", "copy", *codec, target)
    return target
