"""The description that lies beside a file of our weights: what JSON may say, and what it must."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from r2cli.backbones.spec import BACKBONES
from r2cli.errors import ModelUnavailableError
from r2cli.files import read_json

_LARGEST = 16 << 20
"""Bytes; a vocabulary takes one million."""
_NUMBER = (int, float)
_REQUIRED: dict[str, type | tuple[type, ...]] = {
    "r2": dict,
    "clips_per_second": _NUMBER,
    "window": _NUMBER,
}
_OPTIONAL: dict[str, type | tuple[type, ...]] = {
    "clip": dict,
    "vocabulary": (list, type(None)),
    "clip_weights": str,
    "backbone": str,
    "task": str,
    "summary": str,
    "query": str,
    "licence": str,
    "unit": (*_NUMBER, type(None)),
    "suppression": (str, type(None)),
    "min_score": _NUMBER,
    "similarity_weight": _NUMBER,
    "similarity_level": _NUMBER,
}


def read_card(path: Path) -> dict[str, Any]:
    """Read and check a description. Keys that r2 does not know are left in: a card may say more than that.

    Args:
        path: `NAME.json`, with `r2` (fields of `R2Config`), `clips_per_second` and `window` (seconds), and with
            `clip` (arguments of `open_clip.CLIP`) or, as `backbone`, the name of one of the table; if need be
            `vocabulary`, `clip_weights` (a file beside it, when the CLIP is not in the same file), `task`,
            `summary`, `query`, `licence`, `unit`, `suppression`, `min_score`,
            `similarity_weight` and `similarity_level`.

    Raises:
        ModelUnavailableError: It is missing, no JSON, or incomplete.
    """
    hint = f"keep {path.with_suffix('.safetensors').name} and {path.name} together, as they were written"
    try:
        card = read_json(path, _LARGEST)
    except OSError as error:
        raise ModelUnavailableError(f"cannot read the model's description {path}", hint) from error
    except (ValueError, RecursionError) as error:
        raise ModelUnavailableError(f"{path} is not a model's description (no JSON)", hint) from error
    if not isinstance(card, dict):
        raise ModelUnavailableError(f"{path} is not a model's description", hint)
    for key, kind in (_REQUIRED | _OPTIONAL).items():
        if key in card and not isinstance(card[key], kind):
            raise ModelUnavailableError(f"{path}: {key!r} has a value of the wrong kind", hint)
        if key in _REQUIRED and key not in card:
            raise ModelUnavailableError(f"{path} does not say {key!r}", hint)
    if "clip" not in card and card.get("backbone") not in BACKBONES:
        raise ModelUnavailableError(f"{path} does not say which 'clip' it needs, nor a known 'backbone'", hint)
    if card["clips_per_second"] <= 0 or card["window"] <= 0:
        raise ModelUnavailableError(f"{path}: clips_per_second and window must be above 0", hint)
    return card
