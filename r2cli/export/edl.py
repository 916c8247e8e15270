"""CMX3600 edit decision lists: the format that every editing program and every conform takes.

Its columns are fixed: number, tape, channels, transition, source in and out, record in and out. A list says once how
its timecode counts (``FCM``). What a tape's eight characters cannot hold stands in comments.
"""

from __future__ import annotations

from collections.abc import Iterator

from r2cli.export.document import Document
from r2cli.export.edit import Event, plan_edit
from r2cli.export.text import as_text, words

_LONGEST = 200
"""Characters of a name in a comment: lists were made for lines of 80, and not every reader takes thousands."""


def _edl(document: Document) -> Iterator[str]:
    edit = plan_edit(document)
    yield f"TITLE: {edit.name}"
    yield f"FCM: {'DROP FRAME' if edit.count.drop else 'NON-DROP FRAME'}"
    for number, event in enumerate(edit.events, start=1):
        source = event.source.start + event.first
        record = edit.start + event.at
        counted = ((event.source.count, source), (edit.count, record))
        labels = " ".join(count.label(time) for count, first in counted for time in (first, first + event.length))
        name = _shortened(event.name)
        yield ""
        yield f"{number:03d}  {event.source.reel:<8} {_channels(event):<5} C        {labels}"
        yield f"* FROM CLIP NAME: {words(event.source.path.name)}"
        yield f"* SOURCE FILE: {words(str(event.source.path))}"
        yield f"* COMMENT: {name}{f' ({event.comment})' if event.comment else ''}"
        yield f"* LOC: {edit.count.label(record + event.marked)} RED     {name}"
        if event.has_handles:  # a locator has no length
            last = record + event.marked + event.marked_length - 1
            yield f"* LOC: {edit.count.label(last)} RED     END {name}"


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 3]}..."


def _channels(event: Event) -> str:
    """Picture, and the first one or two channels of sound."""
    channels = sum(track.channels for track in event.source.media.sound)
    return ("V", "B", "AA/V")[min(channels, 2)]


write_edl = as_text(_edl)
