"""OpenTimelineIO, through its own library: for Resolve, Nuke, Blender, Kdenlive and pipelines."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from r2cli.errors import CommandLineError
from r2cli.export.document import Document
from r2cli.export.edit import Edit, Event, plan_edit
from r2cli.export.text import one_line, uri

if TYPE_CHECKING:
    from types import ModuleType


def write_otio(document: Document) -> bytes:
    """A timeline with one video track, and a sound track where a source has sound.

    Raises:
        CommandLineError: The library is not installed.
    """
    edit, otio = plan_edit(document), _library()
    timeline = otio.schema.Timeline(edit.name, global_start_time=_time(otio, edit, edit.start))
    kinds = ["Video", *(["Audio"] if any(source.media.sound for source in edit.sources) else [])]
    for kind in kinds:
        track = otio.schema.Track(kind.lower(), kind=getattr(otio.schema.TrackKind, kind))
        track.extend(_item(otio, edit, event, kind) for event in edit.events)
        timeline.tracks.append(track)
    timeline.metadata["r2"] = {"notes": "; ".join(edit.notes), "drop_frame": edit.count.drop}
    return f"{timeline.to_json_string(indent=2)}\n".encode()


def _library() -> ModuleType:
    try:
        return import_module("opentimelineio")
    except ImportError as error:
        raise CommandLineError(
            "OTIO needs a library that is not installed", "type: pip install 'r2cli[editors]'"
        ) from error


def _item(otio: ModuleType, edit: Edit, event: Event, kind: str) -> Any:  # noqa: ANN401 - the library has no types
    if kind == "Audio" and not event.source.media.sound:
        return otio.schema.Gap(duration=_time(otio, edit, event.length))
    source = event.source
    clip = otio.schema.Clip(
        event.name,
        media_reference=otio.schema.ExternalReference(
            uri(source.path), _range(otio, edit, source.start, source.length)
        ),
        source_range=_range(otio, edit, source.start + event.first, event.length),
        metadata={"r2": {"query": one_line(event.row.query), "reel": source.reel, **_score(event)}},
    )
    if kind == "Video":
        clip.markers.append(
            otio.schema.Marker(
                name=event.name,
                marked_range=_range(otio, edit, source.start + event.first + event.marked, event.marked_length),
                metadata={"r2": _score(event)},
            )
        )
    return clip


def _score(event: Event) -> dict[str, float]:
    return {} if event.row.score is None else {"score": float(event.row.score)}


def _time(otio: ModuleType, edit: Edit, frames: int) -> Any:  # noqa: ANN401
    return otio.opentime.RationalTime(frames, float(edit.count.rate))


def _range(otio: ModuleType, edit: Edit, first: int, length: int) -> Any:  # noqa: ANN401
    return otio.opentime.TimeRange(_time(otio, edit, first), _time(otio, edit, length))
