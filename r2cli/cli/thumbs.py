"""The best picture of each moment, on a terminal: by kitty's protocol, as Sixel, or in half blocks of colour."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from r2cli.cli.console import Answer, Talk
from r2cli.errors import CommandLineError, UnreadableInputError
from r2cli.export.rows import peak_of
from r2cli.findings import ranked

if TYPE_CHECKING:
    from PIL.Image import Image
    from rich.console import RenderableType

    from r2cli.cli.exports import Exports
    from r2cli.findings import Findings
    from r2cli.video import VideoInfo

_WIDTH = 640
"""Pixels that are read; what a terminal can show of them it scales itself."""
_Stills = dict[tuple[Path, float], "Image"]


def require_pictures(exports: Exports) -> None:
    """See that pictures can be shown, before any work is done.

    Raises:
        CommandLineError: Standard output holds something else, is no terminal or has no colours, or the library is not
            installed.
    """
    if formats := [target.format.name for target in exports.targets if target.file is None]:
        raise CommandLineError(f"--thumbs has no place in {formats[0]}", "leave one of them out")
    if not (_is_terminal(sys.__stdout__) and _is_terminal(sys.__stdin__)):  # the terminal is asked, and answers
        raise CommandLineError(
            "--thumbs shows pictures on a terminal, and input or output is none", "for a file: --out sheet.png"
        )
    if not Answer().has_colors:
        raise CommandLineError("--thumbs draws in colours, and there are none", "see: --color, NO_COLOR, TERM")
    if find_spec("textual_image") is None:
        raise CommandLineError("--thumbs needs a library that is not installed", "type: pip install 'r2cli[terminal]'")


def _is_terminal(stream: object) -> bool:
    try:
        return bool(stream is not None and stream.isatty())  # type: ignore[attr-defined]
    except ValueError:  # it is closed
        return False


def show_thumbs(findings: Sequence[Findings], videos: Sequence[VideoInfo], talk: Talk) -> None:
    """Show the best picture of each moment, in the order of their ranks.

    Args:
        findings: As they were shown.
        videos: That they are about.
        talk: Shows how far the pictures have been read.
    """
    from textual_image.renderable import Image as Drawn  # asks the terminal what it can show

    from r2cli.present.thumbs import Thumb, caption

    stills = _read(findings, videos, talk)
    parts: list[RenderableType] = []
    for rank, (moment, found) in enumerate(ranked(findings), start=1):
        peak = peak_of(moment, found)
        still = stills.get((found.video.path, peak))
        parts += ["", caption(rank, moment, found, peak, is_damaged=still is None)]
        parts += [] if still is None else [Thumb(Drawn(still, width="auto", height="auto"))]
    Answer().show(*parts)


def _read(findings: Sequence[Findings], videos: Sequence[VideoInfo], talk: Talk) -> _Stills:
    from r2cli.video.stills import read_stills

    times: dict[Path, set[float]] = {}
    for moment, found in ranked(findings):
        times.setdefault(found.video.path, set()).add(peak_of(moment, found))
    stills: _Stills = {}
    with talk.progress("looking at moments", sum(map(len, times.values()))) as on_progress:
        for video in videos:
            try:
                for time, picture in read_stills(video, times.pop(video.path, ()), _WIDTH):
                    stills[video.path, time] = picture
                    on_progress(len(stills))
            except UnreadableInputError as error:  # it has gone meanwhile
                talk.note(f"{error.message}: no pictures of it")
    return stills
