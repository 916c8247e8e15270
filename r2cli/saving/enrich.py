"""What some formats want to know of the videos themselves, read when they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from r2cli.errors import R2Error, UnreadableInputError
from r2cli.export.edit import edited_videos, plan_edit

if TYPE_CHECKING:
    from r2cli.export.document import Document
    from r2cli.export.formats import Format

_STILL_WIDTH, _SMALLER_WIDTH = 320, 200
"""Pixels; the smaller ones where there are so many that one file of them grows too big to open or to send."""
_MANY_STILLS = 150


class Listener(Protocol):
    """Who is told what is being read."""

    def note(self, text: str) -> None:
        """Be told in a line what is good to know."""

    def progress(self, label: str, total: int) -> AbstractContextManager[Callable[[int], None]]:
        """Give what is told how many of `total` are done while a block runs."""


def enriched(document: Document, form: Format, talk: Listener, command: tuple[str, ...] = ()) -> Document:
    """A document with all that a format tells of besides what was found.

    Args:
        document: What was found.
        form: The format.
        talk: Who is told what is being read.
        command: What was typed, if anything was.
    """
    if form.is_edit:
        document = _with_media(document, talk)
    if form.stills is not None:
        wanted = tuple(form.stills(document))
        width = _SMALLER_WIDTH if form.is_text and len(wanted) > _MANY_STILLS else _STILL_WIDTH
        document = _with_stills(replace(document, command=command), wanted, width, talk)
    return document


def _with_media(document: Document, talk: Listener) -> Document:
    """A document with what its videos' files state; what is not there is assumed, and said."""
    from r2cli.tasks.open_video import open_video
    from r2cli.video.media import read_media

    media = dict(document.media)
    for video in edited_videos(document):
        place = document.locate(video)
        try:
            if place is None:
                raise UnreadableInputError(f"{video}: there is no such file")
            media[video] = read_media(open_video(place))
        except UnreadableInputError as error:
            talk.note(f"{error.message}: its timecode, size and sound are left out")
    complete = replace(document, media=media)
    for note in plan_edit(complete).notes:
        talk.note(note)
    return complete


def _with_stills(document: Document, wanted: Iterable[tuple[Path, float]], width: int, talk: Listener) -> Document:
    """A document with pictures of its videos, and with what identifies these."""
    from r2cli.cache import digest_of
    from r2cli.tasks.open_video import open_video
    from r2cli.video.stills import as_jpeg, read_stills

    times: dict[Path, list[float]] = {}
    for video, time in wanted:
        times.setdefault(video, []).append(time)
    stills, digests = dict(document.stills), dict(document.digests)
    count = sum(map(len, times.values()))
    with talk.progress("looking at moments", count) as on_progress:
        for video, moments in times.items():
            try:
                info = open_video(document.locate(video) or video)
                digests[video] = digest_of(info.path)
                for time, picture in read_stills(info, moments, width):
                    stills[video, time] = as_jpeg(picture)
                    on_progress(len(stills))
            except (UnreadableInputError, OSError) as error:
                talk.note(f"{error.message if isinstance(error, R2Error) else error}: no pictures of it")
    return replace(
        document,
        stills=stills,
        digests=digests,
        written=datetime.now(timezone.utc),
    )
