"""Reading back what `--json` wrote. Nothing in it is trusted: anybody may have written it."""

from __future__ import annotations

import json
import math
import re
from fractions import Fraction
from pathlib import Path
from typing import Any, NoReturn

from r2cli.errors import UnreadableInputError
from r2cli.export.json.findings import SCHEMA
from r2cli.findings import Findings, ModelSource, Moment, Saliency, Sampling, VideoSource

_RATE = re.compile(r"[1-9]\d{0,8}/[1-9]\d{0,8}", re.ASCII)
_LATEST = 1e7
"""Seconds, some 115 days: later than any moment, earlier than any overflow."""


class _Mistake(Exception):
    """What is wrong with a document, and where."""


def read_json(text: str, name: str) -> tuple[Findings, ...]:
    """Read a document that `--json` wrote.

    Args:
        text: The document.
        name: What to call it in messages.

    Raises:
        UnreadableInputError: It is not one, or a number in it cannot be.
    """
    try:
        content = _object(json.loads(text, parse_constant=_no_number), "it")
        _check_schema(content.get("schema"))
        results = _list(content.get("results"), "results")
        return tuple(_findings(result, f"results[{index}]") for index, result in enumerate(results))
    except (_Mistake, ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, _Mistake) else "it is not JSON"
        raise UnreadableInputError(
            f"{name}: not findings of r2: {reason}", "save them with: r2 find VIDEO QUERY --json > findings.json"
        ) from error


def _no_number(text: str) -> NoReturn:
    raise _Mistake(f"{text} is not a number")


def _check_schema(schema: object) -> None:
    if schema != SCHEMA or isinstance(schema, bool):
        raise _Mistake(f"its schema is {_shown(schema)}, and this r2 reads schema {SCHEMA}")


def _findings(value: object, where: str) -> Findings:
    result = _object(value, where)
    video = _object(result.get("video"), f"{where}.video")
    model = _object(result.get("model"), f"{where}.model")
    sampling = _object(result.get("sampling"), f"{where}.sampling")
    moments = _list(result.get("moments"), f"{where}.moments")
    saliency = _list(result.get("saliency"), f"{where}.saliency")
    return Findings(
        query=_text(result, "query", where),
        video=VideoSource(
            path=_path(video, f"{where}.video"),
            duration=_time(video, "duration", f"{where}.video"),
            rate=_rate(_object(video.get("rate"), f"{where}.video.rate"), f"{where}.video.rate"),
        ),
        model=ModelSource(*(_text(model, key, f"{where}.model") for key in ("name", "sha256", "backbone"))),
        sampling=Sampling(
            clips_per_second=_time(sampling, "clips_per_second", f"{where}.sampling"),
            window=_time(sampling, "window", f"{where}.sampling"),
            # Documents from before there was a choice do not say.
            strategy=_text(sampling, "strategy", f"{where}.sampling") if "strategy" in sampling else "exact",
        ),
        moments=tuple(_moment(moment, f"{where}.moments[{index}]") for index, moment in enumerate(moments)),
        saliency=tuple(_clip_score(clip, f"{where}.saliency[{index}]") for index, clip in enumerate(saliency)),
    )


def _moment(value: object, where: str) -> Moment:
    moment = _object(value, where)
    start, end = _time(moment, "start", where), _time(moment, "end", where)
    if end < start:
        raise _Mistake(f"{where} ends before it starts")
    return Moment(start, end, _number(moment, "score", where))


def _clip_score(value: object, where: str) -> Saliency:
    clip = _object(value, where)
    return Saliency(_time(clip, "time", where), _number(clip, "score", where))


def _path(video: dict[str, Any], where: str) -> Path:
    path = _text(video, "path", where)
    if not path or "\0" in path:
        raise _Mistake(f"{where}.path is no file name")
    return Path(path)


def _rate(rate: dict[str, Any], where: str) -> Fraction:
    exact = _text(rate, "exact", where)
    if not _RATE.fullmatch(exact):
        raise _Mistake(f"{where}.exact is {_shown(exact)}, not a rate as 30000/1001")
    return Fraction(exact)


def _time(fields: dict[str, Any], key: str, where: str) -> float:
    time = _number(fields, key, where)
    if not 0 <= time <= _LATEST:
        raise _Mistake(f"{where}.{key} is {_shown(time)}, not a time in seconds")
    return time


def _number(fields: dict[str, Any], key: str, where: str) -> float:
    value = fields.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > 1e300 or not math.isfinite(value):
        raise _Mistake(f"{where}.{key} is {_shown(value)}, not a number")
    return float(value)


def _text(fields: dict[str, Any], key: str, where: str) -> str:
    value = fields.get(key)
    if not isinstance(value, str):
        raise _Mistake(f"{where}.{key} is {_shown(value)}, not text")
    return value


def _object(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Mistake(f"{where} is {_shown(value)}, not an object")
    return value


def _list(value: object, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise _Mistake(f"{where} is {_shown(value)}, not a list")
    return value


def _shown(value: object) -> str:
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "a list"
    text = "missing" if value is None else repr(value) if not isinstance(value, int) or abs(value) < 1e12 else "huge"
    return text if len(text) <= 40 else f"{text[:37]}..."
