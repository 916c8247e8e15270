"""CMX3600 edit decision lists: the format that every editing program and every conform takes.

Its columns are fixed: number, tape, channels, transition, source in and out, record in and out. A list says once how
its timecode counts (``FCM``). What a tape's eight characters cannot hold stands in comments.
"""

from __future__ import annotations

from collections.abc import Iterator

from r2cli.export.document import Document
from r2cli.export.edit import Event, plan_edit
from r2cli.export.text import as_text, words


def _edl(document: Document) -> Iterator[str]:
    edit = plan_edit(document)
    yield f"TITLE: {edit.name}"
    yield f"FCM: {'DROP FRAME' if edit.count.drop else 'NON-DROP FRAME'}"
    for number, event in enumerate(edit.events, start=1):
        source = event.source.start + event.first
        record = edit.start + event.at
        times = (source, source + event.length, record, record + event.length)
        labels = " ".join(edit.count.label(time) for time in times)
        yield ""
        yield f"{number:03d}  {event.source.reel:<8} {_channels(event):<5} C        {labels}"
        yield f"* FROM CLIP NAME: {words(event.source.path.name)}"
        yield f"* SOURCE FILE: {words(str(event.source.path))}"
        yield f"* COMMENT: {event.name}{f' ({event.comment})' if event.comment else ''}"
        yield f"* LOC: {edit.count.label(record + event.marked)} RED     {event.name}"


def _channels(event: Event) -> str:
    """Picture, and the first one or two channels of sound."""
    channels = sum(track.channels for track in event.source.media.sound)
    return ("V", "B", "AA/V")[min(channels, 2)]


write_edl = as_text(_edl)
