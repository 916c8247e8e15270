"""Which video a command means when none is named: the one that r2 worked on last, or those in this folder."""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from pathlib import Path

from r2cli.cli.console import Talk
from r2cli.errors import CommandLineError
from r2cli.paths import data_dir

VIDEO_SUFFIXES = frozenset(
    {".avi", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ogv", ".ts", ".webm", ".wmv"}
)
"""By what a folder's videos are known, before any is opened."""
_FILE = "recent.json"
_LARGEST = 65_536
"""Bytes of the file, at most; a path is shorter."""


def remember(path: Path) -> None:
    """Note the video that r2 works on, for a later command that names none. Where that fails, nothing is lost."""
    with suppress(OSError, ValueError):
        folder = data_dir()
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f".{_FILE}.{secrets.token_hex(4)}"
        try:
            # JSON in ASCII holds every name, those that are no Unicode included
            fresh.write_text(json.dumps({"video": str(Path(path).absolute())}) + "\n", encoding="ascii")
            fresh.replace(folder / _FILE)
        finally:
            fresh.unlink(missing_ok=True)


def recent_video() -> Path | None:
    """The video that r2 worked on last, if it is still there."""
    try:
        with (data_dir() / _FILE).open("rb") as file:
            content = json.loads(file.read(_LARGEST))
        path = content["video"]
        return Path(path) if isinstance(path, str) and os.path.isfile(path) else None
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None


def default_videos(talk: Talk) -> list[Path]:
    """The videos that are meant when none is named; which they are is said.

    Raises:
        CommandLineError: There is none.
    """
    if (recent := recent_video()) is not None:
        talk.note(f"no video named: taking the last one, {recent}")
        return [recent]
    found = videos_here()
    if not found:
        raise CommandLineError("no video named, and none in this folder", "name one, as in: r2 highlight holiday.mp4")
    talk.note(f"no video named: taking the {_counted(len(found))} in this folder")
    return found


def videos_here() -> list[Path]:
    """The videos in the current folder, by name; hidden ones are left alone."""
    try:
        entries = sorted(Path().iterdir())
    except OSError:
        return []
    return [
        path
        for path in entries
        if path.suffix.lower() in VIDEO_SUFFIXES and not path.name.startswith(".") and path.is_file()
    ]


def _counted(count: int) -> str:
    return "video" if count == 1 else f"{count} videos"
