"""Reading back what was cut: the numbers on the pictures, and the clicks in the sound."""

from __future__ import annotations

import hashlib
import math
import struct
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from r2cli.video import ffmpeg_path
from r2cli.video.demuxing import only_stream
from r2cli.video.ffmpeg import file_url
from tests.films import even_times, make_film, read_number, run_ffmpeg, uneven_times

SOUND_RATE = 48_000
CLICK_SECONDS = 0.004
RATES = {
    "23.976": Fraction(24000, 1001),
    "25": Fraction(25),
    "29.97": Fraction(30000, 1001),
    "59.94": Fraction(60000, 1001),
}
PIECES = ((30, Fraction(1, 25)), (40, Fraction(1, 50)), (30, Fraction(1, 10)), (40, Fraction(1, 40)))
"""Of a film of variable rate: 6 s."""
ENCODERS = {
    "h264": ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-pix_fmt", "yuv420p"),
    "hevc": ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error", "-pix_fmt", "yuv420p"),
    "vp9": ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-pix_fmt", "yuv420p"),
    "mpeg4": ("-c:v", "mpeg4", "-q:v", "3", "-bf", "2", "-sc_threshold", "1000000000"),
}


@dataclass(frozen=True)
class Film:
    """A film whose pictures bear their numbers, and when each of them begins."""

    path: Path
    codec: str
    begins: list[Fraction]
    end: Fraction


def film_of(folder: Path, codec: str, container: str, rate: str, key_seconds: float, *, sound: bool = False) -> Film:
    """A film of one kind, long enough to have a second keyframe; its sound clicks at every whole second from 1 on."""
    path = folder / f"{codec}.{container}"
    silent = folder / f"silent-{path.name}" if sound else path
    per_second = RATES.get(rate, Fraction(30))
    encoder = (*ENCODERS[codec], "-g", str(max(1, round(key_seconds * per_second))))
    length = max(6, math.ceil(key_seconds * 1.25))
    if rate == "vfr":
        pieces = PIECES * math.ceil(length / 6)
        begins = uneven_times(*pieces)
        end = begins[-1] + pieces[-1][1]
        make_film(silent, pieces=pieces, encoder=encoder)
    else:
        begins = even_times(round(length * per_second), per_second)
        end = begins[-1] + 1 / per_second
        make_film(silent, frames=len(begins), rate=per_second, encoder=encoder)
    if sound:
        add_clicks(silent, path, float(end), codec=("-c:a", "libopus") if container == "webm" else ("-c:a", "aac"))
        silent.unlink()
    return Film(path, codec, begins, end)


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


def decoded(path: Path) -> list[str]:
    """Digest of each picture as it is decoded."""
    with av.open(str(path)) as container:
        return [hashlib.sha256(frame.to_ndarray().tobytes()).hexdigest() for frame in container.decode(video=0)]


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


def moving_film(path: Path, seconds: float, rate: int, *encoder: str, sound: tuple[str, ...] = ()) -> Path:
    """A film in which everything moves: what is decoded without what it refers to can be told from what is whole."""
    picture = ["-f", "lavfi", "-i", f"testsrc2=s=192x108:r={rate}:d={seconds}"]
    tone = ["-f", "lavfi", "-i", f"sine=d={seconds}", *sound] if sound else []
    run_ffmpeg(*picture, *tone, *encoder, path)
    return path


def places_of(clip: Path, film: Path) -> list[int]:
    """Which picture of a moving film each picture of a clip is.

    Raises:
        ValueError: One looks like none of them.
    """
    source = np.stack([_grey(frame) for frame in _decoded_picture(film)])
    places = []
    for frame in _decoded_picture(clip):
        errors = ((source - _grey(frame)) ** 2).mean(axis=1)
        places.append(int(errors.argmin()))
        if 10 * math.log10(255**2 / max(float(errors.min()), 1e-9)) < 32:  # dB; another picture is below 25
            raise ValueError(f"picture {len(places) - 1} is none of the film")
    return places


def _decoded_picture(path: Path) -> list[av.VideoFrame]:
    """Every picture that decodes when the picture's stream is read alone, from the beginning of the file."""
    frames: list[av.VideoFrame] = []
    with av.open(str(path)) as container:
        stream = only_stream(container, container.streams.video[0].index)
        with suppress(av.FFmpegError):
            for packet in container.demux(stream):
                with suppress(av.FFmpegError):
                    frames += packet.decode()
    return frames


def _grey(frame: av.VideoFrame) -> np.ndarray:
    return frame.to_ndarray(format="gray")[::2, ::2].astype(np.float32).ravel()


def with_edits(film: Path, target: Path, *edits: tuple[int, int]) -> Path:
    """An MP4 whose header lies at its end, as FFmpeg writes it, with another list of edits.

    Args:
        film: One picture track and nothing else.
        target: Where.
        edits: Milliseconds that each lasts, and where it begins in ticks of the track.
    """
    entries = b"".join(struct.pack(">IiI", length, begin, 1 << 16) for length, begin in edits)
    listed = struct.pack(">II", 0, len(edits)) + entries
    target.write_bytes(_with_box(film.read_bytes(), (b"moov", b"trak", b"edts", b"elst"), listed))
    return target


def _with_box(data: bytes, path: Sequence[bytes], content: bytes) -> bytes:
    """The same boxes, with another content of the one at the end of a path."""
    if not path:
        return content
    result, place = b"", 0
    while place < len(data):
        size, kind = struct.unpack_from(">I4s", data, place)
        inside = data[place + 8 : place + size]
        if kind == path[0]:
            inside = _with_box(inside, path[1:], content)
        result += struct.pack(">I4s", 8 + len(inside), kind) + inside
        place += size
    return result
