"""Small sound films of many containers and codecs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock

from tests.films import run_ffmpeg

_SOURCE = ("-f", "lavfi", "-i", "testsrc2=s=128x96:r=12:d=3", "-f", "lavfi", "-t", "3", "-i", "sine")
_FRAGMENTS = ("-movflags", "+frag_keyframe+empty_moov+default_base_moof")
_H264, _H265 = ("-c:v", "libx264", "-preset", "ultrafast"), ("-c:v", "libx265", "-x265-params", "log-level=none")
_PLAIN = ("-pix_fmt", "yuv420p", "-g", "12")
_VP9, _AV1 = ("-c:v", "libvpx-vp9", "-cpu-used", "8"), ("-c:v", "libsvtav1", "-preset", "12")

FILMS: dict[str, Sequence[str]] = {
    "h264.mp4": (*_H264, *_PLAIN, "-movflags", "+faststart"),
    "h264-end.mp4": (*_H264, *_PLAIN),
    "h264-fragments.mp4": (*_H264, *_PLAIN, *_FRAGMENTS),
    "h264.mov": (*_H264, *_PLAIN),
    "h264.mkv": (*_H264, *_PLAIN),
    "h264.ts": (*_H264, *_PLAIN),
    "h264.flv": (*_H264, *_PLAIN),
    "h264.avi": (*_H264, *_PLAIN),
    "hevc.mp4": (*_H265, "-preset", "ultrafast", *_PLAIN),
    "hevc.mkv": (*_H265, "-preset", "ultrafast", *_PLAIN),
    "vp9.webm": (*_VP9, *_PLAIN),
    "vp9.mp4": (*_VP9, *_PLAIN, *_FRAGMENTS),
    "vp8.webm": ("-c:v", "libvpx", "-deadline", "realtime", *_PLAIN),
    "av1.mp4": (*_AV1, *_PLAIN),
    "av1.mkv": (*_AV1, *_PLAIN),
    "mpeg2.ts": ("-c:v", "mpeg2video", "-c:a", "mp2", "-r", "25"),
    "mpeg2.mpg": ("-c:v", "mpeg2video", "-c:a", "mp2", "-r", "25"),
    "mpeg4.avi": ("-c:v", "mpeg4", "-g", "12"),
    "mpeg4.mp4": ("-c:v", "mpeg4", "-g", "12"),
    "mjpeg.avi": ("-c:v", "mjpeg", "-pix_fmt", "yuvj420p"),
    "moving.gif": (),
    "prores.mov": ("-c:v", "prores_ks"),
    "theora.ogv": ("-c:v", "libtheora"),
}


class Films:
    """The films of a folder, each made when it is first wanted.

    Args:
        folder: Where.
        recipes: Names with what to encode them with.
    """

    def __init__(self, folder: Path, recipes: Mapping[str, Sequence[str]] = FILMS) -> None:
        self._folder, self._recipes, self._lock = folder, recipes, Lock()
        self.names = sorted(recipes)  # in an order in which a seed means the same choice everywhere
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, name: str) -> Path:
        """Where one is."""
        path = self._folder / name
        with self._lock:
            if not path.exists():
                fresh = self._folder / f"fresh-{name}"
                run_ffmpeg(*_SOURCE, *self._recipes[name], fresh)
                fresh.rename(path)
        return path
