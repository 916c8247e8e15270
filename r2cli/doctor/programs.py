"""The programs that r2 is made of: itself, its libraries, FFmpeg, and the settings that choose among them."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import PackageNotFoundError, version

from r2cli import __version__
from r2cli.doctor.check import Check
from r2cli.settings import SETTINGS, config_file, given
from r2cli.video.version import OLDEST_FFMPEG

_LIBRARIES = ("torch", "open_clip_torch", "av", "numpy", "huggingface_hub")
_DECODERS = ("h264", "hevc", "vp9", "av1", "mpeg4", "mpeg2video", "prores", "mjpeg")
"""What phones, cameras and web sites deliver."""
_ENCODERS = ("libx264", "aac")
"""What clips are written with."""


def check_versions() -> Check:
    """r2, Python, and the libraries whose version matters."""
    found = {name: _version(name) for name in _LIBRARIES}
    python = platform.python_version()
    lines = (
        f"r2 {__version__}, Python {python}, {platform.system()} {platform.release()} ({platform.machine()})",
        ", ".join(f"{name} {number}" for name, number in found.items()),
    )
    facts = {"r2": __version__, "python": python, "platform": platform.platform(), "executable": sys.executable}
    return Check("versions", lines, {**facts, "libraries": found})


def check_settings() -> Check:
    """What the user set, and whether it makes sense."""
    path = config_file()
    found = {name: one for name in SETTINGS if (one := given(name)) is not None}
    lines = tuple(f"{name} = {one.value} (from {one.origin})" for name, one in found.items())
    facts = {name: {"value": one.value, "origin": one.origin} for name, one in found.items()}
    return Check("settings", lines or ("defaults only",), {"file": str(path), "set": facts})


def check_ffmpeg() -> Check:
    """Which ffmpeg, and what it can read."""
    from r2cli.video.build import examine_ffmpeg

    build = examine_ffmpeg()
    lacking = [f"decoder {name}" for name in _DECODERS if name not in build.decoders]
    lacking += [f"encoder {name}" for name in _ENCODERS if name not in build.encoders]
    known = [name for name in _DECODERS if name in build.decoders]
    troubles = [f"lacks {', '.join(lacking)}"] if lacking else []
    troubles += [f"older than {OLDEST_FFMPEG}: what it writes may be wrong"] if build.is_old else []
    lines = (
        f"{build.version} at {build.path} (from {build.origin})",
        *([f"passed over: {build.passed_over}"] if build.passed_over else []),
        f"reads {', '.join(known) or 'none of the usual codecs'}",
        f"hardware built in: {', '.join(build.hardware) or 'none'} (what --hwaccel may try)",
        *troubles,
    )
    facts = {"path": build.path, "origin": build.origin, "version": build.version, "decoders": known}
    facts |= {"hardware": list(build.hardware), "lacking": lacking, "passed_over": build.passed_over}
    if not troubles:
        return Check("ffmpeg", lines, facts)
    fix = (
        f"this ffmpeg {' and is '.join(troubles)}: to use the one that comes along, unset what chooses it, or R2_FFMPEG"
    )
    return Check("ffmpeg", lines, facts, "note", fix)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"
