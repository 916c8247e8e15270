"""Why a moment has its score, as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from r2cli.explanation import Explanation
from r2cli.findings import Moment


def explanation_fields(told: Explanation) -> dict[str, Any]:
    """Every figure as the model has it: what is computed from them again comes out the same to the last bit."""
    return {
        "rank": told.rank,
        "query": told.query,
        "video": str(told.video),
        **_moment(told.moment),
        "threshold": told.threshold,
        "window": {"start": told.window[0], "end": told.window[1]},
        "said": told.said,
        "kept": told.kept,
        "similarity": None if told.similarity is None else asdict(told.similarity),
        "clips": [asdict(clip) for clip in told.clips],
        "layers": [asdict(layer) for layer in told.layers],
        "following": None if told.following is None else _moment(told.following),
        "elsewhere": None if told.elsewhere is None else _moment(told.elsewhere),
    }


def _moment(moment: Moment) -> dict[str, float]:
    return {"start": moment.start, "end": moment.end, "score": moment.score}
