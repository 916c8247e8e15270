"""FCPXML 1.10, for Final Cut Pro and DaVinci Resolve: times are exact fractions of a second, no picture is rounded.

Structure after Apple's reference: resources (formats, assets), then library > event > project > sequence > spine.
"""

from __future__ import annotations

from fractions import Fraction

from r2cli.export.document import Document
from r2cli.export.edit import Edit, Event, Source, plan_edit
from r2cli.export.markup import Element, add, write_xml
from r2cli.export.text import uri
from r2cli.media import SourceMedia
from r2cli.timecode import FrameCount

_SEQUENCE = "r1"
_KEYWORD = "moment"
"""On the pictures of the moment itself, in a piece that has more."""


def write_fcpxml(document: Document) -> bytes:
    """A project whose timeline holds the moments one after the other, with a marker for each."""
    edit = plan_edit(document)
    root = Element("fcpxml", version="1.10")
    resources = add(root, "resources")
    width, height = edit.size
    _add_format(resources, _SEQUENCE, edit, width, height)
    assets: dict[Source, tuple[str, str]] = {}
    for number, source in enumerate(edit.sources):
        asset, form = f"r{2 * number + 2}", f"r{2 * number + 3}"
        _add_format(resources, form, edit, source.media.width, source.media.height)
        _add_asset(resources, edit, source, asset, form)
        assets[source] = asset, form
    event = add(add(root, "library"), "event", name=edit.name)
    sequence = add(
        add(event, "project", name=edit.name),
        "sequence",
        format=_SEQUENCE,
        tcStart=_time(edit, edit.start),
        tcFormat=_counting(edit.count),
        duration=_time(edit, edit.length),
        **({"audioLayout": "stereo", "audioRate": "48k"} if any(one.media.sound for one in edit.sources) else {}),
    )
    spine = add(sequence, "spine")
    for piece in edit.events:
        _add_clip(spine, edit, piece, *assets[piece.source])
    return write_xml(root, "fcpxml")


def _add_format(resources: Element, name: str, edit: Edit, width: int, height: int) -> None:
    add(
        resources,
        "format",
        id=name,
        frameDuration=_seconds(1 / edit.count.rate),
        width=str(width),
        height=str(height),
    )


def _add_asset(resources: Element, edit: Edit, source: Source, name: str, form: str) -> None:
    asset = add(
        resources,
        "asset",
        id=name,
        name=source.path.stem,
        start=_time(edit, source.start),
        duration=_time(edit, source.length),
        hasVideo="1",
        format=form,
        videoSources="1",
        **_sound(source.media),
    )
    add(asset, "media-rep", kind="original-media", src=uri(source.path))


def _sound(media: SourceMedia) -> dict[str, str]:
    if not media.sound:
        return {}
    return {
        "hasAudio": "1",
        "audioSources": str(len(media.sound)),
        "audioChannels": str(sum(track.channels for track in media.sound)),
        "audioRate": str(media.sound[0].rate),
    }


def _add_clip(spine: Element, edit: Edit, event: Event, asset: str, form: str) -> None:
    start = event.source.start + event.first
    clip = add(
        spine,
        "asset-clip",
        ref=asset,
        name=event.name,
        offset=_time(edit, edit.start + event.at),
        start=_time(edit, start),
        duration=_time(edit, event.length),
        format=form,
        tcFormat=_counting(event.source.count),
    )
    if event.comment:
        add(clip, "note", event.comment)
    add(
        clip,
        "marker",
        start=_time(edit, start + event.marked),
        duration=_time(edit, 1),
        value=event.name,
        **({"note": event.comment} if event.comment else {}),
    )
    if event.has_handles:  # a marker has no length there
        add(
            clip,
            "keyword",
            start=_time(edit, start + event.marked),
            duration=_time(edit, event.marked_length),
            value=_KEYWORD,
            note=event.name,
        )


def _counting(count: FrameCount) -> str:
    return "DF" if count.drop else "NDF"


def _time(edit: Edit, frames: int) -> str:
    """Pictures as seconds: a whole number of the rate's ticks, as ``1001/30000s``."""
    rate = edit.count.rate
    return f"{frames * rate.denominator}/{rate.numerator}s" if frames else "0s"


def _seconds(time: Fraction) -> str:
    return f"{time.numerator}/{time.denominator}s"
