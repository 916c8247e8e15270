"""Which videos the user means who names folders."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from r2cli.errors import UnreadableInputError

_SUFFIXES = (
    ".3g2 .3gp .asf .avi .divx .dv .f4v .flv .m1v .m2t .m2ts .m2v .m4v .mkv .mov .mp4 .mpeg .mpg .mts .mxf .ogm .ogv "
    ".rm .rmvb .ts .vob .webm .wmv .wtv"
)
VIDEO_SUFFIXES = frozenset(_SUFFIXES.split())
"""What files are called that hold video."""
_SHARED = frozenset({".mts", ".ts"})
"""Suffixes that transport streams share with programs in TypeScript."""
_SYNC = 0x47
_PACKETS = ((0, 188), (4, 196))
"""Where `_SYNC` stands in the first two packets of a transport stream: of television, and of a camera."""


@dataclass(frozen=True)
class FoundVideos:
    """What is behind the paths that a user named."""

    videos: tuple[Path, ...]
    """Each once; in the order of the paths, and in a folder in natural order."""
    failed: tuple[tuple[Path, UnreadableInputError], ...]
    """Folders that hold no video or cannot be read."""


def find_videos(paths: Sequence[Path]) -> FoundVideos:
    """Files as they are named, whatever they are called, and what looks like a video in folders, however deep."""
    videos: dict[str, Path] = {}
    failed: list[tuple[Path, UnreadableInputError]] = []
    for path in paths:
        if not os.path.isdir(path):  # unlike Path.is_dir, it takes names of any length
            videos.setdefault(os.path.realpath(path), path)
            continue
        refused: list[OSError] = []
        inside = sorted(_videos_below(path, refused), key=natural_order)
        for error in refused:
            reason = (error.strerror or str(error)).lower()
            failed.append((Path(str(error.filename)), _no_folder(f"{error.filename}: {reason}")))
        if not inside and not refused:
            failed.append((path, _no_folder(f"{path}: there is no video in this folder")))
        for video in inside:
            videos.setdefault(os.path.realpath(video), video)
    return FoundVideos(tuple(videos.values()), tuple(failed))


def natural_order(path: Path) -> tuple[tuple[tuple[int, int, str], ...], ...]:
    """A key that puts `take 9` before `take 10`, and what lies in a folder beside what lies next to it."""
    return tuple(
        tuple((0, int(piece), "") if piece.isdecimal() else (1, 0, piece.casefold()) for piece in _pieces(part))
        for part in path.parts
    )


def _pieces(part: str) -> list[str]:
    return [piece for piece in re.split(r"(\d+)", part) if piece]


def _no_folder(message: str) -> UnreadableInputError:
    return UnreadableInputError(message, "name a video file, or a folder with some (.mp4, .mov, .mkv ...)")


def _videos_below(folder: Path, refused: list[OSError]) -> Iterator[Path]:
    seen: set[tuple[int, int]] = set()
    for root, folders, files in os.walk(folder, followlinks=True, onerror=refused.append):
        place = _identity(root)
        if place in seen:  # a link has led back
            folders.clear()
            continue
        seen.add(place)
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from filter(looks_like_video, (Path(root, name) for name in files))


def _identity(folder: str) -> tuple[int, int]:
    status = os.stat(folder)
    return status.st_dev, status.st_ino


def looks_like_video(path: Path) -> bool:
    """Whether something in a folder is taken for a video: by its name, and where that says too little by its start."""
    if path.name.startswith(".") or path.suffix.lower() not in VIDEO_SUFFIXES:
        return False
    if not path.is_file():  # a pipe would be waited for, a broken link cannot be read
        return False
    if path.suffix.lower() not in _SHARED:
        return True
    try:
        with path.open("rb") as stream:
            head = stream.read(_PACKETS[-1][-1] + 1)
    except OSError:
        return True  # and the reason will be said when it is read
    return any(len(head) > later and head[first] == head[later] == _SYNC for first, later in _PACKETS)
