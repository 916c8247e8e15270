"""Which video a command means when none is named: the one that r2 worked on last, or those in this folder."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from r2cli.cli.console import Talk
from r2cli.cli.folders import looks_like_video, natural_order
from r2cli.errors import CommandLineError
from r2cli.files import read_json
from r2cli.paths import data_dir
from r2cli.writing import replace_text

_FILE = "recent.json"
_LARGEST = 65_536
"""Bytes of the file, at most; a path is shorter."""


@dataclass(frozen=True)
class Recent:
    """What r2 worked on last."""

    video: Path
    model: str | None
    """What it was searched with, if that was said or is known."""


def remember(path: Path, model: str | None = None) -> None:
    """Note what r2 works on, for a later command that names no video. Where that fails, nothing is lost."""
    with suppress(OSError, ValueError):
        folder = data_dir()
        folder.mkdir(parents=True, exist_ok=True)
        # JSON in ASCII holds every name, those that are no Unicode included
        content = {"video": str(Path(path).absolute()), "model": _wherever(model)}
        # After a power cut nobody minds naming the video once more; which one it was is nobody else's business.
        replace_text(folder / _FILE, json.dumps(content) + "\n", is_durable=False, mode=0o600)


def recent() -> Recent | None:
    """The video that r2 worked on last, if it is still there."""
    try:
        content = read_json(data_dir() / _FILE, _LARGEST)
        path, model = (content.get("video"), content.get("model")) if isinstance(content, dict) else (None, None)
        if not isinstance(path, str) or not os.path.isfile(path):
            return None
        return Recent(Path(path), model if isinstance(model, str) else None)
    except (OSError, ValueError):
        return None


def default_videos(talk: Talk) -> tuple[list[Path], str | None]:
    """What is meant when no video is named; which it is is said.

    Returns:
        The videos, and the model that the last one was searched with.

    Raises:
        CommandLineError: There is none.
    """
    if (last := recent()) is not None:
        talk.note(f"no video named: taking the last one, {last.video}")
        return [last.video], last.model
    found = videos_here()
    if not found:
        raise CommandLineError("no video named, and none in this folder", "name one, as in: r2 highlight holiday.mp4")
    talk.note(f"no video named: taking the {_counted(len(found))} in this folder")
    return found, None


def videos_here() -> list[Path]:
    """The videos in the current folder itself, in natural order; hidden ones are left alone."""
    try:
        entries = sorted(Path().iterdir(), key=natural_order)
    except OSError:
        return []
    return [path for path in entries if looks_like_video(path)]


def _wherever(model: str | None) -> str | None:
    """A model's name, or its file in a way that is true in every folder."""
    return os.path.abspath(model) if model is not None and os.path.isfile(model) else model


def _counted(count: int) -> str:
    return "video" if count == 1 else f"{count} videos"
