"""Final Cut Pro 7's XML (xmeml 5), which Premiere Pro, Resolve and Avid's importers read.

Rates are a whole number of pictures and whether they are slowed to NTSC's; ``in`` and ``out`` count from the file's
first picture, and a file's own timecode stands beside it.
"""

from __future__ import annotations

from r2cli.export.document import Document
from r2cli.export.edit import Edit, Event, Source, plan_edit
from r2cli.export.markup import Element, add, write_xml
from r2cli.export.text import uri
from r2cli.timecode import FrameCount


def write_fcp7(document: Document) -> bytes:
    """A sequence with the moments one after the other, their sound linked to them, and a marker for each."""
    edit = plan_edit(document)
    root = Element("xmeml", version="5")
    sequence = add(root, "sequence", id="sequence-1")
    add(sequence, "name", edit.name)
    add(sequence, "duration", edit.length)
    _add_rate(sequence, edit)
    _add_timecode(sequence, edit, edit.count, edit.start)
    media = add(sequence, "media")
    video, sound = add(media, "video"), add(media, "audio")
    shape = add(add(video, "format"), "samplecharacteristics")
    _add_rate(shape, edit)
    _add_size(shape, *edit.size)
    tracks = {0: add(video, "track")}
    for channel in range(1, 1 + max((_channels(source) for source in edit.sources), default=0)):
        tracks[channel] = add(sound, "track")
        add(tracks[channel], "outputchannelindex", channel)
    described: set[Source] = set()
    for number, event in enumerate(edit.events, start=1):
        for channel in range(_channels(event.source) + 1):
            _add_item(tracks[channel], edit, event, number, channel, describe=event.source not in described)
            described.add(event.source)
    return write_xml(root, "xmeml")


def _channels(source: Source) -> int:
    return sum(track.channels for track in source.media.sound)


def _add_item(track: Element, edit: Edit, event: Event, number: int, channel: int, *, describe: bool) -> None:
    item = add(track, "clipitem", id=_item(number, channel))
    add(item, "name", event.name)
    add(item, "duration", event.source.length)
    _add_rate(item, edit)
    add(item, "start", event.at)
    add(item, "end", event.at + event.length)
    add(item, "in", event.first)
    add(item, "out", event.first + event.length)
    _add_file(item, edit, event.source, describe=describe)
    if channel:
        where = add(item, "sourcetrack")
        add(where, "mediatype", "audio")
        add(where, "trackindex", channel)
    else:
        _add_marker(item, event)
    for other in range(_channels(event.source) + 1):
        link = add(item, "link")
        add(link, "linkclipref", _item(number, other))
        add(link, "mediatype", "audio" if other else "video")
        add(link, "trackindex", max(other, 1))
        add(link, "clipindex", number)


def _item(number: int, channel: int) -> str:
    return f"clipitem-{number}-{channel}"


def _add_marker(item: Element, event: Event) -> None:
    marker = add(item, "marker")
    add(marker, "name", event.name)
    add(marker, "comment", event.comment)
    add(marker, "in", event.first + event.marked)
    add(marker, "out", event.first + event.marked + event.marked_length)


def _add_file(item: Element, edit: Edit, source: Source, *, describe: bool) -> None:
    """A file is described where it is first used, and only named from then on."""
    file = add(item, "file", id=f"file-{source.reel}")
    if not describe:
        return
    add(file, "name", source.path.name)
    add(file, "pathurl", uri(source.path).replace("file:///", "file://localhost/", 1))
    _add_rate(file, edit)
    add(file, "duration", source.length)
    timecode = _add_timecode(file, edit, source.count, source.start)
    add(add(timecode, "reel"), "name", source.reel)
    media = add(file, "media")
    _add_size(add(add(media, "video"), "samplecharacteristics"), source.media.width, source.media.height)
    for track in source.media.sound:
        sound = add(media, "audio")
        add(add(sound, "samplecharacteristics"), "samplerate", track.rate)
        add(sound, "channelcount", track.channels)


def _add_size(parent: Element, width: int, height: int) -> None:
    add(parent, "width", width)
    add(parent, "height", height)
    add(parent, "pixelaspectratio", "square")


def _add_rate(parent: Element, edit: Edit) -> None:
    rate = add(parent, "rate")
    add(rate, "timebase", edit.count.nominal)
    add(rate, "ntsc", "FALSE" if edit.count.rate.denominator == 1 else "TRUE")


def _add_timecode(parent: Element, edit: Edit, count: FrameCount, frames: int) -> Element:
    timecode = add(parent, "timecode")
    _add_rate(timecode, edit)
    add(timecode, "string", count.label(frames))
    add(timecode, "frame", frames)
    add(timecode, "displayformat", "DF" if count.drop else "NDF")
    return timecode
