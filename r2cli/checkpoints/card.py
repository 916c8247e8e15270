"""The description that lies beside a file of our weights: what JSON may say, and what it must."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from r2cli.backbones.spec import BACKBONES
from r2cli.errors import ModelUnavailableError
from r2cli.files import read_json
from r2cli.models.family import DEFAULT_FAMILY, FAMILIES

_LARGEST = 1 << 22
"""Bytes of a description; one that lists all of CLIP's vocabulary has half a million."""
_MOST_CLIPS = 2048
"""In a window: more than any model was trained on, and as many as memory is sure to hold."""
_NUMBERS: dict[str, tuple[float, float]] = {
    "clips_per_second": (0.001, 120),
    "window": (0.1, 86_400),
    "unit": (0.001, 3600),
    "min_score": (0, 1),
    "similarity_weight": (0, 1000),
    "similarity_level": (-1, 1),
}
"""What numbers may say: from, to."""
_WORDS = ("clip_weights", "backbone", "summary", "query", "licence")
_MAY_BE_NULL = ("unit", "suppression", "vocabulary")
_REQUIRED = ("clips_per_second", "window")
_SUPPRESSIONS = ("normal", "linear")


def read_card(path: Path) -> dict[str, Any]:
    """Read and check a description. Keys that r2 does not know are left in: a card may say more than that.

    Args:
        path: `NAME.json`, with the model's shape under the name of its family, which is `r2` unless `family` says
            otherwise, with `clips_per_second` and `window` (seconds), and with `clip` (arguments of
            `open_clip.CLIP`) or, as `backbone`, the name of one of the table; if need be `vocabulary`,
            `clip_weights` (a file beside it, when the CLIP is not in the same file), `pixels` (fields of
            `backbones.spec.Pixels`), `task`, `summary`, `query`, `licence`, `unit`, `suppression`, `min_score`,
            `similarity_weight`, `similarity_level` and `presence` (two numbers).

    Raises:
        ModelUnavailableError: It is missing, no JSON, or incomplete, or something in it makes no sense.
    """
    hint = f"keep {path.with_suffix('.safetensors').name} and {path.name} together, as they were written"
    card = _read_json(path, hint)
    family = card.setdefault("family", DEFAULT_FAMILY)
    if not isinstance(family, str) or family not in FAMILIES:
        raise ModelUnavailableError(f"{path}: r2 knows no 'family' {family!r}", f"it knows: {', '.join(FAMILIES)}")
    for key in (family, *_REQUIRED):
        if key not in card:
            raise ModelUnavailableError(f"{path} does not say {key!r}", hint)
    if "clip" not in card and str(card.get("backbone")) not in BACKBONES:
        raise ModelUnavailableError(f"{path} does not say which 'clip' it needs, nor a known 'backbone'", hint)
    if wrong := _without_sense(card):
        raise ModelUnavailableError(f"{path}: {wrong!r} makes no sense ({_shown(card[wrong])})", hint)
    return card


def _read_json(path: Path, hint: str) -> dict[str, Any]:
    try:
        card = read_json(path, _LARGEST)
    except OSError as error:
        raise ModelUnavailableError(f"cannot read the model's description {path}", hint) from error
    except ValueError as error:
        raise ModelUnavailableError(f"{path} is not a model's description (no JSON)", hint) from error
    if not isinstance(card, dict):
        raise ModelUnavailableError(f"{path} is not a model's description", hint)
    return card


def _without_sense(card: Mapping[str, Any]) -> str:
    """The first field that says what nothing can mean; empty: there is none."""
    known = {key: value for key, value in card.items() if not (value is None and key in _MAY_BE_NULL)}
    for key, (low, high) in _NUMBERS.items():
        if key in known and not (_is_number(known[key]) and low <= known[key] <= high):
            return key
    for key in _WORDS:
        if key in known and not (isinstance(known[key], str) and "\0" not in known[key]):
            return key
    for key in (card["family"], "clip", "pixels"):
        if key in known and not isinstance(known[key], dict):
            return str(key)
    if known.get("suppression", "normal") not in _SUPPRESSIONS:
        return "suppression"
    if "task" in known and known["task"] not in FAMILIES[card["family"]].tasks:
        return "task"
    if "vocabulary" in known and not _is_vocabulary(known["vocabulary"]):
        return "vocabulary"
    if "presence" in known and not _are_odds(known["presence"]):
        return "presence"
    return "" if card["window"] * card["clips_per_second"] <= _MOST_CLIPS else "window"


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _are_odds(value: object) -> bool:
    """Whether it is a slope above 0, so that a better score is no worse, and an offset."""
    if not (isinstance(value, list) and len(value) == 2 and all(map(_is_number, value))):
        return False
    slope, offset = value
    return bool(0.01 <= slope <= 100 and -100 <= offset <= 100)


def _is_vocabulary(value: object) -> bool:
    """Whether it is a list of whole numbers; that they are ids in their order, the tokenizer sees."""
    return isinstance(value, list) and value != [] and all(type(row) is int and 0 < row < 1 << 31 for row in value)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}..."
