"""The report: one HTML file that needs nothing but the videos, which it plays from where they lie."""

from __future__ import annotations

import base64
import hashlib
import os
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from typing import Any

from r2cli import __version__
from r2cli.export.document import Document, Kind
from r2cli.export.json.findings import fields_of
from r2cli.export.report.curves import curve_path, lanes_of, ticks_of
from r2cli.export.rows import peak_of
from r2cli.export.text import one_line, uri, words
from r2cli.findings import Findings, Highlight, Moment, Summary, ranked
from r2cli.timecode import format_time

COLOURS = 6
"""Of queries; a seventh has the first one's again."""
_SCORE_DIGITS = 4
_ROOM = "r2cli.export.report"


@dataclass(frozen=True)
class _Found:
    """One moment on the page."""

    index: int
    """Among all of the page."""
    video: int
    result: int
    """Among the document's."""
    place: int
    """Among the moments of its result."""
    moment: Moment
    findings: Findings
    rank: int
    """Among all of the document, as `r2 cut --ranks` takes it."""


def write_report(document: Document) -> bytes:
    """The page of a document; moments stand under their video, best first.

    What comes from outside is escaped by the template, or by JSON inside of it; a policy allows the page's own script
    and no connection.
    """
    import jinja2  # late: most commands write no page
    from markupsafe import Markup

    room = files(_ROOM)
    style, script, text = (
        room.joinpath(f"report.{kind}").read_text(encoding="utf-8") for kind in ("css", "js", "html.j2")
    )
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    page = environment.from_string(text).render(
        **_contents(document),
        style=Markup(style),
        script=Markup(script),
        script_digest=f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}",
    )
    return page.encode("utf-8") + b"\n"


def stills_of(document: Document) -> Iterator[tuple[Path, float]]:
    """Which pictures the page shows: of each moment the one at its best."""
    for found in _found(document):
        yield found.findings.video.path, peak_of(found.moment, found.findings)


def _found(document: Document) -> list[_Found]:
    videos = _videos(document)
    ranks = {(id(moment), id(found)): rank for rank, (moment, found) in enumerate(ranked(document.findings), start=1)}
    found = [
        (videos.index(findings.video.path), ranks[id(moment), id(findings)], result, place, moment, findings)
        for result, findings in enumerate(document.findings)
        for place, moment in enumerate(findings.moments)
    ]
    ordered = sorted(found, key=lambda one: one[:2])
    return [
        _Found(index, video, result, place, moment, findings, rank)
        for index, (video, rank, result, place, moment, findings) in enumerate(ordered)
    ]


def _videos(document: Document) -> list[Path]:
    return list(dict.fromkeys(found.video.path for found in document.findings))


def _contents(document: Document) -> dict[str, Any]:
    found, paths = _found(document), _videos(document)
    heading = _heading(document)
    return {
        "version": __version__,
        "title": f"{heading} · {_several(paths)} · r2",
        "heading": heading,
        "has_moments": bool(found),
        "queries": len({_label(one) for one in document.findings}),
        "summary": f"{len(found)} of {len(found)} moments kept",
        "videos": [_video(document, number, path, found) for number, path in enumerate(paths)],
        "receipt": list(_receipt(document)),
        "data": _data(document, found, paths),
    }


def _several(paths: Sequence[Path]) -> str:
    return f"{len(paths)} videos" if len(paths) != 1 else words(paths[0].name) or "-"


def _heading(document: Document) -> str:
    """What the page is about: the query if there is but one."""
    if document.kind is not Kind.FINDINGS:
        return str(document.kind.value).capitalize()
    queries = list(dict.fromkeys(_label(one) for one in document.findings))
    return queries[0] if len(queries) == 1 else f"{len(queries)} queries"


def _video(document: Document, number: int, path: Path, found: Sequence[_Found]) -> dict[str, Any]:
    about = [one for one in document.findings if one.video.path == path]
    source, place = about[0].video, document.locate(path) or path
    colours = {one.query: colour % COLOURS for colour, one in enumerate(about)}
    moments = [_moment(document, one, colours) for one in found if one.video == number]
    spans = [(float(one["left"]), float(one["left"]) + float(one["width"])) for one in moments]
    moments = [{**one, "lane": lane} for one, lane in zip(moments, lanes_of(spans), strict=True)]
    folder = one_line(str(place.absolute().parent))
    facts = (f"{_counted(moments)} in {format_time(source.duration)}", _rate(source.rate), folder)
    return {
        "name": words(path.name) or "-",
        "path": one_line(str(place.absolute())),
        "src": uri(place),
        "facts": " · ".join(filter(None, facts)),
        "queries": [
            {
                "text": _label(one),
                "colour": colours[one.query],
                "count": _counted(one.moments),
                "curve": curve_path([clip.score for clip in one.saliency]),
            }
            for one in about
        ],
        "moments": moments,
        "lanes": max((one["lane"] for one in moments), default=-1) + 1,
        "ticks": [(text, f"{left:.3f}") for text, left in ticks_of(source.duration)],
    }


def _rate(rate: Fraction) -> str:
    """In words; nothing where nobody knows it."""
    return f"{float(rate):.3f}".rstrip("0").rstrip(".") + " pictures per second" if rate else ""


def _counted(moments: Sequence[object]) -> str:
    return f"{len(moments)} moment{'s' if len(moments) != 1 else ''}"


def _label(findings: Findings) -> str:
    return words(findings.query) or ("played" if isinstance(findings, Summary) else "highlight")


def _moment(document: Document, found: _Found, colours: dict[str, int]) -> dict[str, Any]:
    moment, findings = found.moment, found.findings
    duration = max(findings.video.duration, 1e-6)
    peak = peak_of(moment, findings)
    picture = document.stills.get((findings.video.path, peak))
    return {
        "index": found.index,
        "rank": found.rank,
        "label": _label(findings),
        "colour": colours[findings.query],
        "times": f"{format_time(moment.start)} – {format_time(moment.end)}",
        "peak": format_time(peak) if isinstance(moment, Highlight) else "",
        "score": f"{moment.score:.2f}",
        "percent": f"{100 * min(max(moment.score, 0.0), 1.0):.0f}",
        "left": f"{100 * min(moment.start / duration, 1.0):.3f}",
        "width": f"{100 * max(min(moment.end, duration) - moment.start, 0.0) / duration:.3f}",
        "picture": base64.b64encode(picture).decode("ascii") if picture else "",
    }


def _data(document: Document, found: Sequence[_Found], paths: Sequence[Path]) -> dict[str, Any]:
    """What the page's script works with: the document itself, with saliency in fewer characters."""
    fields = fields_of(document)
    for result in fields.get("results", []):
        result["scores"] = [round(clip["score"], _SCORE_DIGITS) for clip in result.pop("saliency")]
        place = document.locate(Path(result["video"]["path"]))
        if place is not None:  # the page is read elsewhere than where it was written
            result["video"]["path"] = str(place.absolute())
    lengths = {one.video.path: one.video for one in document.findings}
    return {
        "document": fields,
        "summary": f"% of {len(found)} moments kept",
        "videos": [{"duration": lengths[path].duration or 1.0, "fps": float(lengths[path].rate)} for path in paths],
        "moments": [
            {
                "video": one.video,
                "result": one.result,
                "place": one.place,
                "start": one.moment.start,
                "end": one.moment.end,
            }
            for one in found
        ],
        "command": "r2 cut selection.json --clips clips",
    }


def _receipt(document: Document) -> Iterator[tuple[str, str]]:
    if document.written is not None:
        yield "written", document.written.strftime("%Y-%m-%d %H:%M %Z")
    yield "r2", __version__
    if document.command:
        yield "command", one_line(shlex.join(document.command))
    for model in dict.fromkeys(one.model for one in document.findings):
        yield "model", f"{one_line(model.name)} on {one_line(model.backbone)}, sha256 {one_line(model.sha256)}"
    for sampling in dict.fromkeys(one.sampling for one in document.findings):
        yield "sampling", f"{one_line(sampling.strategy)}, {sampling.clips_per_second:g} clips per second"
    for path in _videos(document):
        digest = document.digests.get(path, "")
        yield "video", one_line(os.fspath(path)) + (f", BLAKE3 {digest}" if digest else "")
    if document.kind is not Kind.FINDINGS:
        yield "kind", document.kind.value
