"""Reading back what `--json` wrote, of every command. Nothing in it is trusted: anybody may have written it."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any, cast, get_args, get_type_hints

from r2cli.cuts import Clip, CutMode, Reel, ReelPart
from r2cli.errors import UnreadableInputError
from r2cli.export.document import Document, FailedInput, Kind, kind_of
from r2cli.export.json.findings import SCHEMA
from r2cli.export.json.trees import read_count, read_tree
from r2cli.export.json.untrusted import Fields, Mistake, parse, shown
from r2cli.findings import (
    Findings,
    Ground,
    Highlight,
    Highlights,
    ModelSource,
    Moment,
    Saliency,
    Sampling,
    Shot,
    Summary,
    VideoSource,
)

_GROUNDS: tuple[str, ...] = get_args(get_type_hints(Ground)["kind"])
_CUTS = tuple(mode.value for mode in CutMode)


def read_json(text: str, name: str, folder: Path | None = None) -> Document:
    """Read a document that `--json` wrote; the inverse of `write_json`.

    Args:
        text: The document.
        name: What to call it in messages.
        folder: Where it lies, for the videos that it names.

    Raises:
        UnreadableInputError: It is not one, or a number in it cannot be.
    """
    try:
        return _document(parse(text), folder)
    except (Mistake, ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, Mistake) else "it is not JSON"
        raise UnreadableInputError(
            f"{name}: not findings of r2: {reason}", "save them with: r2 find VIDEO QUERY --json > findings.json"
        ) from error


def _document(content: Fields, folder: Path | None) -> Document:
    schema = content.values.get("schema")
    if schema != SCHEMA or isinstance(schema, bool):
        raise Mistake(f"its schema is {shown(schema)}, and this r2 reads schema {SCHEMA}")
    clips = tuple(map(_clip, content.objects("clips"))) if "clips" in content else None
    is_cut = "results" not in content and ("clips" in content or "reel" in content)
    results = () if is_cut else tuple(map(_result, content.objects("results")))
    return Document(
        findings=results,
        errors=tuple(map(_error, content.objects("errors"))) if "errors" in content else (),
        clips=clips,
        reel=_reel(content.object("reel")) if "reel" in content else None,
        kind=Kind.CUTS if is_cut else kind_of(results),
        folder=folder,
    )


def _result(result: Fields) -> Findings:
    """Findings, or what says more than those."""
    found = _findings(result)
    if "ground" not in result:
        return found
    known: dict[str, Any] = {field.name: getattr(found, field.name) for field in fields(found)}
    ground = _ground(result.object("ground"))
    if "summary" not in result:
        return Highlights(**known, ground=ground)
    summary = result.object("summary")
    shots = tuple(map(_shot, summary.objects("shots")))
    return Summary(**known, ground=ground, length=summary.time("length"), shots=shots)


def _findings(result: Fields) -> Findings:
    video, model, sampling = (result.object(key) for key in ("video", "model", "sampling"))
    return Findings(
        query=result.text("query"),
        video=VideoSource(video.path("path"), video.time("duration"), video.rate("rate")),
        model=ModelSource(*(model.text(key) for key in ("name", "sha256", "backbone"))),
        sampling=Sampling(
            clips_per_second=sampling.time("clips_per_second"),
            window=sampling.time("window"),
            # Documents from before there was a choice do not say.
            strategy=sampling.text("strategy") if "strategy" in sampling else "exact",
        ),
        moments=tuple(map(_moment, result.objects("moments"))),
        saliency=tuple(Saliency(clip.time("time"), clip.number("score")) for clip in result.objects("saliency")),
        tree=read_tree(result.object("expression")) if "expression" in result else None,
        count=read_count(result.object("count")) if "count" in result else None,
    )


def _moment(moment: Fields) -> Moment:
    start, end = moment.span()
    score = moment.number("score")
    unsnapped = moment.object("unsnapped").span() if "unsnapped" in moment else None
    if "peak" in moment:
        return Highlight(start, end, score, moment.time("peak"), unsnapped=unsnapped)
    return Moment(start, end, score, unsnapped=unsnapped)


def _ground(ground: Fields) -> Ground:
    return Ground(
        kind=cast(Any, ground.choice("kind", _GROUNDS)),
        domain=ground.text("domain") if "domain" in ground else "",
        certainty=ground.number("certainty") if "certainty" in ground else None,
    )


def _shot(shot: Fields) -> Shot:
    start, end = shot.span()
    played = shot.object("played").span() if "played" in shot else None
    return Shot(start, end, shot.number("score"), shot.text("reason"), played)


def _clip(clip: Fields) -> Clip:
    return Clip(
        clip.path("path"),
        clip.path("video"),
        CutMode(clip.choice("cut", _CUTS)),
        *clip.object("asked").span(),
        *clip.object("actual").span(),
        note=clip.text("note"),
        rank=clip.whole("rank"),
        moment=clip.object("moment").span() if "moment" in clip else None,
    )


def _reel(reel: Fields) -> Reel:
    return Reel(
        path=reel.path("path"),
        duration=reel.time("duration"),
        width=reel.whole("width"),
        height=reel.whole("height"),
        rate=reel.rate("rate"),
        parts=tuple(map(_part, reel.objects("parts"))),
        note=reel.text("note"),
    )


def _part(part: Fields) -> ReelPart:
    asked, actual = part.object("asked").span(), part.object("actual").span()
    return ReelPart(part.path("video"), *asked, *actual, at=part.time("at"))


def _error(error: Fields) -> FailedInput:
    return FailedInput(error.path("path"), error.text("message"), error.whole("exit_code"))
